"""How long pages take on a store of 1,000,000 observations and 200,000 issues.

Each page is asked for as the API and the console do, in a session of its own, a page of fifty;
what varies (an area, a rectangle, a cursor) is drawn anew each time. The store is made once and
kept; indexes that came later are added to it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from issues.catalogue import load_catalogue
from issues.coverage import cover
from issues.hot_spots import hot_spots, trend
from issues.issue import OPEN, Proposal, Status
from issues.queries import IssueFilter, Sort, count_issues, get_issue, list_issues
from issues.recurrence import list_chronic
from issues.risk import load_risk
from issues.rounds import Round, plan_round
from issues.store import Session, Store, open_store
from issues.store.schema import IssueRecord, ObservationRecord
from issues.store.tables import Base
from scripts.benchmarks.big_store import GRID, NOW, SIDE_DEG, SOUTH_WEST, Sizes, fill

Case = Callable[[Session, random.Random], object]
CATALOGUE = load_catalogue()
DAY = timedelta(days=1)


def page(sort: Sort = "recent", **which: object) -> Case:
    """A first page."""
    asked = IssueFilter(**which)  # type: ignore[arg-type]
    return lambda session, _: list_issues(session, CATALOGUE, asked, sort=sort, now=NOW)


def drawn(draw: Callable[[random.Random], dict[str, object]], sort: Sort = "recent") -> Case:
    """A first page whose filter is drawn anew each time."""

    def ask(session: Session, dice: random.Random) -> object:
        asked = IssueFilter(**draw(dice))  # type: ignore[arg-type]
        return list_issues(session, CATALOGUE, asked, sort=sort, now=NOW)

    return ask


def later(sort: Sort, **which: object) -> Case:
    """The twentieth page, by the cursor of the nineteenth; only the last is timed by who asks."""
    cursors: dict[int, str | None] = {}

    def ask(session: Session, _: random.Random) -> object:
        asked = IssueFilter(**which)  # type: ignore[arg-type]
        if 0 not in cursors:
            cursor = None
            for _n in range(19):
                cursor = list_issues(
                    session, CATALOGUE, asked, sort=sort, cursor=cursor
                ).next_cursor
            cursors[0] = cursor
        return list_issues(session, CATALOGUE, asked, sort=sort, cursor=cursors[0])

    return ask


def rectangle(share: float) -> Callable[[random.Random], dict[str, object]]:
    """A rectangle of the town of this share of its side."""

    def draw(dice: random.Random) -> dict[str, object]:
        side = SIDE_DEG * share
        south = SOUTH_WEST[0] + dice.uniform(0, SIDE_DEG - side)
        west = SOUTH_WEST[1] + dice.uniform(0, SIDE_DEG - side)
        return {"bbox": (west, south, west + side, south + side)}

    return draw


def any_area(dice: random.Random) -> dict[str, object]:
    """One grid cell."""
    return {"area": (f"grid-{dice.randrange(GRID * GRID):03d}",)}


def one_issue(session: Session, dice: random.Random) -> object:
    """One issue with its photos and history."""
    with_photos = session.execute(
        select(IssueRecord.number)
        .where(IssueRecord.last_seen >= NOW - DAY * dice.uniform(1, 700))
        .order_by(IssueRecord.last_seen)
        .limit(1)
    ).first()
    assert with_photos is not None
    return get_issue(session, CATALOGUE, with_photos[0])


def lists() -> dict[str, Case]:
    """Lists in all orders."""
    found: dict[str, Case] = {}
    for sort in ("recent", "oldest", "newest", "deadline", "score", "recurrences", "number"):
        found[f"list by {sort}"] = page(sort)  # type: ignore[arg-type]
    found["list by risk"] = page("risk")
    found["list by risk, an area"] = drawn(any_area, "risk")
    found["open, by deadline"] = page("deadline", status=tuple(OPEN))
    found["page 20 by recent"] = later("recent")
    found["page 20 by deadline, open"] = later("deadline", status=tuple(OPEN))
    found["page 20 by score, one group"] = later("score", group=("litter",))
    return found


def filters() -> dict[str, Case]:
    """Every filter on its own, and some together."""
    last_month = {"since": NOW - 60 * DAY, "until": NOW - 30 * DAY}
    return {
        "open": page(status=tuple(OPEN)),
        "candidates": page(status=(Status.CANDIDATE,)),
        "confirmed, to look at": page("oldest", status=(Status.CONFIRMED,)),
        "proposed fixed": page(proposal=Proposal.FIXED),
        "a category": page(category=("clutter.debris",)),
        "a prefix": page(category=("stall",)),
        "a group": page(group=("clutter",)),
        "an area": drawn(any_area),
        "an area, open, by deadline": drawn(lambda d: any_area(d) | {"status": tuple(OPEN)}),
        "no area": page(area=("",)),
        "a unit": drawn(lambda d: {"unit": (f"Cleaning {d.randrange(20)}",)}),
        "a unit, confirmed, by deadline": drawn(
            lambda d: {"unit": (f"Cleaning {d.randrange(20)}",), "status": (Status.CONFIRMED,)},
            "deadline",
        ),
        "last month": page(**last_month),
        "last month, by score": page("score", **last_month),
        "never confirmed": page(confirmed=False),
        "no place": page(has_place=False),
        "overdue": page(overdue_at=NOW),
        "overdue, by deadline": page("deadline", overdue_at=NOW),
        "rectangle of a street": drawn(rectangle(0.02)),
        "rectangle of a quarter": drawn(rectangle(0.2)),
        "rectangle of the town": drawn(rectangle(0.9)),
        "rectangle, open, by deadline": drawn(
            lambda d: rectangle(0.2)(d) | {"status": tuple(OPEN)}, "deadline"
        ),
        "search a number": drawn(lambda d: {"q": f"{d.randrange(200_000):06d}"}),
        "search an area": drawn(lambda d: {"q": f"Grid {d.randrange(100)}"}),
        "search a photo": drawn(lambda d: {"q": f"IMG_{d.randrange(600_000):07d}"}),
        "search nothing there": page(q="no such thing"),
    }


def others() -> dict[str, Case]:
    """Counts, one issue."""
    return {
        "counts of all": lambda s, _: count_issues(s, now=NOW),
        "counts of an area": lambda s, d: count_issues(s, IssueFilter(**any_area(d)), now=NOW),  # type: ignore[arg-type]
        "counts of the open": lambda s, _: count_issues(
            s, IssueFilter(status=tuple(OPEN)), now=NOW
        ),
        "list with total": lambda s, _: list_issues(s, CATALOGUE, with_total=True),
        "one issue": one_issue,
    }


def rankings() -> dict[str, Case]:
    """Return visits, coverage, hot spots, chronic list."""
    table = load_risk()
    month, year = NOW - 30 * DAY, NOW - 365 * DAY
    every = IssueFilter()
    return {
        "return visits by risk": lambda s, _: plan_round(s, CATALOGUE, table, Round(), now=NOW),
        "return visits, walk": lambda s, _: plan_round(
            s, CATALOGUE, table, Round(walk=True, stops=50), now=NOW
        ),
        "return visits, an area": lambda s, d: plan_round(
            s,
            CATALOGUE,
            table,
            Round(which=IssueFilter(**any_area(d))),
            now=NOW,  # type: ignore[arg-type]
        ),
        "return visits, reported": lambda s, _: plan_round(
            s, CATALOGUE, table, Round(reported_unseen=True), now=NOW
        ),
        "hot spots of a month": lambda s, _: hot_spots(s, every, since=month, until=NOW),
        "hot spots of a category, a year": lambda s, _: hot_spots(
            s, IssueFilter(category=("litter.pile",)), since=year, until=NOW
        ),
        "hot spots of two years": lambda s, _: hot_spots(s, every),
        "trend by month, a year": lambda s, _: trend(s, every, year, NOW),
        "trend by week, two years": lambda s, _: trend(s, every, NOW - 728 * DAY, NOW, "week"),
        "trend of an area, a year": lambda s, d: trend(
            s,
            IssueFilter(**any_area(d)),
            year,
            NOW,  # type: ignore[arg-type]
        ),
        "chronic list": lambda s, _: list_chronic(s, CATALOGUE),
        "chronic list, an area": lambda s, d: list_chronic(
            s,
            CATALOGUE,
            IssueFilter(**any_area(d)),  # type: ignore[arg-type]
        ),
        "coverage of a week": lambda s, _: cover(s, NOW - 7 * DAY, NOW),
        "coverage of a month": lambda s, _: cover(s, month, NOW),
    }


@dataclass(frozen=True)
class Timing:
    """Milliseconds of each asking: by the clock, and of the processor alone."""

    clock: list[float]
    processor: list[float]

    def line(self, name: str) -> str:
        """One line of the table."""
        last = sorted(self.clock)[min(len(self.clock) - 1, int(len(self.clock) * 0.99))]
        both = f"{statistics.median(self.clock):>10.1f}{last:>9.1f}"
        return f"{name:<34}{both}{statistics.median(self.processor):>9.1f}{len(self.clock):>7}"


def timed(store: Store, case: Case, times: int, budget_s: float) -> Timing:
    """Times a case after two askings to warm up; fewer when the budget is spent.

    On a machine that does other work too the processor's time is the better guide.
    """
    dice, found, began = random.Random(11), Timing([], []), time.perf_counter()
    for n in range(times + 2):
        with store.reading() as session:
            started, worked = time.perf_counter(), time.thread_time()
            case(session, dice)
            spent = (time.perf_counter() - started) * 1000
            work = (time.thread_time() - worked) * 1000
        if n >= 2 or spent > 2000:
            found.clock.append(spent)
            found.processor.append(work)
        if time.perf_counter() - began > budget_s and found.clock:
            break
    return found


def add_indexes(engine: Engine) -> None:
    """Makes the indexes that a store filled earlier doesn't have yet."""
    with engine.begin() as connection:
        for table in Base.metadata.sorted_tables:
            for index in table.indexes:
                index.create(connection, checkfirst=True)


def filled(folder: Path | None, url: str | None, sizes: Sizes) -> Store:
    """The store of these sizes, made where it isn't there yet."""
    columns = sorted(f"{t}.{c.name}" for t in Base.metadata.tables.values() for c in t.columns)
    shape = hashlib.sha256("".join(columns).encode()).hexdigest()[:8]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "tidycity-bench"
    where = folder or cache / f"store-{sizes.issues}-{sizes.observations}-{shape}"
    store = open_store(url, where)
    with store.reading() as session:
        there = session.execute(select(func.count(IssueRecord.id))).scalar_one()
    if there == 0:
        print(f"filling {store.where} …")
        started = time.perf_counter()
        fill(store, sizes)
        print(f"filled in {time.perf_counter() - started:.0f} s")
    add_indexes(store.engine)
    return store


def main() -> None:
    """Fills the store if need be and prints a table of medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--issues", type=int, default=200_000)
    parser.add_argument("--observations", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--budget", type=float, default=15.0, help="seconds a case")
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--url", default=None, help="SQLAlchemy URL of an empty database")
    parser.add_argument("--only", default="", help="cases with this in their name")
    asked = parser.parse_args()
    store = filled(asked.folder, asked.url, Sizes(asked.issues, asked.observations))
    with store.reading() as session:
        found = session.execute(select(func.count(ObservationRecord.id))).scalar_one()
    print(f"{found:,} observations · {platform.machine()} · {os.cpu_count()} cores")
    print(f"{'page':<34}{'median ms':>10}{'p99 ms':>9}{'cpu ms':>9}{'times':>7}")
    for name, case in (lists() | filters() | others() | rankings()).items():
        if asked.only in name:
            print(timed(store, case, asked.times, asked.budget).line(name), flush=True)
    store.close()


if __name__ == "__main__":
    main()
