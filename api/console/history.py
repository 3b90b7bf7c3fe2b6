"""The history of an issue, readable: who did what, when, why, and on which photo."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from html import escape

from api.console.facts import moment
from api.console.visit import Visit
from issues.issue import Status
from issues.labels import label, labels, status_label
from issues.rows import EventRow, IssueDetail


def history_html(visit: Visit, detail: IssueDetail) -> str:
    """All lines, newest first."""
    t = visit.t
    taken = {look.sha256: look.taken_at for look in detail.looks}
    lines = "".join(_line(visit, event, taken) for event in reversed(detail.events))
    return f'<h2>{escape(t("History"))}</h2><ul class="tc-history">{lines}</ul>'


def event_text(visit: Visit, event: EventRow) -> str:
    """What happened, in words."""
    return label("action" if _by_person(event) else "event", event.kind, visit.lang)


def _by_person(event: EventRow) -> bool:
    return event.kind in labels()["action"]


def _line(visit: Visit, event: EventRow, taken: Mapping[str, datetime]) -> str:
    t = visit.t
    said = [event_text(visit, event)]
    if event.reason:
        said.append(label(f"{event.kind}_reason", event.reason, visit.lang))
    what = " · ".join(escape(part) for part in said[1:])
    carried = "".join(f"<br>{escape(part)}" for part in _carried(visit, event))
    note = f"<br>“{escape(event.note)}”" if event.note else ""
    who = event.actor if _by_person(event) or event.actor != "system" else t("by photos")
    if event.kind == "resumed":
        who = t("by the calendar")
    return (
        f'<li class="{escape(event.kind)}"><b>{escape(said[0])}</b>'
        f"{_went(visit, event)}{' · ' + what if what else ''}{carried}{note}<br>"
        f'<span class="tc-muted tc-small">{_when(visit, event, taken)} · {escape(who)}</span></li>'
    )


def _went(visit: Visit, event: EventRow) -> str:
    """From which status to which, where it changed."""
    if event.from_status is None or event.to_status in (None, event.from_status):
        return ""
    from_word = status_label(event.from_status, visit.lang)
    to_word = status_label(event.to_status or Status.CANDIDATE, visit.lang)
    return f' <span class="tc-muted">{escape(from_word)} → {escape(to_word)}</span>'


def _when(visit: Visit, event: EventRow, taken: Mapping[str, datetime]) -> str:
    """When it was recorded, and when the photo was taken that it rests on."""
    t = visit.t
    photo_at = taken.get(event.evidence_sha256 or "")
    if photo_at is None:
        return moment(visit, event.at)
    photo = t("photo of {time}", time=moment(visit, photo_at))
    return f"{moment(visit, event.at)} · {escape(photo)}"


def _carried(visit: Visit, event: EventRow) -> list[str]:
    """Unit, deadline, dates and names that the move carried."""
    t, data = visit.t, event.data
    unit = data.get("unit_zh") if visit.lang == "zh" else data.get("unit_en")
    found = []
    if unit:
        found.append(t("Unit: {name}", name=unit))
    if data.get("until"):
        found.append(t("On hold until {time}", time=_moment(visit, data["until"])))
    if data.get("deadline"):
        found.append(t("Deadline: {time}", time=_moment(visit, data["deadline"])))
    if data.get("supervisor"):
        found.append(t("Supervised by {name}", name=data["supervisor"]))
    if data.get("action"):
        found.append(label("action", str(data["action"]), visit.lang))
    if data.get("verdict"):
        found.append(label("verdict", str(data["verdict"]), visit.lang))
    if data.get("category"):
        found.append(visit.category(str(data["category"])))
    return found


def _moment(visit: Visit, text: str) -> str:
    return moment(visit, datetime.fromisoformat(text))
