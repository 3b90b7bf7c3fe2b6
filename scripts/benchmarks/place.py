"""One match of a photo against a store of growing size, and the recording of whole photos.

The town is 12 by 12 km; five observations make an issue. A match is what ``issues.matching`` does
for one photo in which one category was found and three more could have been: the issue that it
belongs to, and those around that it shows clear. The town stays as large as it is, so that a store
of ten times as many is ten times as dense too. Medians by the clock and of the processor alone (the
better guide on a machine that does other work); ``growth`` is the processor's median of ten times
as many observations over the one before. ``--store`` takes a store of scripts/bench_store instead.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from detect.types import Location
from issues.catalogue import load_catalogue
from issues.identity import new_id, number_of
from issues.matching import match
from issues.place import cell_of
from issues.store import Store, open_store
from issues.store.schema import CoverageRecord, IssueRecord, ObservationRecord, PhotoRecord
from scripts.benchmarks.big_store import NOW

CENTRE = (31.2304, 121.4737)
SIDE_DEG = 0.108
PER_ISSUE = 5
CATEGORIES = ("litter.pile", "litter.scattered", "bin.overflow", "stall.mobile")
START = datetime(2026, 1, 1, tzinfo=UTC)
CHUNK = 20_000
HEADS = f"{'median ms':>10} {'cpu ms':>8} {'p95 ms':>8} {'found':>7}"


def place(dice: random.Random) -> tuple[float, float]:
    """Somewhere in the town."""
    return CENTRE[0] + dice.uniform(0, SIDE_DEG), CENTRE[1] + dice.uniform(0, SIDE_DEG)


def nudge(dice: random.Random, at: tuple[float, float]) -> tuple[float, float]:
    """The same place, as GPS has it some metres off."""
    return at[0] + dice.gauss(0, 5e-5), at[1] + dice.gauss(0, 5e-5)


def issue(serial: int, category: str, at: tuple[float, float]) -> dict[str, Any]:
    """One row of ``issues``; nothing but the place matters here."""
    blank = (
        *("found_as", "proposal", "area_id", "best_observation_id", "cleared_at"),
        *("after_photo_id", "confirmed_at", "closed_at", "rejected_at", "deadline"),
        *("reject_reason", "duplicate_of"),
    )
    return dict.fromkeys(blank) | {
        "id": new_id(START + timedelta(seconds=serial)),
        "number": number_of(2026, serial),
        "category": category,
        "category_group": category.split(".")[0],
        "status": "candidate",
        "severity": "normal",
        "lat": at[0],
        "lon": at[1],
        "accuracy_m": 5.0,
        "cell": cell_of(*at),
        "first_seen": START,
        "last_seen": START + timedelta(days=PER_ISSUE),
        "last_look": START + timedelta(days=PER_ISSUE),
        "observations": PER_ISSUE,
        "photos": PER_ISSUE,
        "best_score": 0.8,
        "recurrences": 0,
        "experimental": False,
        "version": 1,
        "created_at": START,
        "updated_at": START,
    }


def photo(key: int, at: tuple[float, float], taken_at: datetime) -> dict[str, Any]:
    """One row of ``photos``."""
    return {
        "id": key,
        "source": f"{key}.jpg",
        "status": "ok",
        "sha256": f"{key:064x}",
        "size_bytes": 4_000_000,
        "format": "JPEG",
        "taken_at": taken_at,
        "lat": at[0],
        "lon": at[1],
        "accuracy_m": 5.0,
        "notes": [],
        "context": [],
        "model_id": "street",
        "model_version": "1",
        "recorded_at": taken_at,
    }


def rows(first: int, last: int) -> Iterator[tuple[dict[str, Any], ...]]:
    """Issue, and its photos, coverage and observations, from one serial number to another."""
    for serial in range(first, last):
        dice = random.Random(serial)
        at, category = place(dice), dice.choice(CATEGORIES)
        yield issue(serial, category, at), serial, at, category  # type: ignore[misc]


def fill(store: Store, first: int, last: int) -> None:
    """Adds the issues with these serial numbers and what they rest on."""
    for start in range(first, last, CHUNK // PER_ISSUE):
        tables: dict[Any, list[dict[str, Any]]] = {
            table: [] for table in (IssueRecord, PhotoRecord, CoverageRecord, ObservationRecord)
        }
        for made, serial, at, category in rows(start, min(start + CHUNK // PER_ISSUE, last)):
            tables[IssueRecord].append(made)
            for n in range(PER_ISSUE):
                add_photo(tables, serial * PER_ISSUE + n, at, category, made, n)
        with store.engine.begin() as connection:
            for table, values in tables.items():
                connection.execute(insert(table), values)


def add_photo(
    tables: dict[Any, list[dict[str, Any]]],
    key: int,
    at: Any,
    category: Any,
    made: dict[str, Any],
    n: int,
) -> None:
    """One photo that shows the issue, with all its rows."""
    here, taken_at = nudge(random.Random(key), at), START + timedelta(days=n)
    tables[PhotoRecord].append(photo(key, here, taken_at))
    tables[CoverageRecord].append(
        {
            "photo_id": key,
            "frame_sha256": f"{key:064x}",
            "source": f"{key}.jpg",
            "taken_at": taken_at,
            "lat": here[0],
            "lon": here[1],
            "accuracy_m": 5.0,
            "cell": cell_of(*here),
            "usable": True,
            "categories": f",{','.join(sorted(CATEGORIES))},",
        }
    )
    box = {"x1": 0.3, "y1": 0.4, "x2": 0.5, "y2": 0.6, "score": 0.8, "experimental": False}
    where = {"photo_id": key, "issue_id": made["id"], "category": category}
    tables[ObservationRecord].append(where | box)


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one match, and the share of them that found the issue."""

    median: float
    p95: float
    processor: float
    found: float

    def line(self) -> str:
        """Its part of a line of the table."""
        return f"{self.median:>10.3f} {self.processor:>8.3f} {self.p95:>8.3f} {self.found:>7.1%}"


Asked = Callable[[random.Random], tuple[tuple[float, float], str]]


def one_of(issues: int) -> Asked:
    """Draws the place and category of one of the issues made here."""

    def draw(dice: random.Random) -> tuple[tuple[float, float], str]:
        own = random.Random(dice.randrange(1, issues))
        at = place(own)
        return at, own.choice(CATEGORIES)

    return draw


def one_in(store: Store, sample: int = 5000) -> Asked:
    """Draws the place and category of an issue of any store."""
    i = IssueRecord
    with store.reading() as session:
        query = select(i.lat, i.lon, i.category).where(i.lat.is_not(None), i.status == "closed")
        known = [((lat, lon), code) for lat, lon, code in session.execute(query.limit(sample))]
    return lambda dice: dice.choice(known)


def time_matches(store: Store, draw: Asked, times: int, taken_at: datetime) -> Timing:
    """How long matches take, after some to warm up."""
    catalogue, dice = load_catalogue(), random.Random(7)
    seconds, worked, hits = [], [], 0
    with store.reading() as session:
        for n in range(times + 20):
            at, category = draw(dice)
            here = Location(*nudge(dice, at), 5.0, "exif")
            started, busy = time.perf_counter(), time.thread_time()
            found = match(session, catalogue, here, taken_at, [category], CATEGORIES)
            if n >= 20:
                seconds.append(time.perf_counter() - started)
                worked.append(time.thread_time() - busy)
                hits += found.home[category] is not None
    late = sorted(seconds)[int(times * 0.95)]
    middle, busy = statistics.median(seconds), statistics.median(worked)
    return Timing(middle * 1000, late * 1000, busy * 1000, hits / times)


def main() -> None:
    """Fills a store step by step and times matches at each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--matches", type=int, default=500)
    parser.add_argument("--url", default=None, help="SQLAlchemy URL of an empty database")
    parser.add_argument("--store", type=Path, default=None, help="a folder of bench_store")
    asked = parser.parse_args()
    if asked.store is not None:
        store = open_store(None, asked.store)
        print(f"{'':>22} {HEADS}")
        print(
            f"{asked.store!s:>22} {time_matches(store, one_in(store), asked.matches, NOW).line()}"
        )
        store.close()
        return
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(asked.url, Path(folder))
        filled, size = 1, 1000
        print(f"{'observations':>13} {'issues':>8} {HEADS} {'growth':>7}")
        before = None
        while True:
            size = min(size, asked.observations)
            issues = size // PER_ISSUE + 1
            fill(store, filled, issues)
            filled = issues
            month = START + timedelta(days=30)
            took = time_matches(store, one_of(issues), asked.matches, month)
            grown = "" if before is None else f"×{took.processor / before:.2f}"
            print(f"{size:>13,} {issues - 1:>8,} {took.line()} {grown:>7}", flush=True)
            before = took.processor
            if size == asked.observations:
                break
            size *= 10
        store.close()


if __name__ == "__main__":
    main()
