"""Issues as GeoJSON."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from issues.exports.geojson import feature, write_geojson
from issues.issue import Proposal
from tests.issues.exports.conftest import EAST, NOON


def test_a_collection_of_points_longitude_first(tmp_path: Path, catalogue, made_row) -> None:
    path = tmp_path / "issues.geojson"
    assert write_geojson(path, [made_row(), made_row()], catalogue, made_at=NOON) == 2
    table = json.loads(path.read_text("utf-8"))
    assert table["type"] == "FeatureCollection"
    assert table["made_at"] == "2026-03-02T04:00:00Z"
    assert table["features"][0]["geometry"] == {"type": "Point", "coordinates": [120.15, 30.2801]}
    assert "crs" not in table


def test_properties_carry_codes_names_and_times(catalogue, made_row) -> None:
    row = made_row(proposal=Proposal.FIXED)
    said = feature(row, catalogue)["properties"]
    assert said["category"] == "litter.pile"
    assert (said["category_zh"], said["unit_en"]) == ("暴露垃圾", "Cleaning No. 1")
    assert (said["status"], said["proposal"]) == ("confirmed", "fixed")
    assert said["first_seen"] == "2026-03-02T05:00:00Z"
    assert said["closed_at"] is None
    assert json.dumps(said)


def test_an_issue_without_place_has_no_geometry(catalogue, made_row) -> None:
    row = made_row(lat=None, lon=None, area=None, best=None)
    made = feature(row, catalogue)
    assert made["geometry"] is None
    assert made["properties"]["area"] is None
    assert made["properties"]["photo_before"] is None


def test_no_issues_is_an_empty_collection(tmp_path: Path, catalogue) -> None:
    path = tmp_path / "issues.geojson"
    assert write_geojson(path, [], catalogue, made_at=NOON) == 0
    assert json.loads(path.read_text("utf-8"))["features"] == []


def test_text_that_is_no_unicode_does_not_stop_it(tmp_path: Path, catalogue, made_row) -> None:
    path = tmp_path / "issues.geojson"
    area = dataclasses.replace(EAST, name_zh="a\ud800b")
    write_geojson(path, [made_row(area=area)], catalogue, made_at=NOON)
    assert json.loads(path.read_text("utf-8"))["features"][0]["properties"]["area_zh"] == "a?b"
