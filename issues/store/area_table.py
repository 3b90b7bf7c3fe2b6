"""SQL on areas: putting them in force, and which issues lie in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from issues.rows import AreaRow
from issues.store.schema import AreaRecord, EventRecord, IssueRecord

LEVEL_ORDER = {"city": 0, "street": 1, "community": 2, "grid": 3}


def area_row(record: AreaRecord) -> AreaRow:
    """A record as a row."""
    return AreaRow(
        id=record.code,
        level=record.level,
        name_zh=record.name_zh,
        name_en=record.name_en,
        unit_zh=record.unit_zh,
        unit_en=record.unit_en,
        leader=record.leader,
        phone=record.phone,
    )


def areas_in_force(session: Session) -> list[tuple[int, AreaRow, str]]:
    """Key, row and GeoJSON geometry of every area in force, coarsest level first, then by id."""
    records = session.scalars(select(AreaRecord).where(AreaRecord.in_force))
    found = [(record.id, area_row(record), record.geometry) for record in records]
    return sorted(found, key=lambda area: (LEVEL_ORDER[area[1].level], area[1].id))


def replace_areas(
    session: Session, areas: Iterable[tuple[AreaRow, str]], imported_at: datetime
) -> None:
    """Puts these in force in place of all others; what is unchanged keeps its key."""
    before = {
        record.code: record
        for record in session.scalars(select(AreaRecord).where(AreaRecord.in_force))
    }
    for row, geometry in areas:
        old = before.pop(row.id, None)
        if old is not None and area_row(old) == row and old.geometry == geometry:
            continue
        if old is not None:
            old.in_force = False
        values = asdict(row)
        code = values.pop("id")
        session.add(
            AreaRecord(
                code=code, geometry=geometry, in_force=True, imported_at=imported_at, **values
            )
        )
    for gone in before.values():
        gone.in_force = False
    session.flush()


def placed_issues(session: Session) -> list[tuple[str, float, float, int | None]]:
    """Id, latitude, longitude and area key of every issue with a place."""
    columns = (IssueRecord.id, IssueRecord.lat, IssueRecord.lon, IssueRecord.area_id)
    rows = session.execute(select(*columns).where(IssueRecord.lat.is_not(None)))
    return [
        (key, lat, lon, area) for key, lat, lon, area in rows if lat is not None and lon is not None
    ]


def move_issues(
    session: Session, moves: Sequence[tuple[str, int | None, int | None]], now: datetime
) -> None:
    """Gives issues new areas: (issue id, key before, key after), with a line of history each."""
    rows = session.execute(select(AreaRecord.id, AreaRecord.code))
    code_of = {key: code for key, code in rows}  # noqa: C416 (a Row is no pair to mypy)
    events = []
    for issue_id, before, after in moves:
        session.execute(
            update(IssueRecord)
            .where(IssueRecord.id == issue_id)
            .values(area_id=after, updated_at=now)
        )
        change = {"from": code_of.get(before or 0), "to": code_of.get(after or 0)}
        if change["from"] != change["to"]:
            events.append(
                {
                    "issue_id": issue_id,
                    "at": now,
                    "kind": "area_changed",
                    "actor": "system",
                    "data": change,
                }
            )
    if events:
        session.execute(insert(EventRecord), events)
