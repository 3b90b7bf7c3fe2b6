from __future__ import annotations

import pytest

from detect.model_folder import load_card
from detect.observe import categories, context, observations
from detect.types import Detections

SHA = "a" * 64


@pytest.fixture
def card(tiny_folder):
    return load_card(tiny_folder)


def found(*rows):
    return Detections.of(
        [row[:4] for row in rows],
        [row[4] for row in rows],
        [row[5] for row in rows],
        ("red", "blue"),
    )


def test_findings_and_context_are_told_apart(card):
    both = found((10, 20, 30, 40, 0.7, 0), (0, 0, 50, 100, 0.9, 1))
    (finding,) = observations(both, (200, 100, 3), card, SHA)
    assert finding.category == "litter.pile"
    assert finding.xyxy == (0.1, 0.1, 0.3, 0.2)
    assert finding.score == pytest.approx(0.7)
    assert (finding.model_id, finding.model_version) == ("tiny", "1")
    assert finding.frame_sha256 == SHA
    assert finding.experimental
    (around,) = context(both, (200, 100, 3), card)
    assert (around.name, around.xyxy) == ("blue", (0, 0, 0.5, 0.5))


def test_the_surest_first(card):
    some = found((0, 0, 1, 1, 0.6, 0), (0, 0, 2, 2, 0.8, 0), (0, 0, 3, 3, 0.7, 0))
    assert [round(o.score, 1) for o in observations(some, (10, 10, 3), card, SHA)] == [
        0.8,
        0.7,
        0.6,
    ]


def test_boxes_that_stick_out_by_rounding_are_kept_within(card):
    (finding,) = observations(found((-0.4, 0, 100.3, 50, 0.7, 0)), (50, 100, 3), card, SHA)
    assert finding.xyxy == (0, 0, 1, 1)


def test_nothing_found(card):
    none = Detections.empty(("red", "blue"))
    assert observations(none, (10, 10, 3), card, SHA) == ()
    assert context(none, (10, 10, 3), card) == ()


def test_what_a_model_can_find(card):
    assert categories(card) == {"litter.pile"}
