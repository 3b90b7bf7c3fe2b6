"""Findings of a camera and the issues that they belong to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from issues.camera_matching import (
    CameraFinding,
    CameraIssue,
    camera_matches,
    inside,
    overlap,
    same_spot,
)

HEAP = (0.2, 0.2, 0.4, 0.4)
KNOWN = CameraIssue("1", "gate", "kerb", "litter.pile", HEAP)
SEEN = CameraFinding("gate", "kerb", "litter.pile", HEAP)


@pytest.mark.parametrize(
    ("change", "home"),
    [
        ({}, "1"),
        ({"box": (0.21, 0.19, 0.42, 0.4)}, "1"),
        ({"box": (0.1, 0.1, 0.6, 0.6)}, "1"),  # it grew
        ({"box": (0.25, 0.25, 0.3, 0.3)}, "1"),  # most of it was taken away
        ({"box": (0.4, 0.2, 0.6, 0.4)}, None),  # beside it
        ({"box": (0.35, 0.2, 0.55, 0.4)}, None),  # mostly beside it
        ({"camera": "yard"}, None),
        ({"zone": ""}, None),
        ({"view": "night"}, None),
        ({"category": "bin.overflow"}, None),
        ({"category": "litter.bagged"}, "1"),  # a bag in a heap is the heap
        ({"category": "cow.standing"}, None),
    ],
)
def test_a_finding_and_one_issue(catalogue, change, home):
    assert camera_matches([replace(SEEN, **change)], [KNOWN], catalogue) == (home,)


def test_two_heaps_side_by_side_stay_two(catalogue):
    left, right = (0.1, 0.2, 0.3, 0.4), (0.32, 0.2, 0.52, 0.4)
    known = [replace(KNOWN, id="l", box=left), replace(KNOWN, id="r", box=right)]
    nudged = [replace(SEEN, box=(x1 + 0.03, y1, x2 + 0.03, y2)) for x1, y1, x2, y2 in (right, left)]
    assert camera_matches(nudged, known, catalogue) == ("r", "l")


def test_a_heap_seen_in_parts_is_one_issue(catalogue):
    parts = [replace(SEEN, box=(0.2, 0.2, 0.3, 0.4)), replace(SEEN, box=(0.3, 0.2, 0.4, 0.4))]
    assert camera_matches(parts, [KNOWN], catalogue) == ("1", "1")


def test_nothing_known_and_nothing_seen(catalogue):
    assert camera_matches([SEEN], [], catalogue) == (None,)
    assert camera_matches([], [KNOWN], catalogue) == ()


SIDE = st.integers(0, 20).map(lambda n: n / 20)
BOXES = st.tuples(SIDE, SIDE, SIDE, SIDE).map(
    lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
)


@given(BOXES, BOXES)
def test_overlap_is_the_same_both_ways_and_a_share(one, other):
    assert overlap(one, other) == overlap(other, one)
    assert 0 <= overlap(one, other) <= inside(one, other) <= 1 + 1e-9
    assert same_spot(one, other) == same_spot(other, one)


@given(st.lists(BOXES, max_size=5), st.lists(BOXES, max_size=5), st.randoms())
def test_the_order_of_findings_and_issues_is_nothing(catalogue, seen, known, dice):
    findings = [replace(SEEN, box=box) for box in seen]
    issues = [replace(KNOWN, id=str(n), box=box) for n, box in enumerate(known)]
    homes = dict(zip(findings, camera_matches(findings, issues, catalogue), strict=True))
    dice.shuffle(findings)
    dice.shuffle(issues)
    again = dict(zip(findings, camera_matches(findings, issues, catalogue), strict=True))
    assert again == homes
    for finding, home in homes.items():
        near = [issue for issue in issues if same_spot(finding.box, issue.box)]
        assert (home is None) == (not near)
