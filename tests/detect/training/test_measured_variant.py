"""What is measured is what was named: a variant's own weights, not its model's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from detect.training.evaluation import Picture
from detect.training.measure import look

PATROL = Path(__file__).parents[3] / "samples" / "patrol"


def test_a_variant_is_measured_by_its_own_weights() -> None:
    photo = min((PATROL / "2026-11-02").glob("*.jpg"))
    nothing = np.zeros((0, 4)), np.zeros(0, np.int64)
    pictures = [Picture(photo, "patrol", 0, frozenset(), *nothing)]
    first, again, in_8_bits = (look(m, pictures)[0] for m in ("street", "street", "street@int8"))
    assert len(in_8_bits.score)
    assert np.allclose(first.score, again.score)
    assert not np.array_equal(first.score, in_8_bits.score)
