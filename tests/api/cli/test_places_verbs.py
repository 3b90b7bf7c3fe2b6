"""The catalogue, the calendar and areas on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from patrol_cli import Command

from tests.issues.photos import STREET, moved
from tests.issues.test_areas import shifted, square, write_areas


def test_a_catalogue_is_begun_checked_and_used(tidycity: Command, tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    assert tidycity("catalogue", "template", path).code == 0
    assert tidycity("catalogue", "template", path).code == 2, "never over a file that is there"
    assert "37" in tidycity("catalogue", "check", path).out
    path.write_text("extends: shipped\ncategories:\n  ad.sticker: {enabled: false}\n", "utf-8")
    shown = tidycity("catalogue", "show", TIDYCITY_CATALOGUE=str(path), TIDYCITY_LANG="zh").out
    (line,) = [line for line in shown.splitlines() if "ad.sticker" in line]
    assert "非法小广告" in line
    assert "已停用" in line
    one = tidycity("catalogue", "show", "litter.pile", "--json").lines[0]
    assert one["event_code"] == "0102"


def test_mistakes_in_a_catalogue_are_told_by_line(tidycity: Command, tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_text("extends: shipped\ncategories:\n  litter.pile:\n    radius: 3\n", "utf-8")
    done = tidycity("catalogue", "check", path)
    assert done.code == 1
    assert "office.yaml, line 4: categories.litter.pile.radius" in done.err
    assert 'did you mean "radius_m"?' in done.err


def test_the_calendar_of_a_year(tidycity: Command) -> None:
    assert "国办发明电" in tidycity("catalogue", "calendar", "2026").out
    done = tidycity("catalogue", "calendar", "2031")
    assert "no list of holidays for 2031" in done.err


def test_areas_are_checked_tried_and_imported(tidycity: Command, tmp_path: Path) -> None:
    features = [square("a"), square("b", moved(STREET, 0, 300))]
    path = write_areas(tmp_path / "map.json", *(shifted(one, "gcj02") for one in features))
    told = tidycity("areas", "check", path, "--datum", "gcj02")
    assert told.code == 0
    assert "a (a片区) and b (b片区) overlap by 40,0" in told.err
    problems = tidycity("areas", "check", path, "--json").lines
    assert [p["code"] for p in problems] == ["no_datum", "overlap"]
    dry = tidycity("areas", "import", path, "--datum", "gcj02", "--dry-run")
    assert "dry run: 2 areas, 0 issues would move" in dry.out
    assert tidycity("areas", "list").out.strip() == ""
    assert "2 areas in force" in tidycity("areas", "import", path, "--datum", "gcj02").out
    west = json.loads(tidycity("areas", "list", "--json").out)["features"][0]
    lon, lat = west["geometry"]["coordinates"][0][0]
    assert abs(lat - STREET[0]) < 0.0025
    assert abs(lon - STREET[1]) < 0.0025
    assert tidycity("areas", "check", path, "--datum", "tokyo").code == 2
