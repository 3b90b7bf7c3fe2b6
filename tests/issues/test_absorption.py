"""A bag in a heap is the heap: findings inside a larger one are filed under its issue."""

from __future__ import annotations

from pathlib import Path

import pytest

from detect.types import Observation
from issues.absorption import can_show_clear, filed_under
from issues.catalogue import load_catalogue

HEAP = ("litter.pile", (0.2, 0.2, 0.8, 0.8))


def seen(category: str, box: tuple[float, float, float, float]) -> Observation:
    return Observation(category, box, 0.8, "street", "1", "0" * 64)


@pytest.mark.parametrize(
    ("category", "box", "under"),
    [
        ("litter.bagged", (0.3, 0.3, 0.5, 0.5), "litter.pile"),
        ("litter.scattered", (0.7, 0.7, 0.82, 0.82), "litter.pile"),
        ("litter.scattered", (0.7, 0.7, 0.95, 0.95), "litter.scattered"),
        ("litter.bagged", (0.0, 0.0, 0.1, 0.1), "litter.bagged"),
        ("bin.overflow", (0.3, 0.3, 0.5, 0.5), "bin.overflow"),
        ("litter.bagged", (0.3, 0.3, 0.3, 0.3), "litter.bagged"),
    ],
)
def test_filed_under(category: str, box: tuple[float, float, float, float], under: str) -> None:
    findings = [seen(*HEAP), seen(category, box)]
    assert filed_under(findings, load_catalogue()) == ("litter.pile", under)


def test_a_heap_says_nothing_of_bags_being_gone() -> None:
    covered = {"litter.pile", "litter.bagged", "litter.scattered", "bin.overflow"}
    catalogue = load_catalogue()
    assert can_show_clear(covered, {"litter.pile"}, catalogue) == {"litter.pile", "bin.overflow"}
    assert can_show_clear(covered, set(), catalogue) == covered
    assert can_show_clear(covered, {"litter.bagged"}, catalogue) == covered


def test_what_is_switched_off_makes_no_issue_and_speaks_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    path.write_text("extends: shipped\ncategories: {litter.pile: {enabled: false}}\n", "utf-8")
    office = load_catalogue(path)
    findings = [seen(*HEAP), seen("litter.bagged", (0.3, 0.3, 0.5, 0.5))]
    assert filed_under(findings, office) == (None, "litter.bagged")
    assert can_show_clear({"litter.pile", "bin.overflow"}, set(), office) == {"bin.overflow"}
