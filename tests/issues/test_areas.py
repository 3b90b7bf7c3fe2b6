"""Responsibility areas: reading, oddities, who answers for a point, moving issues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from issues.areas import AreaMap, import_areas, load_areas, read_areas
from issues.errors import AreaError
from issues.queries import areas_geojson, get_issue, list_areas, list_issues
from tests.issues.photos import MONDAY, STREET, moved


def square(code, centre=STREET, half_m=200.0, **properties):
    """A square area around a point, as a GeoJSON feature."""
    south, west = moved(centre, -half_m, -half_m)
    north, east = moved(centre, half_m, half_m)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    given = {"id": code, "level": "grid", "name_zh": f"{code}片区", "unit_zh": f"{code}环卫所"}
    return {
        "type": "Feature",
        "properties": given | properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def write_areas(path: Path, *features) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), "utf-8")
    return path


def swapped(feature):
    """The same feature with latitude and longitude the wrong way round."""
    ring = feature["geometry"]["coordinates"][0]
    turned = {"type": "Polygon", "coordinates": [[[y, x] for x, y in ring]]}
    return feature | {"geometry": turned}


def test_the_finest_area_answers_for_a_point(tmp_path):
    path = write_areas(
        tmp_path / "a.json",
        square("city", half_m=5000, level="city"),
        square("street", half_m=900, level="street"),
        square("grid", half_m=100, level="grid"),
    )
    areas, problems = read_areas(path)
    assert problems == []
    found = AreaMap(areas)
    assert found.at(*STREET).row.id == "grid"
    assert found.at(*moved(STREET, 500)).row.id == "street"
    assert found.at(*moved(STREET, 2000)).row.id == "city"
    assert found.at(*moved(STREET, 20000)) is None
    assert AreaMap([]).at(*STREET) is None


def test_two_that_claim_a_point_are_told_and_the_smaller_id_has_it(tmp_path):
    path = write_areas(
        tmp_path / "a.json", square("b"), square("a", moved(STREET, 100)), square("c", half_m=9000)
    )
    areas, problems = read_areas(path)
    assert any("a and b overlap" in problem for problem in problems)
    assert AreaMap(areas).at(*moved(STREET, 50)).row.id == "a"


def test_neighbours_that_share_an_edge_do_not_overlap(tmp_path):
    path = write_areas(tmp_path / "a.json", square("a"), square("b", moved(STREET, 0, 400)))
    assert read_areas(path)[1] == []


def test_an_outline_that_crosses_itself_is_mended_and_told(tmp_path):
    bow = square("bow")
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    areas, problems = read_areas(write_areas(tmp_path / "a.json", bow))
    assert problems == ["bow: its outline crossed itself and was mended"]
    assert AreaMap(areas).at(*moved(STREET, 0, 150)).row.id == "bow"


def test_swapped_coordinates_are_turned_round_and_told(tmp_path):
    areas, problems = read_areas(write_areas(tmp_path / "a.json", swapped(square("a"))))
    assert problems == ["a: latitude and longitude look swapped and were turned round"]
    assert AreaMap(areas).at(*STREET).row.id == "a"


def test_an_area_abroad_is_told(tmp_path):
    _, problems = read_areas(write_areas(tmp_path / "a.json", square("paris", (48.85, 2.35))))
    assert len(problems) == 1
    assert "outside China" in problems[0]


def test_what_can_not_be_used_is_left_out_and_told(tmp_path):
    point = square("p") | {"geometry": {"type": "Point", "coordinates": [1, 2]}}
    flat = square("f") | {
        "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [1, 1], [1, 1]]]}
    }
    metres = square("m") | {
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[3e5, 4e6], [3.1e5, 4e6], [3e5, 4.1e6], [3e5, 4e6]]],
        }
    }
    path = write_areas(
        tmp_path / "a.json",
        square("a"),
        point,
        flat,
        metres,
        square("x", level="village"),
        square("a"),
        "nonsense",
        square("none") | {"geometry": None},
    )
    areas, problems = read_areas(path)
    assert [area.row.id for area in areas] == ["a"]
    assert len([p for p in problems if "left out" in p]) == 7
    assert any("EPSG:4326" in problem for problem in problems)
    assert any("village" in problem for problem in problems)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"type": "FeatureCollection"}', '{"features": []}', "\x00\xff"]
)
def test_a_file_of_no_use_is_refused(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, "utf-8")
    with pytest.raises(AreaError) as caught:
        read_areas(path)
    assert caught.value.mend


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(AreaError, match="nowhere"):
        read_areas(tmp_path / "nowhere.json")


def test_one_language_stands_in_for_the_other(tmp_path):
    feature = square("a", name_zh=None, name_en="East", unit_zh=None, unit_en="Cleaning", leader=7)
    row = read_areas(write_areas(tmp_path / "a.json", feature))[0][0].row
    assert (row.name_zh, row.name_en, row.unit_zh, row.leader) == ("East", "East", "Cleaning", "7")


def test_an_import_replaces_what_was_in_force_and_moves_issues(
    store, intake, catalogue, camera, tmp_path
):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot("litter.pile", at=None))
    first = import_areas(store, write_areas(tmp_path / "1.json", square("a")), now=MONDAY)
    assert (first.areas, first.problems, first.issues_moved) == (1, (), 1)
    again = import_areas(store, write_areas(tmp_path / "1.json", square("a")), now=MONDAY)
    assert again.issues_moved == 0
    second = import_areas(store, write_areas(tmp_path / "2.json", square("b")), now=MONDAY)
    assert second.issues_moved == 1
    with store.reading() as session:
        assert [area.id for area in list_areas(session)] == ["b"]
        rows = list_issues(session, catalogue, sort="number").items
        detail = get_issue(session, catalogue, rows[0].id)
        (feature,) = areas_geojson(session)["features"]
    assert [row.area and row.area.id for row in rows] == ["b", None]
    assert [e.data for e in detail.events if e.kind == "area_changed"] == [
        {"from": None, "to": "a"},
        {"from": "a", "to": "b"},
    ]
    assert feature["properties"]["unit_zh"] == "b环卫所"
    assert feature["geometry"]["type"] == "Polygon"


def test_an_import_with_nothing_usable_changes_nothing(sqlite_store, tmp_path):
    import_areas(sqlite_store, write_areas(tmp_path / "1.json", square("a")))
    with pytest.raises(AreaError):
        import_areas(sqlite_store, write_areas(tmp_path / "2.json", square("b", level="x")))
    with sqlite_store.reading() as session:
        assert [area.row.id for area in load_areas(session).areas] == ["a"]
