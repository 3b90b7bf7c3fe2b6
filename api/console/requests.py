"""Citizens' requests: the list, and one request with what can be decided on it."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from nicegui import ui

from api.console.facts import ago, moment
from api.console.layout import empty_html, page_frame
from api.console.shots import picture_url
from api.console.visit import Visit
from api.open311.reporting import settle_requests
from issues.errors import NotFound
from issues.labels import label, status_label
from issues.place import distance_m, window
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow, Page
from issues.service_requests import (
    RequestRow,
    RequestState,
    Update,
    get_request,
    list_requests,
    list_updates,
)

PAGE = 50
NEAR_M = 200.0
MOST_NEAR = 8


async def requests_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the list; those that wait for a person come first to the reader's eye."""
    t = visit.t
    state = query.get("state", RequestState.TO_REVIEW)
    page = await to_thread(_list, visit, state, query.get("cursor"))
    name = t("Citizens' requests")
    with page_frame(visit, "/requests", name):
        ui.html(
            f"<h1>{escape(name)}</h1>{_states(visit, state)}"
            f"{_rows(visit, page) or _nothing(visit)}",
            sanitize=False,
        )
        if page.next_cursor:
            more = urlencode({"state": state, "cursor": page.next_cursor})
            link = (
                f'<a class="tc-link" href="/requests?{escape(more)}">{escape(t("Next page"))}</a>'
            )
            ui.html(link, sanitize=False).classes("tc-more")


def _list(visit: Visit, state: str, cursor: str | None) -> Page[RequestRow]:
    services = visit.services
    settle_requests(services.store, services.jobs.spool, services.now)
    states = [RequestState(state)] if state in set(RequestState) else []
    with services.store.reading() as session:
        return list_requests(session, states=states, cursor=cursor, limit=PAGE)


def _states(visit: Visit, chosen: str) -> str:
    t = visit.t
    named = [
        *((state.value, label("request_state", state, visit.lang)) for state in RequestState),
        ("all", t("All")),
    ]
    links = "".join(
        f'<a href="/requests?state={value}"{" aria-current=page" if value == chosen else ""}>'
        f"{escape(word)}</a>"
        for value, word in named
    )
    return f'<nav class="tc-tabs" aria-label="{escape(t("State"))}">{links}</nav>'


def _nothing(visit: Visit) -> str:
    t = visit.t
    text = escape(t("Reports that citizens send by Open311 come here."))
    return f'<section class="tc-card">{empty_html(t("No requests"), text, [])}</section>'


def _rows(visit: Visit, page: Page[RequestRow]) -> str:
    lines = "".join(_row(visit, row) for row in page.items)
    return f'<section class="tc-card tc-rows">{lines}</section>' if lines else ""


def _row(visit: Visit, row: RequestRow) -> str:
    state = _state(visit, row)
    numbers = " ".join(number for number, _, _ in row.issues)
    return (
        f'<a class="tc-row" href="/requests/{escape(row.id)}">{_picture(row, 320)}'
        f"<span><b>{escape(_category(visit, row))}</b><br>"
        f'<span class="tc-muted tc-small">{escape(row.id)}</span></span>'
        f"<span>{escape(row.description[:120])}<br>"
        f'<span class="tc-muted tc-small">{escape(row.address or "")}</span></span>'
        f'<span><span class="tc-chip">{escape(state)}</span> {escape(numbers)}</span>'
        f'<span class="tc-small">{escape(ago(visit, row.requested_at))}</span></a>'
    )


def _state(visit: Visit, row: RequestRow) -> str:
    return label("request_state", row.state, visit.lang)


def _category(visit: Visit, row: RequestRow) -> str:
    known = row.service_code in visit.services.catalogue.categories
    return visit.category(row.service_code) if known else row.service_code


def _picture(row: RequestRow, width_px: int) -> str:
    if row.photo_sha256 is None or not row.issues:  # kept only where something was found
        return '<span class="tc-noimg"></span>'
    return f'<img loading="lazy" alt="" src="{picture_url(row.photo_sha256, width_px)}">'


# one request ------------------------------------------------------------------------------


async def request_page(visit: Visit, request: str) -> None:
    """Draws one request; the browser asks the API to decide, with the visitor's session."""
    t = visit.t
    found = await to_thread(_read, visit, request)
    name = t("Citizens' requests")
    with page_frame(visit, "/requests", name):
        if found is None:
            links = [("/requests", name)]
            with ui.element("section").classes("tc-card"):
                ui.html(empty_html(t("No such request"), "", links, mark="∅"), sanitize=False)
            return
        row, updates, near = found
        ui.html(
            f'<p><a href="/requests">← {escape(name)}</a></p>'
            f"<h1>{escape(_category(visit, row))} "
            f'<span class="tc-chip">{escape(_state(visit, row))}</span>'
            f"</h1>{_facts(visit, row, updates)}{_decide(visit, row, near)}",
            sanitize=False,
        )
        words = {"done": t("Saved."), "failed": t("Not saved: {why}", why="#")}
        ui.add_body_html(
            f'<script type="application/json" id="tc-words">{json.dumps(words)}</script>'
            '<script src="/assets/requests.js" defer></script>'
        )


def _read(
    visit: Visit, request: str
) -> tuple[RequestRow, list[Update], list[tuple[float, IssueRow]]] | None:
    services = visit.services
    settle_requests(services.store, services.jobs.spool, services.now)
    with services.store.reading() as session:
        try:
            row = get_request(session, request)
        except NotFound:
            return None
        updates = list_updates(session, request=request)
        if row.lat is None or row.lon is None:
            return row, updates, []
        box = window(row.lat, row.lon, NEAR_M)
        which = IssueFilter(
            bbox=(max(box.west, -180), max(box.south, -90), min(box.east, 180), min(box.north, 90))
        )
        rows = list_issues(session, services.catalogue, which, limit=100).items
    near = [
        (distance_m(row.lat, row.lon, one.lat, one.lon), one)
        for one in rows
        if one.lat is not None and one.lon is not None and one.duplicate_of is None
    ]
    linked = {number for number, _, _ in row.issues}
    near = [(away_m, one) for away_m, one in near if one.number not in linked]
    return row, updates, sorted(near, key=lambda pair: pair[0])[:MOST_NEAR]


def _facts(visit: Visit, row: RequestRow, updates: list[Update]) -> str:
    t = visit.t
    contact = " · ".join(str(value) for value in row.contact.values() if value)
    lines = [
        (t("Reported"), f"{moment(visit, row.requested_at)} · {row.created_by}"),
        (t("What was said"), row.description),
        (t("Address"), row.address or ""),
        (t("Place"), f"{row.lat:.5f}, {row.lon:.5f}" if row.lat and row.lon else ""),
        (t("Contact"), contact),
        (t("Answer"), row.note or ""),
        *((moment(visit, one.at), f"{one.status} · {one.description}") for one in updates),
    ]
    table = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in lines if value
    )
    issues = " ".join(
        f'<a class="tc-link" href="/issues/{escape(number)}">{escape(number)} · '
        f"{escape(status_label(status, visit.lang))}</a>"
        for number, status, _ in row.issues
    )
    if issues:
        table += f"<dt>{escape(t('Issues'))}</dt><dd>{issues}</dd>"
    return f'<section class="tc-card tc-facts tc-section"><dl>{table}</dl></section>'


def _decide(visit: Visit, row: RequestRow, near: list[tuple[float, IssueRow]]) -> str:
    t = visit.t
    choices = "".join(
        f'<label class="tc-near"><input type="checkbox" name="issue" value="{escape(one.number)}"> '
        f"{escape(visit.category(one.category))} · {escape(one.number)} · {away_m:.0f} m · "
        f"{escape(status_label(one.status, visit.lang))}</label>"
        for away_m, one in near
    )
    none = f'<p class="tc-muted">{escape(t("No issue is near."))}</p>'
    reject = ""
    if row.state is not RequestState.LINKED:
        reject = (
            '<form id="tc-reject" class="tc-card tc-section tc-filters">'
            f"<h2>{escape(t('Nothing to be done'))}</h2>"
            f'<input name="reject" required maxlength="500" aria-label="{escape(t("Answer"))}" '
            f'placeholder="{escape(t("Answer to the citizen: why"))}">'
            f"<button>{escape(t('Answer and reject'))}</button></form>"
        )
    return (
        f'<div data-request="{escape(row.id)}" id="tc-request">'
        '<form id="tc-link" class="tc-card tc-section">'
        f"<h2>{escape(t('It is about this issue'))}</h2>{choices or none}"
        '<div class="tc-filters" style="margin-top:8px">'
        f'<input name="number" maxlength="40" placeholder="TC-2026-000001" '
        f'aria-label="{escape(t("Number of an issue"))}">'
        f"<button>{escape(t('Link'))}</button></div></form>{reject}"
        '<p id="tc-said" role="status"></p></div>'
    )
