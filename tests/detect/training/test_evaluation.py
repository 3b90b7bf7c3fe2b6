from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from detect.training.bootstrap import interval
from detect.training.errors import DatasetError
from detect.training.evaluation import Picture, evaluate_class, image_level, mean_interval, on_clean
from detect.training.gate import missed, parse_requirement
from detect.training.measure import choose_strict
from detect.types import Detections

NAMES = ("bin", "litter")
BOX = [10.0, 10, 50, 50]


def picture(scene: int, exhaustive: set[str], truth: list[int]) -> Picture:
    boxes = np.array([BOX] * len(truth), float).reshape(-1, 4)
    return Picture(Path("x"), "d", scene, frozenset(exhaustive), boxes, np.array(truth, np.int64))


def found(*rows: tuple[int, float]) -> Detections:
    return Detections.of([BOX] * len(rows), [s for _, s in rows], [c for c, _ in rows], NAMES)


def test_a_class_is_measured_only_where_it_is_labelled() -> None:
    pictures = [picture(0, {"bin"}, [0]), picture(1, {"litter"}, [1])]
    detections = [found((0, 0.9), (1, 0.8)), found((1, 0.9))]
    result = evaluate_class("litter", 1, pictures, detections, 0.5, draws=20)
    assert (result.pictures, result.labelled) == (1, 1)
    assert result.precision.ap50 == pytest.approx(1)
    assert result.point.precision == 1
    assert result.ap50_interval == (pytest.approx(1), pytest.approx(1))


def test_intervals_widen_with_few_scenes() -> None:
    def share(rows: list[int]) -> float:
        return float(np.mean([r % 2 for r in rows]))

    many = interval(list(range(100)), share, draws=200)
    few = interval(
        [i // 25 for i in range(100)], lambda rows: float(np.mean([r < 50 for r in rows]))
    )
    assert many[0] > 0.3
    assert many[1] < 0.7
    assert few[1] - few[0] > many[1] - many[0]
    assert interval(list(range(100)), share, draws=200) == many


def test_no_scenes_or_draws_have_no_interval() -> None:
    assert np.isnan(interval([], len)).all()
    assert np.isnan(interval([1], len, draws=0)).all()
    assert np.isnan(interval([1, 2], lambda rows: float("nan"), draws=5)).all()


def test_the_mean_takes_only_pictures_that_label_all_its_classes() -> None:
    both = {"bin", "litter"}
    pictures = [picture(0, both, [0, 1]), picture(1, both, [0, 1]), picture(2, {"bin"}, [0])]
    detections = [found((0, 0.9), (1, 0.9)), found((0, 0.9), (1, 0.9)), found()]
    ap50, ap, (low, high) = mean_interval({"bin": 0, "litter": 1}, pictures, detections, draws=10)
    assert (ap50, ap, low, high) == tuple(pytest.approx(1) for _ in range(4))


def test_false_candidates_are_counted_on_clean_pictures_only() -> None:
    both = {"bin", "litter"}
    pictures = [
        picture(0, both, [0]),
        picture(1, both, [0]),
        picture(2, both, [1]),
        picture(3, {"bin"}, []),
    ]
    detections = [
        found((1, 0.7), (1, 0.6), (0, 0.9)),
        found((1, 0.4)),
        found((1, 0.9)),
        found((1, 0.9)),
    ]
    clean = on_clean(pictures, detections, {"litter": 0.5})
    assert (clean.pictures, clean.candidates, clean.pictures_with_candidates) == (2, 2, 1)
    assert clean.per_100 == 100


def test_pictures_are_judged_as_wholes() -> None:
    pictures = [picture(i, {"litter"}, [1] * (i < 3)) for i in range(4)]
    detections = [found((1, 0.9)), found((1, 0.6), (1, 0.7)), found((1, 0.2)), found((1, 0.8))]
    assert image_level("litter", 1, pictures, detections, 0.5) == (2 / 3, 2 / 3)
    assert np.isnan(image_level("bin", 0, pictures, detections, 0.5)).all()


def test_requirements_are_read_and_judged() -> None:
    report = {"classes": {"litter": {"ap50": 0.5}}, "mean": {"ap50": 0.9}}
    needs = [parse_requirement(text) for text in ("litter.ap50=0.6", "mean.ap50=0.85")]
    assert missed(report, needs) == ["litter.ap50 is 0.500, below 0.6"]


@pytest.mark.parametrize("text", ["litter", "litter.ap50", "litter.map=0.5", "litter.ap50=2", "=1"])
def test_a_requirement_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(DatasetError, match="requirement"):
        parse_requirement(text)


def test_a_requirement_on_what_was_not_measured_is_refused() -> None:
    with pytest.raises(DatasetError, match="not measured"):
        missed({"classes": {}}, [parse_requirement("bag.ap50=0.5")])


def test_strict_thresholds_still_find_the_share_that_is_asked_for() -> None:
    scores = (0.905, 0.805, 0.705, 0.605, 0.505)
    pictures = [picture(i, {"bin"}, [0]) for i in range(5)]
    detections = [found((0, score)) for score in scores]
    assert choose_strict({"bin": 0.4}, pictures, detections, recall=0.6) == {"bin": 0.7}
    assert choose_strict({"bin": 0.75}, pictures, detections, recall=0.6) == {"bin": 0.75}
    assert choose_strict({"bin": 0.4}, pictures, detections, recall=1.0) == {"bin": 0.5}
