"""The page of the tracker feed: targets, deliveries, what failed and why; replay."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from nicegui import ui

from api.console.layout import page_frame
from api.console.visit import Visit
from issues.feed.deliveries import STATES, DeliveryRow, list_deliveries
from issues.feed.target import Target
from issues.feed.targets import list_targets
from issues.labels import label
from issues.rows import Page
from issues.store.feed_table import counts_by_state

PAGE = 100
Counts = dict[int, dict[str, int]]


async def feed_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the page; the browser asks the API to replay, with the visitor's session."""
    t = visit.t
    targets, counts, page = await to_thread(_read, visit, query)
    with page_frame(visit, "/feed", t("Feed")):
        ui.html(
            f"<h1>{escape(t('Feed to other systems'))}</h1>"
            f"{_targets(visit, targets, counts)}{_filters(visit, query, targets)}"
            f"{_deliveries(visit, query, page)}"
            '<p id="tc-feed-said" aria-live="polite"></p>',
            sanitize=False,
        )
        words = json.dumps({"done": t("Tried anew."), "failed": t("That failed.")})
        ui.add_body_html(
            f'<script type="application/json" id="tc-words">{words}</script>'
            '<script src="/assets/feed.js" defer></script>'
        )


def _read(
    visit: Visit, query: Mapping[str, str]
) -> tuple[tuple[Target, ...], Counts, Page[DeliveryRow]]:
    target, state = query.get("target", ""), query.get("state", "")
    cursor = query.get("cursor", "")
    with visit.services.store.reading() as session:
        page = list_deliveries(
            session,
            visit.services.now(),
            target_id=int(target) if target.isdecimal() and len(target) < 9 else None,
            states=[state] if state in STATES else (),
            cursor=int(cursor) if cursor.isdecimal() and len(cursor) < 18 else None,
            limit=PAGE,
        )
        return list_targets(session), counts_by_state(session), page


def _targets(visit: Visit, targets: tuple[Target, ...], counts: Counts) -> str:
    t = visit.t
    if not targets:
        how = t("Nobody is told yet. Add a target with: {command}", command="tidycity feed add")
        return f'<p class="tc-muted">{escape(how)}</p>'
    rows = "".join(_target(visit, one, counts.get(one.id, {})) for one in targets)
    heads = (t("Target"), t("Kind"), t("State"), *(_state(visit, state) for state in STATES), "")
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    return (
        f'<section class="tc-card tc-results"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _target(visit: Visit, target: Target, counts: Mapping[str, int]) -> str:
    t = visit.t
    zone = visit.services.catalogue.calendar.zone
    said = t("on") if target.enabled else t("off: {why}", why=target.paused_reason or "")
    if target.enabled and target.held_until and target.held_until > visit.services.now():
        until = f"{target.held_until.astimezone(zone):%m-%d %H:%M:%S}"
        said = t("in trouble, left alone until {when}", when=until)
    cells = "".join(f"<td>{counts.get(state, 0)}</td>" for state in STATES)
    buttons = ""
    if visit.who.may("admin"):
        path = f"/api/v1/feed/targets/{target.id}"
        word = t("Pause") if target.enabled else t("Resume")
        change = escape(json.dumps({"enabled": not target.enabled}))
        buttons = (
            f'<button data-post="{path}/test">{escape(t("Test"))}</button> '
            f'<button data-patch="{path}" data-body="{change}">{escape(word)}</button>'
        )
        if counts.get("dead"):
            buttons += (
                f' <button data-post="{path}/replay">{escape(t("Replay dead ones"))}</button>'
            )
    return (
        f'<tr><td title="{escape(target.url)}">{escape(target.name)}</td>'
        f"<td>{escape(label('feed_kind', target.kind, visit.lang))}</td>"
        f"<td>{escape(said)}</td>{cells}<td>{buttons}</td></tr>"
    )


def _state(visit: Visit, state: str) -> str:
    return label("feed_state", state, visit.lang)


def _filters(visit: Visit, query: Mapping[str, str], targets: tuple[Target, ...]) -> str:
    t = visit.t
    named = [("", t("Any target")), *((str(one.id), one.name) for one in targets)]
    states = [("", t("Any state")), *((state, _state(visit, state)) for state in STATES)]

    def select(name: str, title: str, pairs: list[tuple[str, str]]) -> str:
        options = "".join(
            f'<option value="{escape(value)}"{" selected" if value == query.get(name) else ""}>'
            f"{escape(word)}</option>"
            for value, word in pairs
        )
        return f'<select name="{name}" aria-label="{escape(title)}">{options}</select>'

    return (
        '<form class="tc-filters" method="get" action="/feed" style="margin-top:18px">'
        f"{select('target', t('Target'), named)}{select('state', t('State'), states)}"
        f"<button>{escape(t('Show'))}</button></form>"
    )


def _deliveries(visit: Visit, query: Mapping[str, str], page: Page[DeliveryRow]) -> str:
    t = visit.t
    if not page.items:
        return f'<p class="tc-muted">{escape(t("No deliveries."))}</p>'
    heads = (t("When"), t("Target"), t("Message"), t("Issue"), t("State"), t("Tries"), "", "")
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    rows = "".join(_delivery(visit, row) for row in page.items)
    more = ""
    if page.next_cursor:
        kept = {k: v for k, v in query.items() if k in ("target", "state")}
        address = urlencode({**kept, "cursor": page.next_cursor})
        more = f'<p><a class="tc-link" href="/feed?{address}">{escape(t("Older ones"))}</a></p>'
    return (
        f'<section class="tc-card tc-results"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>{more}"
    )


def _delivery(visit: Visit, row: DeliveryRow) -> str:
    zone = visit.services.catalogue.calendar.zone
    number = row.issue_number or ""
    issue = f'<a href="/issues/{escape(number)}">{escape(number)}</a>' if number else ""
    button = ""
    t = visit.t
    if visit.who.may("admin"):
        word = escape(t("Replay"))
        button = f'<button data-post="/api/v1/feed/deliveries/{row.id}/replay">{word}</button>'
    return (
        f"<tr><td>{row.at.astimezone(zone):%m-%d %H:%M}</td><td>{escape(row.target)}</td>"
        f"<td>{escape(label('feed_type', row.type, visit.lang))}</td><td>{issue}</td>"
        f"<td>{escape(_state(visit, row.state))}</td><td>{row.attempts}</td>"
        f'<td class="tc-muted">{escape(row.last_error or row.reference or "")}</td>'
        f"<td>{button}</td></tr>"
    )
