"""A unit's own page: the issues assigned to it, and its answers (整改情况反馈)."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.console.facts import area_text, chips_html, moment
from api.console.sheet import sheet
from api.console.visit import Visit, visit_of
from issues.issue import OPEN, SendBackReason
from issues.labels import reason_label
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow

router = APIRouter(include_in_schema=False)
MOST = 100


@router.get("/tasks", response_model=None)
def tasks_page(request: Request) -> Response:
    """Open issues of the visitor's unit, the next deadline first."""
    visit = visit_of(request)
    if isinstance(visit, Response):
        return visit
    if visit.who.unit is None:
        return RedirectResponse("/issues", 303)
    t = visit.t
    which = IssueFilter(status=tuple(OPEN), assigned_to=visit.who.unit)
    services = visit.services
    with services.store.reading() as session:
        page = list_issues(
            session, services.catalogue, which, sort="deadline", limit=MOST, now=services.now()
        )
    cards = "".join(_card(visit, row) for row in page.items)
    empty = f'<p class="tc-muted">{escape(t("Nothing is assigned to your unit now."))}</p>'
    words = {
        "sending": t("Sending …"),
        "checking": t("The photo is being compared with the one from before …"),
        "done": t("Recorded. The office checks it."),
        "failed": t("Not done: {why}", why="#"),
    }
    title = t("To put right: {unit}", unit=visit.who.unit)
    return sheet(visit, title, cards or empty, script="desk.js", words=words)


def _card(visit: Visit, row: IssueRow) -> str:
    t = visit.t
    number = escape(row.number)
    picture = (
        f'<img src="/api/v1/evidence/{row.best.sha256}.jpg?width=640&boxes=true&issue={number}" '
        f'loading="lazy" alt="{escape(t("Photo of {number}", number=row.number))}">'
        if row.best
        else ""
    )
    facts = [
        (t("Found"), visit.category(row.category)),
        (t("Area"), area_text(visit, row)),
        (t("Deadline"), moment(visit, row.deadline)),
    ]
    if row.lat is not None and row.lon is not None:
        facts.append((t("Place (WGS-84)"), f"{row.lat:.6f}, {row.lon:.6f}"))
    told = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in facts)
    return (
        f'<article class="tc-card tc-task" id="{number}"><div>{picture}</div>'
        f'<div class="tc-facts"><h2>{number}</h2>{chips_html(visit, row)}<dl>{told}</dl>'
        f"{_answer(visit, row)}</div></article>"
    )


def _answer(visit: Visit, row: IssueRow) -> str:
    t = visit.t
    if row.status.value not in {"assigned", "rework", "reopened"}:
        return ""
    reasons = "".join(
        f'<option value="{reason.value}">{escape(reason_label(reason, visit.lang))}</option>'
        for reason in SendBackReason
    )
    return (
        f'<form class="tc-answer" data-issue="{escape(row.number)}">'
        f"<label>{escape(t('Photo after the work'))}"
        '<input type="file" name="photo" accept="image/*" capture="environment"></label>'
        f'<label>{escape(t("Note (optional)"))}<textarea name="note" maxlength="2000" rows="2">'
        "</textarea></label>"
        f"<label>{escape(t('Reason, when you send it back'))}"
        f'<select name="reason">{reasons}</select></label>'
        '<div class="tc-two-buttons">'
        f'<button name="action" value="report_fixed">{escape(t("Report it fixed"))}</button>'
        '<button name="action" value="send_back" class="quiet">'
        f"{escape(t('Send it back'))}</button>"
        '</div><p role="status"></p></form>'
    )
