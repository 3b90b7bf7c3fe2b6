"""A store as an office has it after two years: issues of all kinds, with photos and history.

Made by bulk insert, from a seed: the same sizes give the same store. The town is 12 by 12 km in a
hundred grid cells; a third of the problems crowd at a hundred and fifty bad corners. What a table
demands and nothing here is about gets the empty value of its type, so that a new column doesn't
stop the benchmark.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, DateTime, Float, Integer, Table, insert

from issues.identity import new_id, number_of
from issues.issue import Status
from issues.place import cell_of
from issues.store import Store
from issues.store.cell_looks import rebuild as rebuild_looks
from issues.store.past_schema import PastRecord
from issues.store.schema import (
    AreaRecord,
    CoverageRecord,
    EventRecord,
    IssueRecord,
    ObservationRecord,
    PhotoRecord,
    UtcTime,
)
from issues.store.search import rebuild

NOW = datetime(2026, 6, 1, 2, tzinfo=UTC)
FROM = NOW - timedelta(days=730)
SOUTH_WEST = (31.18, 121.42)
SIDE_DEG = 0.108
GRID = 10
CORNERS = 150
LINKED = 20
"""One issue in so many came back from an earlier one."""

CHUNK = 4000
CATEGORIES = {
    "litter.scattered": 30,
    "litter.pile": 18,
    "litter.bagged": 10,
    "bin.overflow": 12,
    "clutter.goods": 9,
    "clutter.furniture": 5,
    "clutter.debris": 4,
    "stall.mobile": 7,
    "stall.spillover": 5,
}
SHARES = {
    "closed": 700,
    "rejected": 120,
    "duplicate": 25,
    "candidate": 50,
    "confirmed": 25,
    "assigned": 30,
    "reported_fixed": 15,
    "rework": 8,
    "sent_back": 4,
    "on_hold": 5,
    "reopened": 18,
}
"""How many in a thousand stand where, as far as the program knows the status."""

KNOWN = [name for name in SHARES if name in {status.value for status in Status}]
OLD = frozenset({"closed", "rejected", "duplicate"})
EMPTY_OF = ((Boolean, False), (Integer, 0), (Float, 0.0), (DateTime, NOW))


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of what. An issue has three photos on the whole, a photo 1.7 findings."""

    issues: int
    observations: int

    @property
    def clear_photos(self) -> int:
        """Photos that show nothing."""
        return self.issues * 3 // 4


def fill(store: Store, sizes: Sizes) -> None:
    """Fills an empty store."""
    with store.engine.connect() as connection, _unindexed(connection):
        _put(connection, AreaRecord, list(_areas()))
        connection.commit()
        corners = [_anywhere(random.Random(n)) for n in range(CORNERS)]
        findings = _Findings(sizes)
        for first in range(0, sizes.issues, CHUNK):
            serials = range(first, min(first + CHUNK, sizes.issues))
            batch: dict[Any, list[dict[str, Any]]] = {
                table: []
                for table in (
                    IssueRecord,
                    PhotoRecord,
                    CoverageRecord,
                    ObservationRecord,
                    EventRecord,
                    PastRecord,
                )
            }
            for serial in serials:
                _add_issue(batch, serial, corners, findings)
            for table, rows in batch.items():
                if rows:
                    _put(connection, table, rows)
            connection.commit()
        for first in range(0, sizes.clear_photos, CHUNK * 4):
            last = min(first + CHUNK * 4, sizes.clear_photos)
            _add_clear(connection, findings, first, last, corners)
            connection.commit()


class _Findings:
    """Gives out the ids of photos and findings, so that the sums come out as asked."""

    def __init__(self, sizes: Sizes) -> None:
        self.photo = 0
        self.observation = 0
        self._mean = sizes.observations / sizes.issues

    def of(self, dice: random.Random, serial: int) -> list[int]:
        """How many findings each photo of an issue has: the sum of all issues is as asked."""
        whole = round((serial + 1) * self._mean) - round(serial * self._mean)
        counts: list[int] = []
        while whole > 0:
            n = min(whole, dice.choices((1, 2, 3), (5, 3, 2))[0])
            counts.append(n)
            whole -= n
        return counts or [1]

    def next_photo(self) -> int:
        self.photo += 1
        return self.photo

    def next_observation(self) -> int:
        self.observation += 1
        return self.observation


def _put(connection: Connection, record: Any, rows: Sequence[dict[str, Any]]) -> None:
    table: Table = record.__table__
    names = [c.name for c in table.columns if c.name != "id" or "id" in rows[0]]
    blank = {name: _empty(table.columns[name]) for name in names}
    if connection.dialect.name != "sqlite":
        known = [{name: (blank | row)[name] for name in names} for row in rows]
        connection.execute(insert(table), known)
        return
    told = set().union(*rows)
    asked = [name for name in names if told & {name} or blank[name] is not None]
    marks = ", ".join("?" * len(asked))
    statement = f"INSERT INTO {table.name} ({', '.join(asked)}) VALUES ({marks})"  # noqa: S608
    columns = [_plain(table.columns[name], blank[name], name, rows) for name in asked]
    connection.exec_driver_sql(statement, list(zip(*columns, strict=True)))


def _plain(
    column: Column[Any], blank: Any, name: str, rows: Sequence[dict[str, Any]]
) -> list[object]:
    """A column's values as SQLite keeps them; three times as fast as asking the type of each."""
    values = [row.get(name, blank) for row in rows]
    if isinstance(column.type, UtcTime):
        return [v and v.replace(tzinfo=None).isoformat(" ", "microseconds") for v in values]
    return [json.dumps(v) for v in values] if isinstance(column.type, JSON) else values


@contextmanager
def _unindexed(connection: Connection) -> Iterator[None]:
    """Fills without indexes and triggers (SQLite), which are made anew from the whole at the end.

    With them a store of a million takes three times as long.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    run = connection.exec_driver_sql
    kept = run(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND "
        "(type = 'index' OR type = 'trigger') AND tbl_name IN "
        "('issues', 'photos', 'coverage', 'observations', 'events')"
    ).all()
    for kind, name, _ in kept:
        run(f"DROP {kind} {name}")
    connection.commit()
    yield
    for _, _, sql in sorted(kept):
        run(sql)
    rebuild(connection)
    rebuild_looks(connection)
    connection.commit()


def _empty(column: Any) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    kind = getattr(column.type, "impl", column.type)
    return next((value for of, value in EMPTY_OF if isinstance(kind, of)), "")


def _areas() -> Iterator[dict[str, Any]]:
    step = SIDE_DEG / GRID
    for n in range(GRID * GRID):
        south, west = SOUTH_WEST[0] + n // GRID * step, SOUTH_WEST[1] + n % GRID * step
        ring = [
            [west, south],
            [west + step, south],
            [west + step, south + step],
            [west, south + step],
            [west, south],
        ]
        yield {
            "id": n + 1,
            "code": f"grid-{n:03d}",
            "level": "grid",
            "name_zh": f"{n}号网格",
            "name_en": f"Grid {n}",
            "unit_zh": f"第{n % 20}环卫所",
            "unit_en": f"Cleaning {n % 20}",
            "leader": "",
            "phone": "",
            "geometry": json.dumps({"type": "Polygon", "coordinates": [ring]}),
            "in_force": True,
            "imported_at": FROM,
        }


def _anywhere(dice: random.Random) -> tuple[float, float]:
    return SOUTH_WEST[0] + dice.uniform(0, SIDE_DEG), SOUTH_WEST[1] + dice.uniform(0, SIDE_DEG)


def _near(dice: random.Random, at: tuple[float, float], sigma_m: float) -> tuple[float, float]:
    sigma = sigma_m / 111_195
    lat = at[0] + dice.gauss(0, sigma)
    return lat, at[1] + dice.gauss(0, sigma) / math.cos(math.radians(lat))


def area_of(at: tuple[float, float]) -> int | None:
    """The key of the grid cell that a point lies in; None outside the town."""
    row, column = (int((at[i] - SOUTH_WEST[i]) / SIDE_DEG * GRID) for i in (0, 1))
    inside = 0 <= row < GRID and 0 <= column < GRID and at[0] >= SOUTH_WEST[0]
    return row * GRID + column + 1 if inside and at[1] >= SOUTH_WEST[1] else None


def _status(dice: random.Random, age_days: float) -> str:
    old = age_days > 90
    weights = [SHARES[name] / (5 if old and name not in OLD else 1) for name in KNOWN]
    return dice.choices(KNOWN, weights)[0]


def _add_issue(
    batch: dict[Any, list[dict[str, Any]]],
    serial: int,
    corners: Sequence[tuple[float, float]],
    findings: _Findings,
) -> None:
    dice = random.Random(serial)
    at = _near(dice, dice.choice(corners), 60) if dice.random() < 0.33 else _anywhere(dice)
    category = dice.choices(list(CATEGORIES), list(CATEGORIES.values()))[0]
    counts = findings.of(dice, serial)
    first = FROM + (NOW - FROM) * dice.random()
    times = sorted(first + min(timedelta(days=30), NOW - first) * dice.random() for _ in counts)
    times[0] = first
    issue = _issue(dice, serial, at, category, times, sum(counts))
    issue["best_observation_id"] = findings.observation + 1
    if issue["status"] == "duplicate" and batch[IssueRecord]:
        issue["duplicate_of"] = batch[IssueRecord][-1]["id"]
    batch[IssueRecord].append(issue)
    if serial % LINKED == LINKED - 1 and len(batch[IssueRecord]) > 1:
        batch[PastRecord].append(_link(issue, batch[IssueRecord][-2]))
    for at_time, n in zip(times, counts, strict=True):
        key = findings.next_photo()
        here = _near(dice, at, 8)
        _add_photo(batch, key, here, at_time)
        for _ in range(n):
            batch[ObservationRecord].append(_observation(findings, key, issue, dice))
    batch[EventRecord] += _events(issue)


def _link(issue: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    known = {"issue_id": issue["id"], "earlier_id": earlier["id"], "how": "closed"}
    return known | {"away_m": 20.0, "noted_at": issue["first_seen"]}


def _issue(
    dice: random.Random,
    serial: int,
    at: tuple[float, float],
    category: str,
    times: Sequence[datetime],
    observations: int,
) -> dict[str, Any]:
    first, last = times[0], times[-1]
    status = _status(dice, (NOW - first).days)
    confirmed = first + timedelta(hours=dice.uniform(1, 30)) if status != "candidate" else None
    if status in {"rejected", "duplicate"}:
        confirmed = None
    placed = dice.random() > 0.02
    returns = dice.choices((0, 1, 2, 3, 5), (78, 13, 5, 3, 1))[0]
    return {
        "id": new_id(first + timedelta(microseconds=serial)),
        "number": number_of(first.year, serial),
        "category": category,
        "category_group": category.split(".")[0],
        "status": status,
        "proposal": "fixed" if status in {"confirmed", "assigned"} and serial % 3 == 0 else None,
        "severity": dice.choices(("minor", "normal", "major"), (30, 55, 15))[0],
        "lat": at[0] if placed else None,
        "lon": at[1] if placed else None,
        "accuracy_m": 5.0 if placed else None,
        "cell": cell_of(*at) if placed else None,
        "area_id": area_of(at) if placed else None,
        "first_seen": first,
        "last_seen": last,
        "last_look": last,
        "observations": observations,
        "photos": len(times),
        "best_score": round(dice.uniform(0.35, 0.97), 3),
        "recurrences": returns,
        "confirmed_at": confirmed,
        "closed_at": last + timedelta(days=2) if status == "closed" else None,
        "rejected_at": last if status == "rejected" else None,
        "deadline": _deadline(dice, status, confirmed),
        "reject_reason": "permitted" if status == "rejected" else None,
        "unit_zh": f"第{serial % 20}环卫所" if confirmed else None,
        "unit_en": f"Cleaning {serial % 20}" if confirmed else None,
        "supervised_at": confirmed if dice.random() < 0.02 else None,
        "paper_fixes": dice.choices((0, 1, 2), (94, 5, 1))[0],
        "assigned_at": confirmed if status not in {"candidate", "confirmed"} else None,
        "reported_at": last if status in {"reported_fixed", "rework"} else None,
        "version": 3,
        "created_at": first,
        "updated_at": last,
    }


def _deadline(dice: random.Random, status: str, confirmed: datetime | None) -> datetime | None:
    """Two in five of the open ones still have time."""
    if confirmed is None or status in OLD:
        return confirmed and confirmed + timedelta(hours=dice.uniform(4, 90))
    return NOW + timedelta(days=dice.uniform(-15, 10))


def _add_photo(
    batch: dict[Any, list[dict[str, Any]]], key: int, at: tuple[float, float], moment: datetime
) -> None:
    digest = f"{key:064x}"
    place = {"lat": at[0], "lon": at[1], "accuracy_m": 5.0}
    name = f"patrol-{moment:%Y%m%d}/IMG_{key:07d}.jpg"
    batch[PhotoRecord].append(
        place
        | {
            "id": key,
            "source": name,
            "status": "ok",
            "sha256": digest,
            "size_bytes": 4_000_000,
            "format": "JPEG",
            "taken_at": moment,
            "notes": [],
            "context": [],
            "model_id": "street",
            "model_version": "1",
            "recorded_at": moment,
        }
    )
    batch[CoverageRecord].append(
        place
        | {
            "photo_id": key,
            "frame_sha256": digest,
            "source": name,
            "taken_at": moment,
            "cell": cell_of(*at),
            "usable": key % 25 != 0,
            "categories": f",{','.join(sorted(CATEGORIES))},",
        }
    )


def _observation(
    findings: _Findings, photo: int, issue: dict[str, Any], dice: random.Random
) -> dict[str, Any]:
    x, y = dice.uniform(0, 0.7), dice.uniform(0, 0.7)
    return {
        "id": findings.next_observation(),
        "photo_id": photo,
        "issue_id": issue["id"],
        "category": issue["category"],
        "x1": x,
        "y1": y,
        "x2": x + 0.2,
        "y2": y + 0.2,
        "score": issue["best_score"],
        "experimental": False,
    }


def _events(issue: dict[str, Any]) -> Iterator[dict[str, Any]]:
    def line(at: datetime, kind: str, **more: Any) -> dict[str, Any]:
        return {"issue_id": issue["id"], "at": at, "kind": kind, "actor": "li", "data": {}} | more

    yield line(issue["first_seen"], "found", to_status="candidate", actor="system")
    if issue["confirmed_at"]:
        deadline = {"deadline": issue["deadline"].isoformat()}
        yield line(issue["confirmed_at"], "confirm", to_status="confirmed", data=deadline)
    if issue["status"] == "closed":
        yield line(issue["closed_at"], "close", to_status="closed")
    if issue["status"] == "rejected":
        yield line(issue["rejected_at"], "reject", to_status="rejected", reason="permitted")


def _add_clear(
    connection: Connection,
    findings: _Findings,
    first: int,
    last: int,
    corners: Sequence[tuple[float, float]],
) -> None:
    batch: dict[Any, list[dict[str, Any]]] = {PhotoRecord: [], CoverageRecord: []}
    for n in range(first, last):
        dice = random.Random(-n - 1)
        at = _near(dice, dice.choice(corners), 80) if dice.random() < 0.3 else _anywhere(dice)
        _add_photo(batch, findings.next_photo(), at, FROM + (NOW - FROM) * dice.random())
    for table, rows in batch.items():
        _put(connection, table, rows)
