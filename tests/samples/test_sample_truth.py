"""The truth: every photo has its findings, and they tell the story that is promised."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

CODES = {
    "litter.pile", "litter.scattered", "litter.bagged", "bin.overflow", "bin",
    "stall.mobile", "clutter.goods",
}  # fmt: skip
PROBLEMS = CODES - {"bin"}
OUTCOMES = {"persists", "fixed", "new", "returned", "clean"}
OCT26, NOV02, NOV09 = "2026-10-26", "2026-11-02", "2026-11-09"


def problems(truth: dict[str, Any], place: str) -> dict[str, set[str]]:
    """Visit → categories that are problems there."""
    return {
        photo["visit"]: {f["category"] for f in photo["findings"]} & PROBLEMS
        for photo in truth["photos"]
        if photo["place"] == place
    }


def test_every_photo_is_told_once(truth: dict[str, Any], patrol: Path):
    told = [photo["file"] for photo in truth["photos"]]
    there = [f"{p.parent.name}/{p.name}" for p in sorted(patrol.glob("*/*.jpg"))]
    assert sorted(told) == there
    assert len(set(told)) == len(told)


def test_boxes_lie_within_the_upright_picture(truth: dict[str, Any]):
    for photo in truth["photos"]:
        width, height = photo["width_px"], photo["height_px"]
        assert sorted((width, height)) == [960, 1280]
        for finding in photo["findings"]:
            x1, y1, x2, y2 = finding["box_px"]
            assert finding["category"] in CODES
            assert 0 <= x1 < x2 <= width
            assert 0 <= y1 < y2 <= height
            assert (x2 - x1) * (y2 - y1) > 0.002 * width * height, photo["file"]


@pytest.mark.parametrize(
    ("outcome", "at_least"),
    [("persists", 3), ("fixed", 3), ("new", 1), ("returned", 1), ("clean", 2)],
)
def test_story_has_each_outcome(truth: dict[str, Any], outcome: str, at_least: int):
    counts = Counter(place["expected"] for place in truth["places"].values())
    assert set(counts) == OUTCOMES
    assert counts[outcome] >= at_least


def test_findings_bear_the_outcomes_out(truth: dict[str, Any]):
    for name, place in truth["places"].items():
        seen = problems(truth, name)
        before, after = seen[NOV02], seen[NOV09]
        match place["expected"]:
            case "clean":
                assert not before | after, name
            case "persists":
                assert before == after != set(), name
            case "fixed":
                assert before, name
                assert not after, name
            case "new":
                assert not before, name
                assert after, name
            case "returned":
                assert seen[OCT26] == after != set(), name
                assert not before, name


def test_the_users_words_are_all_there(truth: dict[str, Any]):
    found = {f["category"] for photo in truth["photos"] for f in photo["findings"]}
    assert found == CODES


def test_places_are_well_apart(truth: dict[str, Any]):
    places = list(truth["places"].values())
    for i, a in enumerate(places):
        for b in places[i + 1 :]:
            east = (a["lon"] - b["lon"]) * 111_320 * math.cos(math.radians(a["lat"]))
            assert math.hypot((a["lat"] - b["lat"]) * 111_320, east) >= 80
