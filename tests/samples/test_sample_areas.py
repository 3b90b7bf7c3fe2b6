"""The areas: nested, tiling, and each place in just one grid cell, but for one outside."""

from __future__ import annotations

from typing import Any

import pytest
from shapely.geometry import Point, shape
from shapely.ops import unary_union

KEYS = {"id", "level", "name_zh", "name_en", "unit_zh", "unit_en", "leader", "phone"}


def of_level(areas: list[dict[str, Any]], level: str) -> list[dict[str, Any]]:
    return [a for a in areas if a["properties"]["level"] == level]


def test_each_area_names_who_answers(areas: list[dict[str, Any]]):
    for area in areas:
        assert set(area["properties"]) == KEYS
        assert all(area["properties"].values())
        assert area["properties"]["phone"].startswith("000-")
        assert shape(area["geometry"]).is_valid
    assert len({a["properties"]["id"] for a in areas}) == len(areas)


@pytest.mark.parametrize("level", ["community", "grid"])
def test_levels_tile_the_street_without_overlap(areas: list[dict[str, Any]], level: str):
    (street,) = of_level(areas, "street")
    whole = shape(street["geometry"])
    parts = [shape(a["geometry"]) for a in of_level(areas, level)]
    assert sum(p.area for p in parts) == pytest.approx(whole.area, rel=1e-6)
    assert unary_union(parts).symmetric_difference(whole).area < 1e-3 * whole.area


def test_every_place_lies_in_its_grid_cell_and_one_outside(
    areas: list[dict[str, Any]], truth: dict[str, Any]
):
    cells = of_level(areas, "grid")
    assert 4 <= len(cells) <= 5
    outside = []
    for name, place in truth["places"].items():
        point = Point(place["lon"], place["lat"]).buffer(10 / 111_320)
        held = [c["properties"]["id"] for c in cells if shape(c["geometry"]).contains(point)]
        touched = [c for c in areas if shape(c["geometry"]).intersects(point)]
        if not touched:
            outside.append(name)
            assert place["area"] is None
        else:
            assert held == [place["area"]], name
    assert len(outside) == 1


def test_every_grid_cell_has_a_place(areas: list[dict[str, Any]], truth: dict[str, Any]):
    used = {place["area"] for place in truth["places"].values()} - {None}
    assert used == {a["properties"]["id"] for a in of_level(areas, "grid")}
