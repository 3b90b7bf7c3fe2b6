"""The page of one issue: its pictures, its facts, its history, and what may be done with it."""

from __future__ import annotations

from asyncio import to_thread
from html import escape

from nicegui import ui

from api.console.before_after import show_verifications
from api.console.facts import facts_html, moment
from api.console.history import history_html
from api.console.layout import empty_html, page_frame
from api.console.move_panel import show_moves
from api.console.queue import QueueName
from api.console.same_place import show_same_place
from api.console.shots import picture_url, shots_for, show_shot
from api.console.visit import Visit
from issues.errors import NotFound
from issues.issue import Status
from issues.queries import get_issue
from issues.rows import FrameRef, IssueDetail


def _read(visit: Visit, number: str) -> IssueDetail:
    with visit.services.store.reading() as session:
        services = visit.services
        return get_issue(session, services.catalogue, number, now=services.now())


async def issue_page(visit: Visit, number: str) -> None:
    """Draws the page."""
    t = visit.t
    with page_frame(visit, "/issues", number):
        try:
            detail = await to_thread(_read, visit, number)
        except NotFound:
            text = escape(t("Perhaps the number is misspelt."))
            links = [("/issues", t("All issues"))]
            title = t("There is no issue {number}", number=number[:40])
            with ui.element("section").classes("tc-card"):
                ui.html(empty_html(title, text, links, mark="∅"), sanitize=False)
            return
        with ui.element("div").classes("tc-issue"):
            with ui.element("div").classes("tc-issue-pictures"):
                _show_pictures(visit, detail)
                await show_verifications(visit, detail)
                await show_same_place(visit, detail)
            with ui.element("aside").classes("tc-card tc-side"):
                facts = facts_html(visit, detail.row)
                ui.html(facts, sanitize=False).classes("tc-facts")
                show_moves(visit, detail)
            _show_history(visit, detail)


def _question(detail: IssueDetail) -> QueueName | None:
    if detail.row.after is not None:
        return QueueName.FIXED
    returned = detail.row.status is Status.REOPENED or detail.row.recurrences > 0
    return QueueName.RETURNED if returned else None


def _show_pictures(visit: Visit, detail: IssueDetail) -> None:
    t = visit.t
    shots = shots_for(detail, _question(detail))
    two = " tc-two" if len(shots) > 1 else ""
    with ui.element("div").classes(f"tc-stage{two}"):
        for shot in shots:
            show_shot(visit, detail, shot)
    if len(detail.looks) > 1:
        strip = "".join(_thumb(visit, look) for look in detail.looks)
        with ui.element("section").classes("tc-card tc-section").style("margin-top:14px"):
            ui.html(
                f"<h2>{escape(t('All looks at this place'))}</h2>"
                f'<div class="tc-strip">{strip}</div>',
                sanitize=False,
            )


def _thumb(visit: Visit, look: FrameRef) -> str:
    t = visit.t
    word = t("seen") if look.box is not None else t("seen clear")
    kind = "seen" if look.box is not None else "clear"
    picture = '<span class="tc-noimg"></span>'
    link = ""
    if look.stored:
        url = picture_url(look.sha256)
        picture = f'<img loading="lazy" alt="" src="{picture_url(look.sha256, 320)}">'
        link = f' href="{url}" target="_blank"'
    return f'<a class="{kind}"{link}>{picture}{escape(word)}<br>{moment(visit, look.taken_at)}</a>'


def _show_history(visit: Visit, detail: IssueDetail) -> None:
    with ui.element("section").classes("tc-card tc-section tc-issue-history"):
        ui.html(history_html(visit, detail), sanitize=False)
