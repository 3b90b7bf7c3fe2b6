"""The page of one issue: its pictures, its facts, its history, and what may be done with it."""

from __future__ import annotations

from asyncio import to_thread
from functools import partial
from html import escape

from nicegui import ui

from api.console.facts import facts_html, moment
from api.console.layout import empty_html, page_frame
from api.console.queue import QueueName
from api.console.shots import picture_url, shots_for, show_shot
from api.console.visit import Visit
from detect.errors import TidycityError
from issues.errors import NotFound
from issues.issue import Action, RejectReason, Status
from issues.labels import action_label, label, labels, reason_label
from issues.moves import move
from issues.queries import get_issue
from issues.rows import EventRow, FrameRef, IssueDetail

SIMPLE = (Action.CONFIRM, Action.CLOSE, Action.NOT_FIXED, Action.REOPEN, Action.UNDO)
"""Moves that need nothing but a click; rejecting asks for its reason in a menu."""


def _read(visit: Visit, number: str) -> IssueDetail:
    with visit.services.store.reading() as session:
        return get_issue(session, visit.services.catalogue, number)


def _move(visit: Visit, detail: IssueDetail, action: Action, reason: RejectReason | None) -> None:
    with visit.services.store.transaction() as session:
        move(
            session,
            detail.row.number,
            action,
            visit.who.name,
            catalogue=visit.services.catalogue,
            now=visit.services.now(),
            expected_version=detail.row.version,
            reason=reason,
        )


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
            with ui.element("aside").classes("tc-card tc-side"):
                facts = facts_html(visit, detail.row)
                ui.html(facts, sanitize=False).classes("tc-facts")
                _show_actions(visit, detail)
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
    t = visit.t
    lines = "".join(_event(visit, event) for event in reversed(detail.events))
    with ui.element("section").classes("tc-card tc-section tc-issue-history"):
        ui.html(
            f'<h2>{escape(t("History"))}</h2><ul class="tc-history">{lines}</ul>', sanitize=False
        )


def event_text(visit: Visit, event: EventRow) -> str:
    """What happened, in words."""
    kinds = "action" if event.kind in labels()["action"] else "event"
    return label(kinds, event.kind, visit.lang)


def _event(visit: Visit, event: EventRow) -> str:
    t = visit.t
    reason = f" · {label('reject_reason', event.reason, visit.lang)}" if event.reason else ""
    note = f"<br>“{escape(event.note)}”" if event.note else ""
    who = event.actor
    if event.kind not in labels()["action"]:
        who = t("by photos")
    return (
        f"<li><b>{escape(event_text(visit, event))}</b>{escape(reason)}{note}<br>"
        f'<span class="tc-muted tc-small">{moment(visit, event.at)} · {escape(who)}</span></li>'
    )


def _show_actions(visit: Visit, detail: IssueDetail) -> None:
    t = visit.t
    if not visit.who.may("review"):
        return
    with ui.element("div").classes("tc-actions"):
        for action in SIMPLE:
            if action in detail.actions:
                text = action_label(action, visit.lang)
                text = text[:1].upper() + text[1:]
                kind = "quiet wide" if action is Action.UNDO else ""
                ui.button(text, on_click=partial(_do, visit, detail, action), color=None).props(
                    "unelevated no-caps"
                ).classes(f"tc-btn {kind}")
        if Action.REJECT in detail.actions:
            with (
                ui.button(t("Reject") + " …", color=None)
                .props("unelevated no-caps")
                .classes("tc-btn danger"),
                ui.menu(),
            ):
                for reason in RejectReason:
                    ui.menu_item(
                        reason_label(reason, visit.lang),
                        on_click=partial(_do, visit, detail, Action.REJECT, reason),
                    )


async def _do(
    visit: Visit, detail: IssueDetail, action: Action, reason: RejectReason | None = None
) -> None:
    t = visit.t
    try:
        if not await to_thread(visit.may, "review"):
            ui.notify(t("Your key may not decide, or no longer."), type="warning")
            return
        await to_thread(_move, visit, detail, action, reason)
    except TidycityError as error:
        ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
        return
    ui.navigate.reload()
