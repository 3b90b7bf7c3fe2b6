from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detect.tiling import TilePlan, detect_tiled, merge_tiles, plan_tiles, tile_plan
from detect.types import Detections

NAMES = ("bottle", "pile")
SIZE = (1800, 900)
TILES = TilePlan(2, 2).boxes(*SIZE)  # 1000 x 500 each; neighbours share 200 and 100 px


def found(*rows):
    """Detections from rows of (x1, y1, x2, y2, score, class)."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Detections.of(table[:, :4], table[:, 4], table[:, 5].astype(np.int32), NAMES)


def merged(whole=(), tiles=None, **options):
    """merge_tiles of rows in the whole picture's pixels, tiles' rows too."""
    pieces = [[] for _ in TILES]
    for tile, row in tiles or ():
        x, y = TILES[tile, :2]
        pieces[tile].append((row[0] - x, row[1] - y, row[2] - x, row[3] - y, *row[4:]))
    return merge_tiles(found(*whole), [found(*p) for p in pieces], TILES, SIZE, **options)


def rows(detections):
    return [
        (*(round(float(v)) for v in box), round(float(score), 2), int(class_id))
        for box, score, class_id in zip(
            detections.xyxy, detections.score, detections.class_id, strict=True
        )
    ]


# ---------------------------------------------------------------- grids


@settings(deadline=None)
@given(st.integers(1, 9000), st.integers(1, 9000), st.integers(1, 6), st.integers(1, 6))
def test_a_plan_covers_every_pixel(width, height, columns, rows_):
    tiles = TilePlan(columns, rows_).boxes(width, height)
    assert tiles.shape == (columns * rows_, 4)
    assert (tiles[:, :2] >= 0).all()
    assert tiles[:, 2].max() == width
    assert tiles[:, 3].max() == height
    for low, high, side in ((0, 2, width), (1, 3, height)):
        spans = sorted({(int(t[low]), int(t[high])) for t in tiles})
        assert spans[0][0] == 0
        assert all(before[1] >= after[0] for before, after in itertools.pairwise(spans))
        assert max(end for _, end in spans) == side


@settings(deadline=None)
@given(
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.integers(100, 1500),
    st.sampled_from([0, 0.2, 0.5]),
)
def test_fixed_tiles_cover_and_overlap(width, height, tile_px, overlap):
    tiles = plan_tiles(width, height, tile_px, overlap)
    assert ((tiles[:, 2] - tiles[:, 0]) == min(tile_px, width)).all()
    assert ((tiles[:, 3] - tiles[:, 1]) == min(tile_px, height)).all()
    lefts = sorted(set(tiles[:, 0].tolist()))
    assert lefts[0] == 0
    assert lefts[-1] + min(tile_px, width) == width
    assert all(b - a <= tile_px * (1 - overlap) for a, b in itertools.pairwise(lefts))


@pytest.mark.parametrize("bad", [(0, 10, 10, 0.2), (10, 10, 0, 0.2), (10, 10, 10, 1.0)])
def test_impossible_tiles(bad):
    with pytest.raises(ValueError, match="got"):
        plan_tiles(*bad)


@pytest.mark.parametrize("bad", [(0, 2, 0.2), (2, 0, 0.2), (2, 2, 1.0), (2, 2, -0.1)])
def test_impossible_plans(bad):
    with pytest.raises(ValueError, match="got"):
        TilePlan(*bad)


@pytest.mark.parametrize(
    ("size", "mode", "wanted"),
    [
        ((4000, 3000), "auto", (2, 2)),
        ((3000, 4000), "auto", (2, 2)),
        ((1600, 1200), "auto", (2, 2)),
        ((1599, 1200), "auto", None),
        ((1280, 960), "auto", None),
        ((8000, 2000), "auto", (6, 2)),
        ((2000, 8000), "auto", (2, 6)),
        ((30000, 1000), "auto", (8, 2)),
        ((4000, 3000), "on", (3, 3)),
        ((1280, 960), "on", (2, 2)),
        ((700, 500), "on", None),
        ((4000, 3000), "off", None),
    ],
)
def test_when_photos_are_cut_into_tiles(size, mode, wanted):
    plan = tile_plan(*size, 640, mode)
    assert (None if plan is None else (plan.columns, plan.rows)) == wanted


def test_zoom_says_how_much_larger_things_are():
    assert TilePlan(1, 1).zoom == 1
    assert TilePlan(2, 2).zoom == pytest.approx(1.8)
    assert TilePlan(3, 3).zoom == pytest.approx(2.6)


# ---------------------------------------------------------------- merging


def test_nothing_anywhere():
    assert len(merged()) == 0


def test_a_small_thing_that_only_a_tile_sees():
    assert rows(merged(tiles=[(3, (1500, 700, 1520, 730, 0.6, 0))])) == [
        (1500, 700, 1520, 730, 0.6, 0)
    ]


def test_a_thing_that_only_the_whole_picture_shows():
    assert len(merged(whole=[(10, 10, 1700, 800, 0.5, 1)])) == 1


def test_two_tiles_and_the_whole_picture_see_one_thing_once():
    assert rows(
        merged(
            whole=[(850, 200, 890, 260, 0.4, 0)],
            tiles=[(0, (851, 201, 890, 260, 0.7, 0)), (1, (850, 202, 889, 261, 0.8, 0))],
        )
    ) == [(850, 202, 889, 261, 0.8, 0)]


def test_classes_don_t_suppress_each_other():
    both = merged(whole=[(850, 200, 890, 260, 0.4, 0)], tiles=[(0, (850, 200, 890, 260, 0.7, 1))])
    assert len(both) == 2


def test_large_things_keep_the_whole_picture_s_box():
    pile = (300, 300, 1500, 850, 0.5, 1)
    parts = [
        (0, (310, 305, 1000, 500, 0.9, 1)),
        (1, (800, 300, 1480, 500, 0.9, 1)),
        (2, (305, 400, 1000, 850, 0.95, 1)),
        (3, (800, 400, 1495, 840, 0.95, 1)),
    ]
    assert rows(merged(whole=[pile], tiles=parts)) == [pile]


def test_an_uncut_part_of_a_large_thing_is_dropped():
    pile = (300, 50, 1500, 850, 0.5, 1)
    assert rows(merged(whole=[pile], tiles=[(0, (400, 100, 700, 300, 0.9, 1))])) == [pile]


def test_a_small_surer_thing_does_not_remove_a_large_one():
    kept = merged(whole=[(100, 100, 400, 300, 0.3, 1)], tiles=[(0, (150, 150, 200, 200, 0.9, 1))])
    assert (100, 100, 400, 300, 0.3, 1) in rows(kept)


def test_a_cut_box_is_dropped_when_no_one_confirms_it():
    assert len(merged(tiles=[(0, (900, 100, 1000, 200, 0.9, 0))])) == 0


def test_a_box_at_the_picture_s_own_border_is_not_cut():
    edge = (0, 0, 60, 80, 0.6, 0)
    assert rows(merged(tiles=[(0, edge)])) == [edge]


def test_a_cut_box_is_explained_by_the_neighbour_that_sees_all_of_it():
    bottle = (850, 100, 1100, 200, 0.7, 0)
    assert rows(merged(tiles=[(0, (850, 100, 1000, 200, 0.9, 0)), (1, bottle)])) == [bottle]


def test_two_halves_become_one():
    halves = [(0, (600, 100, 1000, 300, 0.6, 1)), (1, (800, 105, 1200, 295, 0.7, 1))]
    assert rows(merged(tiles=halves)) == [(600, 100, 1200, 300, 0.7, 1)]


def test_four_quarters_become_one():
    quarters = [
        (0, (600, 300, 1000, 500, 0.6, 1)),
        (1, (800, 300, 1200, 500, 0.7, 1)),
        (2, (600, 400, 1000, 600, 0.5, 1)),
        (3, (800, 400, 1200, 600, 0.4, 1)),
    ]
    assert rows(merged(tiles=quarters)) == [(600, 300, 1200, 600, 0.7, 1)]


def test_two_cut_boxes_that_disagree_about_the_strip_are_dropped():
    strangers = [(0, (850, 100, 1000, 300, 0.6, 1)), (1, (800, 280, 1000, 420, 0.7, 1))]
    assert len(merged(tiles=strangers)) == 0


def test_neighbours_of_one_pass_stay_as_the_engine_gave_them():
    close = [(100, 100, 200, 200, 0.9, 0), (130, 100, 230, 200, 0.8, 0)]
    assert rows(merged(whole=close)) == close
    assert rows(merged(tiles=[(0, row) for row in close])) == close


def test_the_surest_come_first():
    some = merged(
        whole=[(0, 0, 10, 10, 0.2, 0)],
        tiles=[(0, (300, 300, 310, 310, 0.9, 0)), (3, (1500, 700, 1510, 710, 0.5, 1))],
    )
    assert some.score.tolist() == sorted(some.score.tolist(), reverse=True)


@settings(deadline=None)
@given(st.data())
def test_merging_never_invents_scores_or_boxes_outside(data):
    def some(width, height):
        count = data.draw(st.integers(0, 6))
        table = []
        for _ in range(count):
            x = sorted(data.draw(st.tuples(st.integers(0, width), st.integers(0, width))))
            y = sorted(data.draw(st.tuples(st.integers(0, height), st.integers(0, height))))
            score, kind = data.draw(st.floats(0, 1)), data.draw(st.integers(0, 1))
            table.append((x[0], y[0], x[1], y[1], score, kind))
        return found(*table)

    whole = some(*SIZE)
    pieces = [some(1000, 500) for _ in TILES]
    result = merge_tiles(whole, pieces, TILES, SIZE)
    everything = np.concatenate([whole.score, *(p.score for p in pieces)])
    assert len(result) <= len(everything)
    assert np.isin(result.score, everything).all()
    assert (result.xyxy >= 0).all()
    assert (result.xyxy <= [1800, 900, 1800, 900]).all()


def test_detect_is_called_once_with_whole_and_tiles():
    calls = []

    def detect(images):
        calls.append([image.shape[:2] for image in images])
        return [found((20, 20, 40, 40, 0.5, 0)) for _ in images]

    image = np.zeros((900, 1800, 3), np.uint8)
    result = detect_tiled(image, detect, TilePlan(2, 2))
    assert calls == [[(900, 1800)] + [(500, 1000)] * 4]
    corners = {(int(b[0]), int(b[1])) for b in result.xyxy}
    assert corners == {(20, 20), (820, 20), (20, 420), (820, 420)}


def test_tiles_may_be_given_as_an_array():
    image = np.zeros((500, 1000, 3), np.uint8)
    seen = []

    def detect(images):
        seen.extend(images)
        return [found() for _ in images]

    detect_tiled(image, detect, plan_tiles(1000, 500, 640, 0.2))
    assert len(seen) == 3
