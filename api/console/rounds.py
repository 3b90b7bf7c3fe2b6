"""Return visits: where to go next and why, on a map and as a list for the phone."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Mapping
from html import escape

from nicegui import ui

from api.console.facts import ago, area_text, chips_html, unit_text
from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from issues.errors import IssueError
from issues.labels import label
from issues.queries import IssueFilter, list_areas
from issues.risk import load_risk
from issues.round_files import geo_link, map_link, reason_text
from issues.rounds import Finding, Round, RoundList, Stop, mark_visited, plan_round
from issues.rows import AreaRow


def round_of(query: Mapping[str, str]) -> Round:
    """The round that the address means; what it doesn't understand it leaves out."""
    area, days = query.get("area", ""), query.get("days", "")
    return Round(
        which=IssueFilter(area=(area,) if area else ()),
        unseen_days=float(days) if days.isdigit() and int(days) <= 3650 else None,
        reported_unseen=query.get("reported") == "1",
        stops=30,
        walk=query.get("order") == "walk",
    )


async def rounds_page(visit: Visit, query: Mapping[str, str]) -> None:
    """The page; marks are made on the spot, and the list is as fresh as the page."""
    t = visit.t
    asked = round_of(query)
    plan, areas = await to_thread(_read, visit, asked)
    with page_frame(visit, "/rounds", t("Return visits")):
        ui.add_head_html('<script src="/assets/ground.js" defer></script>')
        more = f'<a class="tc-link" href="/hot-spots">{escape(t("Hot spots"))}</a>'
        ui.html(f"<h1>{escape(t('Return visits'))}</h1><p>{more}</p>", sanitize=False)
        ui.html(_form(visit, query, areas), sanitize=False)
        if not plan.stops:
            text = escape(t("Confirmed issues that are still open stand here."))
            ui.html(
                empty_html(t("Nothing to look at again"), text, [("/issues", t("Issues"))]),
                sanitize=False,
            )
            return
        ui.html(_head(visit, plan, query), sanitize=False)
        leaflet = ui.leaflet(
            center=(plan.stops[0].lat, plan.stops[0].lon),
            zoom=15,
            options={"attributionControl": False},
        ).classes("tc-ground")
        leaflet.clear_layers()  # NiceGUI's own begins with tiles from a foreign host
        if visit.services.settings.tile_url:
            leaflet.tile_layer(url_template=visit.services.settings.tile_url)
        may = visit.may("review")
        for n, stop in enumerate(plan.stops, start=1):
            _show(visit, n, stop, may=may)
        points = [[stop.lat, stop.lon] for stop in plan.stops]
        options = json.dumps({"stops": points, "walk": asked.walk, "lang": visit.lang})
        await ui.context.client.connected()
        await leaflet.initialized()
        ui.run_javascript(f"tcRound(getElement({leaflet.id}).map, {options})")


def _read(visit: Visit, asked: Round) -> tuple[RoundList, tuple[AreaRow, ...]]:
    services = visit.services
    table = load_risk(services.settings.risk)
    with services.store.reading() as session:
        plan = plan_round(session, services.catalogue, table, asked, now=services.now())
        return plan, list_areas(session)


def _head(visit: Visit, plan: RoundList, query: Mapping[str, str]) -> str:
    t = visit.t
    told = t(
        "{n} of {due} due; {km} km in straight lines",
        n=len(plan.stops),
        due=plan.due,
        km=round(plan.length_m / 1000, 1),
    )
    asked = round_of(query)
    parts = [f"lang={visit.lang}", f"order={'walk' if asked.walk else 'risk'}"]
    parts += [f"area={escape(code)}" for code in asked.which.area]
    parts += [f"unseen_days={asked.unseen_days:g}"] if asked.unseen_days is not None else []
    parts += ["reported_unseen=true"] if asked.reported_unseen else []
    files = "".join(
        f' <a href="/api/v1/rounds.{kind}?{"&amp;".join(parts)}" download>{kind.upper()}</a>'
        for kind in ("gpx", "csv")
    )
    left = ""
    if plan.unplaced:
        left = " · " + escape(t("{n} without a place", n=plan.unplaced))
    return f'<p class="tc-muted">{escape(told)}{left}{files}</p>'


def _form(visit: Visit, query: Mapping[str, str], areas: tuple[AreaRow, ...]) -> str:
    t = visit.t

    def choice(name: str, options: list[tuple[str, str]], word: str) -> str:
        chosen = query.get(name, "")
        lines = "".join(
            f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
            f"{escape(text)}</option>"
            for value, text in options
        )
        return f'<select name="{name}" aria-label="{escape(word)}">{lines}</select>'

    named = [(a.id, a.name_zh if visit.lang == "zh" else a.name_en) for a in areas]
    days = [(str(n), t("not seen for {n} days", n=n)) for n in (3, 7, 14, 30)]
    return (
        '<form class="tc-filters" method="get" action="/rounds">'
        + choice("area", [("", t("All areas")), *named], t("Area"))
        + choice("days", [("", t("seen whenever")), *days], t("Last seen"))
        + choice(
            "reported",
            [("", t("all that is due")), ("1", t("reported as fixed, not looked at"))],
            t("Which"),
        )
        + choice("order", [("", t("by risk")), ("walk", t("as a short walk"))], t("Order"))
        + f"<button>{escape(t('Show'))}</button></form>"
    )


def _show(visit: Visit, n: int, stop: Stop, *, may: bool) -> None:
    card = ui.element("article").classes("tc-card tc-stop")
    card.props(f'data-number="{stop.row.number}"')
    with card:
        ui.html(_stop_html(visit, n, stop), sanitize=False)
        if not may:
            return
        with ui.element("div").classes("tc-links"):
            for finding in Finding:
                word = label("visit_finding", finding.value, visit.lang)
                button = ui.button(word).props("flat dense no-caps")
                button.on_click(lambda _=None, f=finding: _mark(visit, stop, f, card))


async def _mark(visit: Visit, stop: Stop, finding: Finding, card: ui.element) -> None:
    t = visit.t
    if not visit.may("review"):
        ui.notify(t("You may look, not decide"))
        return

    def make() -> None:
        with visit.services.store.transaction() as session:
            now = visit.services.now()
            mark_visited(session, stop.row.number, visit.who.name, now=now, finding=finding)

    try:
        await to_thread(make)
    except IssueError as error:
        ui.notify(f"{error.message} {error.mend}")
        return
    card.set_visibility(False)
    ui.notify(t("{number}: marked as looked at", number=stop.row.number))


def _stop_html(visit: Visit, n: int, stop: Stop) -> str:
    t, row, settings = visit.t, stop.row, visit.services.settings
    link = map_link(stop, settings.map_link, settings.map_link_datum)
    why = " ".join(
        f'<span class="tc-chip mark">{escape(reason_text(reason, visit.lang))}</span>'
        for reason in stop.reasons
    )
    way = t("{m} m on", m=round(stop.leg_m)) if stop.leg_m else ""
    seen = t("last photo {ago}", ago=ago(visit, stop.last_look))
    links = f'<a class="primary" href="{escape(link)}">{escape(t("Open in map"))}</a>'
    if link != geo_link(stop):
        links += f' <a href="{geo_link(stop)}">geo:</a>'
    return (
        f"<h2>{n} · {escape(visit.category(row.category))} "
        f'<a href="/issues/{escape(row.number)}">{escape(row.number)}</a></h2>'
        f"<p>{chips_html(visit, row)} <b>{stop.points}</b> {why}</p>"
        f'<p class="tc-muted">{escape(area_text(visit, row))} · {escape(unit_text(visit, row))} · '
        f"{escape(seen)} {escape(way)}</p>"
        f'<div class="tc-links">{links}</div>'
    )
