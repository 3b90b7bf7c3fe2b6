"""SQL on areas: putting them in force, and which issues lie in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from issues.rows import AreaRow
from issues.store.area_schema import AreaImportRecord
from issues.store.outbox_table import post_all
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


def area_codes(session: Session) -> dict[int, str]:
    """The code of every area by its key, those no longer in force too."""
    rows = session.execute(select(AreaRecord.id, AreaRecord.code))
    return {key: code for key, code in rows}  # noqa: C416 (a Row is no pair to mypy)


_GIVE_AREA = (
    update(IssueRecord.__table__)  # type: ignore[arg-type]
    .where(IssueRecord.__table__.c.id == bindparam("issue"))
    .values(area_id=bindparam("area"), updated_at=bindparam("now"))
)


def move_issues(
    session: Session,
    moves: Sequence[tuple[str, int | None, int | None]],
    now: datetime,
    actor: str = "system",
) -> None:
    """Gives issues new areas: (issue id, key before, key after), with a line of history each."""
    if not moves:
        return
    code_of = area_codes(session)
    session.flush()
    given = [{"issue": issue_id, "area": after, "now": now} for issue_id, _, after in moves]
    session.connection().execute(_GIVE_AREA, given)
    session.expire_all()
    events = []
    for issue_id, before, after in moves:
        change = {"from": code_of.get(before or 0), "to": code_of.get(after or 0)}
        if change["from"] != change["to"]:
            line = {"issue_id": issue_id, "at": now, "kind": "area_changed", "actor": actor}
            events.append(line | {"data": change})
    if events:
        session.execute(insert(EventRecord), events)
        post_all(session, "area_changed", now)


def note_import(
    session: Session,
    at: datetime,
    actor: str,
    source: str,
    datum: str,
    version: int,
    report: dict[str, Any],
) -> None:
    """Keeps what became of an import."""
    values = {"at": at, "actor": actor, "source": source, "datum": datum, "version": version}
    session.add(AreaImportRecord(**values, report=report))


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import that was made: when, by whom, from which file, and its report."""

    at: datetime
    actor: str
    source: str
    datum: str
    version: int
    report: dict[str, Any]


def last_imports(session: Session, limit: int = 10) -> list[ImportRow]:
    """The latest imports, newest first."""
    r = AreaImportRecord
    columns = (r.at, r.actor, r.source, r.datum, r.version, r.report)
    rows = session.execute(select(*columns).order_by(r.id.desc()).limit(limit))
    return [ImportRow(*row) for row in rows]
