"""A small season with known truth: what the store finds out of it, and bounds that it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.benchmarks.season import Rates, Share, _pairs, play


@pytest.mark.slow
def test_a_season_with_good_gps(tmp_path: Path) -> None:
    score = play(tmp_path, Rates(noise_m=5), patrols=3, streets=3, length_m=420, seed=3)
    assert score.match_precision.value >= 0.9
    assert score.match_recall.value >= 0.9
    assert score.fix_precision.value >= 0.8
    assert score.fix_recall.value >= 0.85
    assert score.fakes_found == Share(3, 3)
    assert score.return_recall.value == 1
    assert score.match_recall.of >= 50, "the season must be about something"


@pytest.mark.parametrize(
    ("findings", "precision", "recall"),
    [
        ([("a", 1), ("a", 1), ("b", 2)], (1, 1), (1, 1)),
        ([("a", 1), ("b", 1)], (0, 0), (0, 1)),
        ([("a", 1), ("a", 2)], (0, 1), (0, 0)),
        ([("a", 1), ("a", 1), ("a", None)], (1, 3), (1, 1)),
    ],
)
def test_pairs(findings, precision, recall):
    assert _pairs(findings) == (Share(*precision), Share(*recall))
