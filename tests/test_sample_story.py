"""The main job on the sample patrol: three visits become the story that its truth tells.

The committed model looks; where it misses something the figures of scripts/bench_samples say so.
What must come out here is what the flow promises whenever the model does its part.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PATROL = ROOT / "samples" / "patrol"


@pytest.fixture(scope="module")
def told() -> dict[str, tuple[str, str]]:
    """Place → (expected, got), as the benchmark prints it."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.benchmarks.samples"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = re.findall(r"^(\w+) .*expected (\w+) +got (\w+)", done.stdout, re.M)
    return {place: (expected, got) for place, expected, got in lines}


def test_the_places_were_judged(told: dict[str, tuple[str, str]]) -> None:
    truth = json.loads((PATROL / "truth.json").read_text("utf-8"))
    assert set(told) <= set(truth["places"])
    assert len(told) >= 10


@pytest.mark.parametrize("kind", ["persists", "fixed", "new", "returned"])
def test_each_kind_of_outcome_comes_out_somewhere(
    told: dict[str, tuple[str, str]], kind: str
) -> None:
    assert any(expected == got == kind for expected, got in told.values()), told


def test_most_places_come_out_right(told: dict[str, tuple[str, str]]) -> None:
    right = sum(expected == got for expected, got in told.values())
    assert right >= 0.6 * len(told), told
