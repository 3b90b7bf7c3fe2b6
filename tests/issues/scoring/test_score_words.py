"""Every code of scoring has a word in both languages."""

from __future__ import annotations

from typing import get_args

import pytest

from issues.labels import labels
from issues.scoring.measures import LEVELS, Measure
from issues.scoring.ranking import Colour, Unranked
from issues.scoring.sample_points import Kind

CODES = {
    "measure": list(Measure),
    "unranked": list(Unranked),
    "list": list(Colour),
    "ranked_by": list(LEVELS),
    "sample_kind": list(get_args(Kind)),
}


@pytest.mark.parametrize("kind", CODES)
def test_every_code_has_its_words(kind):
    assert set(labels()[kind]) == set(CODES[kind])
    for words in labels()[kind].values():
        assert words["en"].isascii()
        assert not words["zh"].isascii()
