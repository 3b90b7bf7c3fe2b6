"""Responsibility areas: reading, oddities, who answers for a point, moving issues."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.datum import from_wgs84
from issues.area_file import load_geojson, parse_areas
from issues.areas import (
    AreaMap,
    Move,
    area_version,
    import_areas,
    load_areas,
    plan_import,
    put_areas,
    read_areas,
    require_datum,
)
from issues.errors import AreaError, VersionConflict
from issues.geometry import polygon_of
from issues.labels import labels
from issues.queries import areas_geojson, get_issue, list_areas, list_issues
from issues.store.area_table import last_imports
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
    areas, problems = read_areas(path, "wgs84")
    assert [(p.code, p.areas) for p in problems] == [("hole", ("city",)), ("hole", ("street",))]
    found = AreaMap(areas)
    assert found.at(*STREET).row.id == "grid"
    assert found.at(*moved(STREET, 500)).row.id == "street"
    assert found.at(*moved(STREET, 2000)).row.id == "city"
    assert found.at(*moved(STREET, 20000)) is None
    assert AreaMap([]).at(*STREET) is None


def test_two_that_claim_a_point_are_told_and_the_smaller_has_it(tmp_path):
    path = write_areas(
        tmp_path / "a.json",
        square("a"),
        square("b", moved(STREET, 100), half_m=150),
        square("c", moved(STREET, 0, -100)),
        square("x", half_m=9000, level="street"),
    )
    areas, problems = read_areas(path)
    found = AreaMap(areas)
    (overlap,) = [p for p in problems if p.code == "overlap" and p.areas == ("a", "b")]
    assert overlap.square_m == pytest.approx(300 * 250, rel=0.01)
    assert "a (a片区) and b (b片区) overlap by 75,0" in str(overlap)
    assert "重叠" in overlap.text("zh")
    assert {area.row.id for area in found.claims(*overlap.at)} >= {"a", "b"}
    assert found.at(*moved(STREET, 150)).row.id == "b"
    assert found.at(*moved(STREET, -150, -150)).row.id == "a", "of one size, the code decides"
    assert [area.row.id for area in found.claims(*moved(STREET, -150, -150))] == ["a", "c"]
    assert [area.row.id for area in found.claims(*moved(STREET, 5000))] == ["x"]
    assert found.claims(*moved(STREET, 50_000)) == []


def test_neighbours_that_share_an_edge_do_not_overlap(tmp_path):
    path = write_areas(tmp_path / "a.json", square("a"), square("b", moved(STREET, 0, 400)))
    assert read_areas(path, "wgs84")[1] == []


def test_an_outline_that_crosses_itself_a_little_is_mended_and_told_with_the_place(tmp_path):
    spur = square("spur")
    ring = [
        moved(STREET, *step)[::-1]
        for step in [
            (-200, -200),
            (200, -200),
            (200, 200),
            (203, 197),
            (203, 200),
            (200, 197),
            (-200, 200),
        ]
    ]
    spur["geometry"]["coordinates"] = [[list(p) for p in [*ring, ring[0]]]]
    areas, (problem,) = read_areas(write_areas(tmp_path / "a.json", spur), "wgs84")
    assert (problem.code, problem.outcome) == ("crossed", "mended")
    assert problem.at == pytest.approx(moved(STREET, 200, 200), abs=5e-5)
    assert AreaMap(areas).at(*moved(STREET, 0, 150)).row.id == "spur"


def test_an_outline_like_a_bow_tie_is_refused_with_the_place(tmp_path):
    bow = square("bow")
    ring = bow["geometry"]["coordinates"][0]
    ring[1], ring[2] = ring[2], ring[1]
    areas, problems = read_areas(write_areas(tmp_path / "a.json", bow, square("a")), "wgs84")
    assert [area.row.id for area in areas] == ["a"]
    (problem,) = problems
    assert (problem.code, problem.outcome, problem.number) == ("tangled", "left_out", 1)
    assert problem.at == pytest.approx(STREET, abs=1e-5)
    assert str(problem).startswith(
        "feature 1 was left out: bow: its outline crosses itself at 31.2"
    )


def test_swapped_coordinates_are_turned_round_and_told(tmp_path):
    areas, problems = read_areas(write_areas(tmp_path / "a.json", swapped(square("a"))), "wgs84")
    assert list(map(str, problems)) == [
        "a: latitude and longitude look swapped and were turned round"
    ]
    assert AreaMap(areas).at(*STREET).row.id == "a"


def test_an_area_abroad_is_told(tmp_path):
    _, problems = read_areas(
        write_areas(tmp_path / "a.json", square("paris", (48.85, 2.35))), "wgs84"
    )
    (problem,) = problems
    assert problem.code == "outside"
    assert problem.at == pytest.approx((48.85, 2.35), abs=1e-3)


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
    assert [p.number for p in problems if p.outcome == "left_out"] == [2, 3, 4, 5, 6, 7, 8]
    assert any("EPSG:4326" in str(problem) for problem in problems)
    assert any("village" in str(problem) for problem in problems)


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
    assert (first.areas, [p.code for p in first.problems], first.issues_moved) == (
        1,
        ["no_datum"],
        1,
    )
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


def shifted(feature, datum):
    """The same feature as a map in another datum has it."""
    ring = feature["geometry"]["coordinates"][0]
    there = [list(from_wgs84(lat, lon, datum)[::-1]) for lon, lat in ring]
    return feature | {"geometry": {"type": "Polygon", "coordinates": [there]}}


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_maps_in_another_datum_are_converted(tmp_path, datum):
    path = write_areas(tmp_path / "a.json", shifted(square("a"), datum))
    (area,), problems = read_areas(path, datum)
    (straight,), _ = read_areas(write_areas(tmp_path / "b.json", square("a")))
    assert [p.code for p in problems] == ["shifted"]
    assert area.polygon.bounds == pytest.approx(straight.polygon.bounds, abs=1e-8)
    (wrong,), _ = read_areas(path, "wgs84")
    assert abs(wrong.polygon.inside[1] - area.polygon.inside[1]) > 0.003


@pytest.mark.parametrize(
    ("said", "asked", "datum"),
    [
        ({"datum": "GCJ-02"}, None, "gcj02"),
        ({"datum": "wgs84"}, "wgs84", "wgs84"),
        ({"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}}, None, "wgs84"),
        ({"crs": {"properties": {"name": "EPSG:4490"}}}, None, "wgs84"),
        ({}, "bd09", "bd09"),
    ],
)
def test_a_file_says_its_datum(said, asked, datum):
    file = parse_areas({"features": [square("a")], **said}, "a.json", asked)
    assert (file.datum, file.stated) == (datum, True)
    require_datum(file, "a.json")


@pytest.mark.parametrize(
    ("said", "asked", "code"),
    [
        ({"datum": "Tokyo"}, None, "unknown_datum"),
        ({"crs": {"properties": {"name": "EPSG:3857"}}}, None, "unknown_datum"),
        ({"datum": "gcj02"}, "wgs84", "datum_conflict"),
    ],
)
def test_an_unclear_datum_is_refused(said, asked, code):
    with pytest.raises(AreaError) as caught:
        parse_areas({"features": [square("a")], **said}, "a.json", asked)
    assert caught.value.code == code


def test_a_datum_that_nobody_said_is_told_and_refused_where_it_is_required():
    file = parse_areas({"features": [square("a")]}, "a.json")
    assert [p.code for p in file.problems] == ["no_datum"]
    with pytest.raises(AreaError, match="states no datum"):
        require_datum(file, "a.json")


def test_holes_and_what_sticks_out_of_the_parent_are_told(tmp_path):
    path = write_areas(
        tmp_path / "a.json",
        square("street", half_m=400, level="street"),
        square("in", moved(STREET, 0, -200), level="grid"),
        square("out", moved(STREET, 0, 300), level="grid", parent="street"),
        square("lost", moved(STREET, 5000), level="grid"),
        square("orphan", moved(STREET, -5000), level="grid", parent="nowhere"),
    )
    _, problems = read_areas(path, "wgs84")
    told = {(p.code, *p.areas): p for p in problems}
    assert told["hole", "street"].square_m == pytest.approx(800 * 800 - 400 * 700, rel=0.01)
    assert told["sticks_out", "out", "street"].square_m == pytest.approx(400 * 100, rel=0.02)
    assert ("no_parent", "lost") in told
    assert told["unknown_parent", "orphan"].detail == "nowhere"
    assert not {key for key in told if key[1] == "in"}
    lat, lon = told["hole", "street"].at
    assert AreaMap(read_areas(path)[0]).at(lat, lon).row.id == "street"


def test_every_problem_has_its_words_in_both_languages():
    for code, words in labels()["area_problem"].items():
        assert any("一" <= letter <= "鿿" for letter in words["zh"]), code
        assert words["en"].isascii(), code


def test_contact_and_code_are_taken_too(tmp_path):
    feature = square("a", contact="12345", phone=None)
    feature["properties"]["code"] = feature["properties"].pop("id")
    row = read_areas(write_areas(tmp_path / "a.json", feature))[0][0].row
    assert (row.id, row.phone) == ("a", "12345")


def test_a_dry_run_tells_which_issues_would_move_where_and_changes_nothing(
    store, intake, camera, tmp_path
):
    intake.record(camera.shoot("litter.pile"))
    intake.record(camera.shoot("litter.pile", at=moved(STREET, 0, 1000)))
    import_areas(store, write_areas(tmp_path / "1.json", square("a")), now=MONDAY)
    path = write_areas(tmp_path / "2.json", square("b"), square("c", moved(STREET, 0, 1000)))
    file = parse_areas(load_geojson(path), path.name)
    with store.reading() as session:
        planned = plan_import(session, file)
        assert [area.row.id for area in load_areas(session).areas] == ["a"]
    done = import_areas(store, path, now=MONDAY)
    assert planned.moves == done.moves == (Move("a", "b", 1), Move(None, "c", 1))
    assert planned.version + 1 == done.version
    with store.reading() as session:
        newest, *_ = last_imports(session)
        assert (newest.source, newest.version, newest.report["moved"]) == ("2.json", 2, 2)
        assert newest.report["problems"][0]["text"]["zh"]
        assert area_version(session) == 2


def test_two_people_who_import_at_once(store):
    file = parse_areas({"features": [square("a")]}, "a.json")
    with store.transaction() as session:
        put_areas(session, file, "one", MONDAY, expected_version=0)
    with pytest.raises(VersionConflict, match="version 1, not 0"), store.transaction() as session:
        put_areas(session, file, "two", MONDAY, expected_version=0)
    with store.reading() as session:
        assert area_version(session) == 1


def test_an_area_that_is_only_renamed_moves_nobody(store, intake, camera, catalogue, tmp_path):
    intake.record(camera.shoot("litter.pile"))
    import_areas(store, write_areas(tmp_path / "1.json", square("a")), now=MONDAY)
    renamed = square("a", unit_zh="新环卫所")
    done = import_areas(store, write_areas(tmp_path / "2.json", renamed), now=MONDAY)
    assert done.moves == ()
    with store.reading() as session:
        (row,) = list_issues(session, catalogue).items
        kinds = [e.kind for e in get_issue(session, catalogue, row.id).events]
    assert row.area.unit_zh == "新环卫所"
    assert kinds.count("area_changed") == 1


@given(st.lists(st.tuples(*[st.integers(-300, 300)] * 2), min_size=1, max_size=30))
def test_many_points_at_once_are_answered_like_one_by_one(steps):
    features = [
        square("b"),
        square("a", moved(STREET, 100)),
        square("s", half_m=250, level="street"),
    ]
    areas = AreaMap(parse_areas({"features": features}, "x").areas)
    points = [moved(STREET, north, east) for north, east in steps]
    assert areas.at_each(points) == [areas.at(*point) for point in points]
    assert areas.claims_each(points) == [areas.claims(*point) for point in points]
    for point, claims in zip(points, areas.claims_each(points), strict=True):
        assert areas.at(*point) == (claims[0] if claims else None)


@given(st.integers(-150, 150), st.integers(-150, 150), st.integers(50, 200), st.floats(-60, 60))
def test_squares_are_as_large_as_they_were_drawn(north, east, half_m, lat):
    centre = (lat, 121.0)
    one = polygon_of(square("a", centre, half_m)["geometry"])[0]
    other = polygon_of(square("b", moved(centre, north, east), half_m)["geometry"])[0]
    across = max(0, 2 * half_m - abs(north)), max(0, 2 * half_m - abs(east))
    assert one.square_m == pytest.approx(4 * half_m**2, rel=1e-3)
    assert one.shared_square_m(other) == pytest.approx(across[0] * across[1], rel=5e-3, abs=60)
    left = one.without([other])
    kept = left.square_m if left else 0.0
    assert kept + one.shared_square_m(other) == pytest.approx(one.square_m, rel=1e-3, abs=1)
