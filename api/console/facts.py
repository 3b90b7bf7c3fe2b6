"""The facts of an issue as a reviewer needs them: what, where, who, since when, how sure."""

from __future__ import annotations

from datetime import datetime
from html import escape

from api.console.visit import Visit
from issues.deadlines import due_soon_until, overdue_by_h
from issues.labels import label, status_label
from issues.rows import IssueRow


def moment(visit: Visit, at: datetime | None) -> str:
    """A time in the office's zone."""
    if at is None:
        return "–"
    return f"{at.astimezone(visit.services.catalogue.calendar.zone):%Y-%m-%d %H:%M}"


def ago(visit: Visit, at: datetime) -> str:
    """How long ago, in the unit that fits."""
    t = visit.t
    hours = (visit.services.now() - at).total_seconds() / 3600
    if hours < 1:
        return t("just now")
    if hours < 48:
        return t("{n} h ago", n=round(hours))
    return t("{n} days ago", n=round(hours / 24))


def deadline_mark(visit: Visit, row: IssueRow) -> tuple[str, str] | None:
    """The mark of a deadline that has passed or soon will, with its word."""
    t, now, table = visit.t, visit.services.now(), visit.services.catalogue
    if row.overdue(now):
        late_h = overdue_by_h(table, row.deadline, now)
        return "overdue", t("overdue {n} working h", n=f"{late_h:.0f}" if late_h >= 1 else "<1")
    if row.due_soon(now, due_soon_until(table, now)):
        return "due-soon", t("due soon")
    return None


def chips_html(visit: Visit, row: IssueRow) -> str:
    """Status and marks, as small coloured words."""
    t = visit.t
    chips = [(row.status.value, status_label(row.status, visit.lang))]
    if row.proposal is not None:
        chips.append((row.proposal.value, label("proposal", row.proposal, visit.lang)))
    mark = deadline_mark(visit, row)
    if mark is not None:
        chips.append(mark)
    if row.supervised:
        chips.append(("supervised", t("supervised")))
    if row.paper_fixes:
        chips.append(("paper", t("fixed on paper only {n}×", n=row.paper_fixes)))
    if row.verdict is not None:
        chips.append((f"verdict-{row.verdict}", label("verdict", row.verdict, visit.lang)))
    if row.experimental:
        chips.append(("mark", t("experimental")))
    if row.suspected:
        chips.append(("mark", t("suspected")))
    return " ".join(f'<span class="tc-chip {kind}">{escape(word)}</span>' for kind, word in chips)


def area_text(visit: Visit, row: IssueRow) -> str:
    """The area's name in the reader's language."""
    t = visit.t
    if row.area is None:
        return t("no area") if row.lat is not None else t("no position")
    return row.area.name_zh if visit.lang == "zh" else row.area.name_en


def unit_text(visit: Visit, row: IssueRow) -> str:
    """Who answers for it: the unit; leader and phone where it is the area's."""
    unit = row.unit(visit.lang)
    if row.area is None:
        return unit or "–"
    own = unit in (row.area.unit_zh, row.area.unit_en)
    parts = (unit, row.area.leader, row.area.phone) if own else (unit,)
    return " · ".join(part for part in parts if part) or "–"


def _seen(visit: Visit, row: IssueRow) -> str:
    t = visit.t
    if row.photos == 1:
        text = t("{n}× in one photo", n=row.observations)
    else:
        text = t("{n}× in {m} photos", n=row.observations, m=row.photos)
    if row.recurrences:
        text += " · " + t("came back {n}×", n=row.recurrences)
    return text


def _entries(visit: Visit, row: IssueRow) -> list[tuple[str, str]]:
    t = visit.t
    percent = round(row.best_score * 100)
    sure = f'<span class="tc-meter"><i style="width:{percent}%"></i></span>{percent} %'
    found = [
        (t("Area"), escape(area_text(visit, row))),
        (t("First seen"), _when(visit, row.first_seen)),
        (t("Last seen"), _when(visit, row.last_seen)),
        (t("Seen"), escape(_seen(visit, row))),
        (t("Sure"), sure),
    ]
    if row.area is not None or row.unit_zh:
        found.insert(1, (t("Unit"), escape(unit_text(visit, row))))
    if row.cleared_at is not None:
        found.append((t("Seen clear"), _when(visit, row.cleared_at)))
    if row.deadline is not None:
        found.append((t("Deadline"), _deadline(visit, row)))
    found += _work(visit, row)
    if row.reject_reason is not None:
        reason = label("reject_reason", row.reject_reason, visit.lang)
        found.append((t("Reason"), escape(reason)))
    if row.duplicate_of is not None:
        found.append((t("Same as"), _link(row.duplicate_of)))
    if row.lat is not None and row.lon is not None:
        off = f" ± {row.accuracy_m:.0f} m" if row.accuracy_m else ""
        found.append((t("Place"), f"{row.lat:.5f}, {row.lon:.5f}{off}"))
    if row.best is not None:
        found.append((t("Photo"), escape(row.best.source)))
    return found


def _deadline(visit: Visit, row: IssueRow) -> str:
    t, mark = visit.t, deadline_mark(visit, row)
    again = t("extended {n}×", n=row.extensions) if row.extensions else ""
    more = f' <span class="tc-muted">{escape(again)}</span>' if again else ""
    return (
        f'<span class="tc-due {mark[0] if mark else ""}">{moment(visit, row.deadline)}</span>{more}'
    )


def _work(visit: Visit, row: IssueRow) -> list[tuple[str, str]]:
    """How the work goes: when it began, what was reported, who watches."""
    t, found = visit.t, []
    if row.assigned_at is not None:
        found.append((t("Assigned"), moment(visit, row.assigned_at)))
    if row.reported_at is not None:
        found.append((t("Reported fixed"), moment(visit, row.reported_at)))
    if row.reworks:
        found.append((t("Reworks"), f"{row.reworks}"))
    if row.on_hold_until is not None:
        found.append((t("On hold until"), moment(visit, row.on_hold_until)))
    if row.supervisor is not None:
        found.append((t("Supervised by"), escape(row.supervisor)))
    return found


def _when(visit: Visit, at: datetime) -> str:
    return f'{moment(visit, at)} <span class="tc-muted">{escape(ago(visit, at))}</span>'


def _link(number: str) -> str:
    return f'<a href="/issues/{escape(number)}">{escape(number)}</a>'


def facts_html(visit: Visit, row: IssueRow) -> str:
    """The whole panel: name in both languages, chips, and a table of facts."""
    other = visit.services.catalogue.label(row.category, "en" if visit.lang == "zh" else "zh")
    table = "".join(
        f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in _entries(visit, row)
    )
    return (
        f"<div>{chips_html(visit, row)}</div><h2>{escape(visit.category(row.category))}</h2>"
        f'<div class="tc-other">{escape(other)} · {_link(row.number)}</div>'
        f"<dl>{table}</dl>"
    )
