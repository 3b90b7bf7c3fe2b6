from __future__ import annotations

import numpy as np
import pytest

from detect.errors import ModelError
from detect.passers import Cover, Passers, cover
from detect.types import Detections

NAMES = ("person", "vehicle", "umbrella")


def found(*rows):
    """Class, score, box."""
    return Detections.of([r[2] for r in rows], [r[1] for r in rows], [r[0] for r in rows], NAMES)


def test_nobody_is_there():
    assert cover(Detections.empty(NAMES), (0, 0, 10, 10)) == Cover(0.0, frozenset())


def test_the_largest_share_counts_and_all_kinds_are_named():
    seen = found((0, 0.9, (0, 0, 5, 10)), (1, 0.8, (2, 0, 10, 10)))
    assert cover(seen, (0, 0, 10, 10)) == Cover(
        pytest.approx(0.8), frozenset({"person", "vehicle"})
    )


def test_other_things_and_unsure_ones_hide_nothing():
    seen = found((2, 0.9, (0, 0, 10, 10)), (0, 0.2, (0, 0, 10, 10)))
    assert cover(seen, (0, 0, 10, 10)).share == 0
    assert cover(seen, (0, 0, 10, 10), sure=0.1).share == 1


def test_the_network_is_loaded_at_the_first_question(make_model):
    classes = [
        {"index": i, "name": name, "category": None, "threshold": 0.5}
        for i, name in enumerate(("person", "umbrella"))
    ]
    passers = Passers(str(make_model(classes=classes)), threads=1)
    image = np.zeros((640, 640, 3), np.uint8)
    image[0:32, 0:64, 2] = 255
    assert passers.over(image, (0, 0, 64, 64)).kinds == {"person"}
    assert passers.over(image, (200, 200, 264, 264)).share == 0


def test_a_model_that_is_not_there_is_named_when_asked():
    passers = Passers("nowhere")
    with pytest.raises(ModelError, match="nowhere"):
        passers.over(np.zeros((64, 64, 3), np.uint8), (0, 0, 9, 9))
