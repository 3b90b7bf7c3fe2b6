"""The map on plain ground."""

from __future__ import annotations

import pytest

from issues.exports.point_map import LEAST_SPAN_M, draw_map

NOTHING = {"type": "FeatureCollection", "features": []}


def square(west: float, south: float, side: float, **properties: str) -> dict[str, object]:
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side]]
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        "properties": properties,
    }


def test_no_place_no_map(made_row) -> None:
    assert draw_map([made_row(lat=None, lon=None)], NOTHING) is None


def test_every_issue_is_within_the_picture_north_up(made_row) -> None:
    rows = [made_row(lat=30.28 + n / 1000, lon=120.15 + n / 500) for n in range(5)]
    drawn = draw_map(rows, NOTHING)
    assert drawn is not None
    assert [mark.text for mark in drawn.marks] == ["1", "2", "3", "4", "5"]
    assert all(0 < m.x < drawn.width and 0 < m.y < drawn.height for m in drawn.marks)
    assert drawn.marks[0].y > drawn.marks[4].y
    assert drawn.marks[0].x < drawn.marks[4].x


def test_one_point_still_has_surroundings_and_a_true_scale_bar(made_row) -> None:
    drawn = draw_map([made_row()], NOTHING)
    assert drawn is not None
    metres_per_px = drawn.bar_m / drawn.bar_px
    assert metres_per_px * drawn.width >= LEAST_SPAN_M
    assert drawn.bar_m == 50


def test_distances_are_true(made_row) -> None:
    drawn = draw_map([made_row(lat=30.0, lon=120.0), made_row(lat=30.0, lon=120.01)], NOTHING)
    assert drawn is not None
    apart_m = (drawn.marks[1].x - drawn.marks[0].x) * drawn.bar_m / drawn.bar_px
    assert apart_m == pytest.approx(964, rel=0.005)


def test_areas_are_clipped_and_named(made_row) -> None:
    rows = [made_row(lat=30.28, lon=120.15), made_row(lat=30.285, lon=120.16)]
    everywhere = square(100, 20, 30, name_zh="市", name_en="City", level="city")
    elsewhere = square(10, 10, 1, name_zh="远", name_en="Far", level="grid")
    drawn = draw_map(rows, {"features": [everywhere, elsewhere]})
    assert drawn is not None
    assert [patch.names["en"] for patch in drawn.patches] == ["City"]
    patch = drawn.patches[0]
    assert patch.label_at == (pytest.approx(drawn.width / 2), pytest.approx(drawn.height / 2))
    assert len(patch.path) < 200


@pytest.mark.parametrize(
    "geometry", [None, {"type": "Polygon", "coordinates": []}, {"type": "MultiPolygon"}]
)
def test_areas_without_shape_are_passed_over(made_row, geometry) -> None:
    drawn = draw_map([made_row()], {"features": [{"geometry": geometry, "properties": None}]})
    assert drawn is not None
    assert drawn.patches == ()


def test_a_stray_position_does_not_shrink_the_town(made_row) -> None:
    rows = [made_row() for _ in range(5)]
    stray = made_row(lat=0.5, lon=0.5)
    drawn = draw_map([*rows, stray], NOTHING)
    assert drawn is not None
    assert drawn.outside == 1
    assert stray.number not in {mark.number for mark in drawn.marks}


def test_two_towns_far_apart_are_both_drawn(made_row) -> None:
    drawn = draw_map([made_row(lat=20.0), made_row(lat=40.0)], NOTHING)
    assert drawn is not None
    assert (len(drawn.marks), drawn.outside) == (2, 0)


def test_many_issues_are_not_numbered(made_row) -> None:
    row = made_row()
    drawn = draw_map([row] * 200, NOTHING)
    assert drawn is not None
    assert {mark.text for mark in drawn.marks} == {""}
