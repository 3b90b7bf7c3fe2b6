"""A list that a unit filled in and sent back: what it changes, what it can't, and doing it.

``plan`` compares it with the store and changes nothing; ``apply`` makes the moves, one line of
history each. Both give the same report. The same file a second time changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from issues.catalogue import Catalogue
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.exports.columns import row_mark
from issues.exports.returned_reading import ColumnNote, ReturnedList, ReturnedRow
from issues.exports.returned_values import day_of, reason_of, status_of
from issues.exports.words import Lang, Words
from issues.issue import Action, Status
from issues.lifecycle import MOVES
from issues.moves import move
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow
from issues.store import Session, Store
from issues.store.ledger import event_with_key
from issues.store.list_select import photos_named

Outcome = Literal["unchanged", "ready", "applied", "repeated", "refused"]
Code = Literal[
    "no_number",
    "unknown_number",
    "row_twice",
    "rows_differ",
    "changed_since",
    "unknown_status",
    "office_decides",
    "not_allowed",
    "nothing_to_do",
    "bad_date",
    "date_to_come",
    "date_before_found",
    "reason_missing",
    "photo_not_found",
    "photo_ambiguous",
]
_CHUNK = 500
_STARTS_HOURS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RowReport:
    """What becomes of one row. ``code`` and ``detail`` say why it was refused or left alone."""

    sheet: str
    line: int
    number: str
    outcome: Outcome
    code: Code | None = None
    detail: str = ""
    action: Action | None = None
    note: str = ""
    reason: str | None = None
    photo: str | None = None
    expected_version: int | None = None
    by_date: bool = False


@dataclass(frozen=True, slots=True)
class ListReport:
    """What becomes of a whole list."""

    sha256: str
    rows: tuple[RowReport, ...]
    columns: tuple[ColumnNote, ...]
    skipped_sheets: tuple[str, ...]

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many rows came out how."""
        return Counter(row.outcome for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Context:
    session: Session
    found: Mapping[str, IssueRow]
    sha256: str
    now: datetime
    words: Words


def plan(
    store: Store, catalogue: Catalogue, returned: ReturnedList, *, now: datetime, lang: Lang
) -> ListReport:
    """What applying the list would do; nothing is changed."""
    words = Words(lang, catalogue.calendar.zone)
    with store.reading() as session:
        found = _issues(session, catalogue, returned.rows)
        context = _Context(session, found, returned.sha256, now, words)
        rows = _without_repeats(_look(context, row) for row in returned.rows)
    return ListReport(returned.sha256, tuple(rows), returned.notes, returned.skipped_sheets)


def apply(
    store: Store,
    catalogue: Catalogue,
    returned: ReturnedList,
    actor: str,
    *,
    now: datetime,
    lang: Lang,
) -> ListReport:
    """Makes the moves that ``plan`` found ready, each in a transaction of its own.

    What somebody changed in between is refused, row by row; a run that was killed is taken up
    again by applying the same file once more.
    """
    planned = plan(store, catalogue, returned, now=now, lang=lang)
    rows = tuple(
        _make(store, catalogue, row, actor, planned.sha256, now) if row.outcome == "ready" else row
        for row in planned.rows
    )
    return replace(planned, rows=rows)


def key_of(sha256: str, number: str) -> str:
    """The idempotency key of a row of a file."""
    return f"list:{sha256}:{number}"


def _make(
    store: Store, catalogue: Catalogue, row: RowReport, actor: str, sha256: str, now: datetime
) -> RowReport:
    assert row.action is not None
    try:
        with store.transaction() as session:
            move(
                session,
                row.number,
                row.action,
                actor,
                catalogue=catalogue,
                now=now,
                expected_version=row.expected_version,
                idempotency_key=key_of(sha256, row.number),
                reason=row.reason,
                note=row.note or None,
                photo=row.photo,
            )
    except VersionConflict as error:
        return replace(row, outcome="refused", code="changed_since", detail=str(error))
    except (MoveNotAllowed, NotFound) as error:
        return replace(row, outcome="refused", code="not_allowed", detail=str(error))
    return replace(row, outcome="applied")


def _issues(
    session: Session, catalogue: Catalogue, rows: Iterable[ReturnedRow]
) -> dict[str, IssueRow]:
    numbers = list(dict.fromkeys(row.number for row in rows if row.number))
    found: dict[str, IssueRow] = {}
    for start in range(0, len(numbers), _CHUNK):
        which = IssueFilter(numbers=tuple(numbers[start : start + _CHUNK]))
        page = list_issues(session, catalogue, which, sort="number", limit=_CHUNK)
        found |= {row.number: row for row in page.items}
    return found


def _look(context: _Context, row: ReturnedRow) -> tuple[ReturnedRow, RowReport]:
    issue = context.found.get(row.number)
    base = RowReport(row.sheet, row.line, row.number, "refused")
    if issue is None:
        code: Code = "unknown_number" if row.number else "no_number"
        return row, replace(base, code=code)
    version, untouched = _mark(row, issue)
    if event_with_key(context.session, issue.id, key_of(context.sha256, row.number)) is not None:
        return row, replace(base, outcome="repeated")
    if untouched:
        return row, replace(base, outcome="unchanged")
    if version is not None and version != issue.version:
        status = context.words.label("status", issue.status)
        return row, replace(base, code="changed_since", detail=status)
    asked = _asked(context, row, issue, replace(base, expected_version=version))
    return row, asked


def _mark(row: ReturnedRow, issue: IssueRow) -> tuple[int | None, bool]:
    """The version that the row shows, and whether its unit left it as it was."""
    head, _, _ = row.mark.partition(":")
    version = int(head[1:]) if head.startswith("v") and head[1:].isdecimal() else None
    if version is not None:
        return version, row_mark(version, row.filled_in) == row.mark
    same = not row.status or status_of(row.status) is issue.status
    return None, same and not any(row.filled_in[1:])


def _asked(context: _Context, row: ReturnedRow, issue: IssueRow, base: RowReport) -> RowReport:
    """The move that a filled-in row asks for, or why there is none."""
    wanted = status_of(row.status) if row.status else issue.status
    if wanted is None:
        return replace(base, code="unknown_status", detail=row.status)
    by_date = wanted is issue.status and row.fixed_on is not None
    if by_date:
        wanted = Status.REPORTED_FIXED
    if wanted is issue.status:
        return replace(base, code="nothing_to_do")
    actions = {Status.REPORTED_FIXED: Action.REPORT_FIXED, Status.SENT_BACK: Action.SEND_BACK}
    action = actions.get(wanted)
    if action is None:
        return replace(base, code="office_decides", detail=row.status)
    base = replace(base, action=action, by_date=by_date)
    if (issue.status, action) not in MOVES:
        status = context.words.label("status", issue.status)
        return replace(base, code="not_allowed", detail=status)
    if action is Action.SEND_BACK:
        return _send_back(row, base, context.words)
    return _report_fixed(context, row, issue, base)


def _send_back(row: ReturnedRow, base: RowReport, words: Words) -> RowReport:
    reason = reason_of(row.feedback)
    if reason is None:
        return replace(base, code="reason_missing", detail=row.feedback)
    note = _note(row, None, words)
    return replace(base, outcome="ready", reason=reason.value, note=note)


def _report_fixed(
    context: _Context, row: ReturnedRow, issue: IssueRow, base: RowReport
) -> RowReport:
    day = day_of(row.fixed_on)
    if row.fixed_on is not None:
        if day is None:
            return replace(base, code="bad_date", detail=str(row.fixed_on))
        if day > context.words.local(context.now).date():
            return replace(base, code="date_to_come", detail=day.isoformat())
        if day < context.words.local(issue.first_seen - _STARTS_HOURS).date():
            return replace(base, code="date_before_found", detail=day.isoformat())
    photo = None
    if row.after_files:
        named = photos_named(context.session, row.after_files[0])
        if len(named) != 1:
            code: Code = "photo_ambiguous" if named else "photo_not_found"
            return replace(base, code=code, detail=row.after_files[0])
        photo = named[0]
    note = _note(row, day, context.words)
    return replace(base, outcome="ready", note=note, photo=photo)


def _note(row: ReturnedRow, day: date | None, words: Words) -> str:
    """What goes into history: what the unit said, when it was done, its remarks."""
    parts = [row.feedback]
    if day is not None:
        parts.append(f"{words.say('column.fixed_on')} {day.isoformat()}")
    if row.remark:
        parts.append(f"{words.say('column.remark')} {row.remark}")
    if len(row.after_files) > 1:
        parts.append(f"{words.say('column.after_files')} {', '.join(row.after_files)}")
    return words.say("row.and").join(part for part in parts if part)


def _without_repeats(
    looked: Iterable[tuple[ReturnedRow, RowReport]],
) -> list[RowReport]:
    """A number that stands in the list twice counts once; where the rows differ, not at all."""
    pairs = list(looked)
    told: dict[str, list[list[str]]] = defaultdict(list)
    for row, report in pairs:
        if row.number and report.outcome != "unchanged":
            told[row.number].append(row.filled_in)
    seen: set[str] = set()
    reports = []
    for row, report in pairs:
        active = row.number and report.outcome in {"ready", "refused"}
        if active and any(other != row.filled_in for other in told[row.number]):
            report = replace(report, outcome="refused", code="rows_differ")
        elif active and row.number in seen:
            report = replace(report, outcome="refused", code="row_twice")
        if active:
            seen.add(row.number)
        reports.append(report)
    return reports
