"""Issues made up for the tests, and photos to go with them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np
import pytest

from issues.catalogue import Catalogue, load_catalogue
from issues.errors import NotFound
from issues.exports.columns import Listing
from issues.exports.words import Words
from issues.issue import Severity, Status
from issues.rows import AreaRow, FrameRef, IssueRow

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""

EAST = AreaRow(
    "g1", "grid", "城东一网格", "East 1", "环卫一所", "Cleaning No. 1", "王建国", "138 0000 0000"
)

MadeRow = Callable[..., IssueRow]


class FakeEvidence:
    """Photos in memory; counts how often each is read."""

    def __init__(self) -> None:
        self.photos: dict[str, bytes] = {}
        self.reads: list[str] = []

    def add(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.photos[sha256] = data
        return sha256

    def read(self, sha256: str) -> bytes:
        self.reads.append(sha256)
        try:
            return self.photos[sha256]
        except KeyError:
            raise NotFound(f"no photo {sha256}") from None


def street_jpeg(seed: int = 0, width_px: int = 800, height_px: int = 600) -> bytes:
    """A picture with some texture, different for every seed."""
    noise = np.random.default_rng(seed).integers(0, 255, (height_px // 20, width_px // 20, 3))
    image = cv2.resize(noise.astype(np.uint8), (width_px, height_px))
    return bytes(cv2.imencode(".jpg", image)[1])


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def evidence() -> FakeEvidence:
    return FakeEvidence()


@pytest.fixture(params=["zh", "en"])
def listing(request: pytest.FixtureRequest, catalogue: Catalogue) -> Listing:
    return Listing(Words(request.param), catalogue)


@pytest.fixture
def chinese(catalogue: Catalogue) -> Listing:
    return Listing(Words("zh"), catalogue)


@pytest.fixture
def made_row(evidence: FakeEvidence) -> MadeRow:
    """Makes an issue with a photo; keywords change what they name."""
    count = 0

    def make(**changes: Any) -> IssueRow:
        nonlocal count
        count += 1
        seen = NOON + timedelta(hours=count)
        sha256 = evidence.add(street_jpeg(count))
        row = IssueRow(
            id=f"id-{count}",
            number=f"TC-2026-{count:06d}",
            status=Status.CONFIRMED,
            proposal=None,
            category="litter.pile",
            group="litter",
            severity=Severity.NORMAL,
            lat=30.28 + count * 1e-4,
            lon=120.15,
            accuracy_m=8.0,
            area=EAST,
            first_seen=seen,
            last_seen=seen,
            cleared_at=None,
            observations=1,
            photos=1,
            recurrences=0,
            best_score=0.8,
            confirmed_at=seen,
            closed_at=None,
            deadline=seen + timedelta(days=2),
            reject_reason=None,
            duplicate_of=None,
            experimental=False,
            suspected=False,
            best=FrameRef(count, sha256, f"{count}.jpg", seen, (0.2, 0.3, 0.6, 0.8), 0.8, True),
            after=None,
            version=1,
            created_at=seen,
            updated_at=seen,
        )
        return dataclasses.replace(row, **changes)

    return make
