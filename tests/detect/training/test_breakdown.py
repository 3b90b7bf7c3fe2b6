"""The parts of an evaluation, on boxes small enough to count by hand."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.training.breakdown import curve_points
from detect.training.calibration import calibrate
from detect.training.confusion import confusion
from detect.training.evaluation import CleanResult, Picture
from detect.training.pairing import pair
from detect.training.strata import by_part, by_size, light_of
from detect.training.worst import worst
from detect.types import Detections

NAMES = ("bin", "litter")
HERE, THERE = [10.0, 10, 50, 50], [100.0, 100, 140, 140]
ROW = tuple[list[float], int, float]


def picture(
    truth: list[tuple[list[float], int]], exhaustive: set[str], path: Path = Path("x")
) -> Picture:
    boxes = np.array([box for box, _ in truth], float).reshape(-1, 4)
    ids = np.array([class_id for _, class_id in truth], np.int64)
    return Picture(path, "drawn", 0, frozenset(exhaustive), boxes, ids)


def found(*rows: ROW) -> Detections:
    return Detections.of([r[0] for r in rows], [r[2] for r in rows], [r[1] for r in rows], NAMES)


def test_the_surer_detection_takes_the_box() -> None:
    seen = found((HERE, 0, 0.6), (HERE, 0, 0.9), (THERE, 0, 0.2), (HERE, 1, 0.9))
    pairing = pair(picture([(HERE, 0), (THERE, 0)], {"bin"}), seen, 0, 0.5)
    assert pairing.missed == [1]
    assert [float(seen.score[row]) for row in pairing.false] == [pytest.approx(0.6)]


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.floats(0.01, 0.99)), max_size=8))
def test_each_box_is_taken_at_most_once_and_nothing_is_lost(rows: list[tuple[int, float]]) -> None:
    seen = found(*[(HERE if where else THERE, 0, score) for where, score in rows])
    pairing = pair(picture([(HERE, 0), (THERE, 0)], {"bin"}), seen, 0, 0.0)
    taken = [place for place in pairing.taken.tolist() if place >= 0]
    assert len(set(taken)) == len(taken)
    assert len(taken) + len(pairing.false) == len(rows)
    assert len(taken) + len(pairing.missed) == 2


def test_a_bin_taken_for_litter_is_told_apart_from_litter_where_nothing_is() -> None:
    both = {"bin", "litter"}
    pictures = [picture([(HERE, 0), (THERE, 0)], both), picture([], {"bin"})]
    seen = [
        found((HERE, 1, 0.8), (THERE, 0, 0.9), (THERE, 1, 0.9), ([200.0, 0, 220, 20], 1, 0.9)),
        found((HERE, 1, 0.9), (HERE, 0, 0.9)),
    ]
    table = confusion(NAMES, pictures, seen, (0.5, 0.5))
    assert table["bin"] == {"bin": 1, "litter": 1, "missed": 0}
    assert table["nothing"] == {"bin": 1, "litter": 1, "missed": 0}
    assert confusion(NAMES, pictures, [found(), found()], (0.5, 0.5))["bin"]["missed"] == 2


def test_recall_by_size_counts_in_pixels_of_the_network(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    cv2.imwrite(str(path), np.zeros((200, 400, 3), np.uint8))
    pictures = [picture([(HERE, 0), (THERE, 0)], {"bin"}, path)]
    bands = by_size(0, "bin", pictures, [found((HERE, 0, 0.9))], 0.5, input_px=200)
    assert [(b.low_px, b.boxes, b.recall) for b in bands if b.boxes] == [(12, 2, 0.5)]
    bands = by_size(0, "bin", pictures, [found((HERE, 0, 0.9))], 0.5, input_px=400)
    assert [(b.low_px, b.boxes) for b in bands if b.boxes] == [(24, 2)]


def test_parts_hold_every_picture_once() -> None:
    pictures = [picture([(HERE, 0)], {"bin"}, Path(str(i))) for i in range(5)]
    seen = [found((HERE, 0, 0.9))] * 3 + [found()] * 2
    parts = by_part(
        lambda p: "odd" if int(p.path.name) % 2 else "even", {"bin": (0, 0.5)}, pictures, seen
    )
    assert sum(part["pictures"] for part in parts.values()) == 5
    assert parts["even"]["classes"]["bin"] == {
        "boxes": 3,
        "ap50": pytest.approx(0.66, abs=0.01),
        "precision": 1.0,
        "recall": 0.6667,
    }


@pytest.mark.parametrize(
    ("grey", "light"), [(10, "dark"), (60, "dim"), (120, "day"), (200, "bright")]
)
def test_light_is_measured(tmp_path: Path, grey: int, light: str) -> None:
    noise = np.random.default_rng(0).integers(-8, 8, (240, 320, 3))
    cv2.imwrite(str(tmp_path / "p.png"), np.clip(grey + noise, 0, 255).astype(np.uint8))
    assert light_of(tmp_path / "p.png") == light


def test_scores_that_say_the_truth_have_no_error() -> None:
    pictures = [picture([(HERE, 0)] if i < 7 else [], {"bin"}) for i in range(10)]
    honest = calibrate("bin", 0, pictures, [found((HERE, 0, 0.7))] * 10)
    assert honest.error == pytest.approx(0, abs=1e-6)
    assert [(row.count, row.true) for row in honest.bins] == [(10, pytest.approx(0.7))]
    proud = calibrate("bin", 0, pictures, [found((HERE, 0, 0.95))] * 10)
    assert proud.error == pytest.approx(0.25, abs=1e-6)
    assert np.isnan(calibrate("bin", 0, pictures, [found()] * 10).error)


def test_the_curve_ends_at_the_whole_recall() -> None:
    pictures = [picture([(HERE, 0)], {"bin"})] * 4
    seen = [found((HERE, 0, 0.9)), found((THERE, 0, 0.8)), found((HERE, 0, 0.7)), found()]
    assert curve_points("bin", 0, pictures, seen) == [(0.25, 1.0), (0.25, 0.667), (0.5, 0.667)]


def test_the_worst_come_first_and_only_where_labels_allow() -> None:
    pictures = [picture([(HERE, 0)], {"bin"}, Path(str(i))) for i in range(3)]
    seen = [found((THERE, 0, 0.6 + i / 10), (THERE, 1, 0.99)) for i in range(3)]
    mistakes = worst(NAMES, pictures, seen, (0.5, 0.5), most=2)
    false = [m for m in mistakes if m.kind == "false"]
    assert [(m.class_name, round(m.score, 1)) for m in false] == [("bin", 0.8), ("bin", 0.7)]
    assert len([m for m in mistakes if m.kind == "missed"]) == 2


def test_no_candidate_on_few_pictures_is_not_a_rate_of_nought() -> None:
    assert CleanResult((0,) * 30, tuple(range(30))).interval() == (0.0, 10.0)
    low, high = CleanResult((1, 0) * 20, tuple(range(40))).interval(200)
    assert 30 < low < 50 < high < 70
