"""Hot spots and coverage: cells on the map, counts over time, what never stays away."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import escape
from urllib.parse import quote, urlencode

from nicegui import ui

from api.console.layout import page_frame
from api.console.visit import Visit
from issues.coverage import CoverageReport, State, cover
from issues.hot_spots import Trend, trend
from issues.labels import label
from issues.queries import IssueFilter
from issues.recurrence import Chronic, list_chronic

SPANS = (30, 90, 365, 730)


def filter_of(visit: Visit, query: Mapping[str, str]) -> IssueFilter:
    """The filter that the address means."""
    group = query.get("group", "")
    return IssueFilter(group=(group,) if group in visit.services.catalogue.groups else ())


def span_days(query: Mapping[str, str]) -> int:
    """How many days back."""
    days = query.get("days", "")
    return int(days) if days in {str(n) for n in SPANS} else 90


async def hot_spots_page(visit: Visit, query: Mapping[str, str]) -> None:
    """The map with a layer, the chart, and the chronic list or the table of areas."""
    t = visit.t
    layer = "coverage" if query.get("layer") == "coverage" else "issues"
    with page_frame(visit, "/hot-spots", t("Hot spots")):
        ui.add_head_html('<script src="/assets/ground.js" defer></script>')
        ui.html(f"<h1>{escape(t('Hot spots'))}</h1>" + _form(visit, query), sanitize=False)
        leaflet = ui.leaflet(
            center=(30.0, 110.0), zoom=5, options={"attributionControl": False}
        ).classes("tc-ground")
        leaflet.clear_layers()  # NiceGUI's own begins with tiles from a foreign host
        if visit.services.settings.tile_url:
            leaflet.tile_layer(url_template=visit.services.settings.tile_url)
        if layer == "coverage":
            report = await to_thread(_covered, visit, query)
            ui.html(_areas_html(visit, report), sanitize=False)
        else:
            counts, chronic = await to_thread(_counted, visit, query)
            ui.echart(_chart(visit, counts)).style("height:260px;width:100%")
            ui.html(_chronic_html(visit, chronic), sanitize=False)
        options = json.dumps(_options(visit, query, layer))
        await ui.context.client.connected()
        await leaflet.initialized()
        ui.run_javascript(f"tcCells(getElement({leaflet.id}).map, {options})")


def _since(visit: Visit, query: Mapping[str, str]) -> tuple[datetime, datetime]:
    now = visit.services.now().astimezone(visit.services.catalogue.calendar.zone)
    return now - timedelta(days=span_days(query)), now


def _covered(visit: Visit, query: Mapping[str, str]) -> CoverageReport:
    with visit.services.store.reading() as session:
        return cover(session, *_since(visit, query))


def _counted(visit: Visit, query: Mapping[str, str]) -> tuple[Trend, tuple[Chronic, ...]]:
    services, which = visit.services, filter_of(visit, query)
    with services.store.reading() as session:
        step = "week" if span_days(query) <= 90 else "month"
        counts = trend(session, which, *_since(visit, query), step)  # type: ignore[arg-type]
        return counts, list_chronic(session, services.catalogue, which)


def _options(visit: Visit, query: Mapping[str, str], layer: str) -> dict[str, object]:
    t = visit.t
    since, until = _since(visit, query)
    span = f"from={quote(since.isoformat())}&to={quote(until.isoformat())}"
    groups = "".join(f"&group={quote(group)}" for group in filter_of(visit, query).group)
    url = f"/api/v1/coverage.geojson?{span}"
    if layer == "issues":
        url = f"/api/v1/recurrence/hot-spots.geojson?{span}{groups}"
    states = {state.value: label("coverage_state", state.value, visit.lang) for state in State}
    words = {
        "photos": t("photos"),
        "issues": t("issues"),
        "returned": t("came back"),
        "open": t("open"),
    }
    return {"url": url, "words": states | words}


def _form(visit: Visit, query: Mapping[str, str]) -> str:
    t = visit.t
    groups = visit.services.catalogue.groups
    chosen = filter_of(visit, query).group
    days = span_days(query)

    def options(pairs: list[tuple[str, str]], current: str) -> str:
        return "".join(
            f'<option value="{escape(v)}"{" selected" if v == current else ""}>{escape(w)}</option>'
            for v, w in pairs
        )

    layers = [("issues", t("where problems begin")), ("coverage", t("what was looked at"))]
    spans = [(str(n), t("last {n} days", n=n)) for n in SPANS]
    named = [("", t("All groups")), *((code, visit.category(code)) for code in groups)]
    return (
        '<form class="tc-filters" method="get" action="/hot-spots">'
        f'<select name="layer" aria-label="{escape(t("Layer"))}">'
        f"{options(layers, query.get('layer', 'issues'))}</select>"
        f'<select name="days" aria-label="{escape(t("Period"))}">'
        f"{options(spans, str(days))}</select>"
        f'<select name="group" aria-label="{escape(t("Group"))}">'
        f"{options(named, chosen[0] if chosen else '')}</select>"
        f"<button>{escape(t('Show'))}</button></form>"
    )


def _chart(visit: Visit, counts: Trend) -> dict[str, object]:
    t = visit.t
    names = [f"{bucket.start:%Y-%m-%d}" for bucket in counts.buckets]
    if counts.step == "month":
        names = [name[:7] for name in names]
    stayed = [bucket.found - bucket.returned for bucket in counts.buckets]
    back = [bucket.returned for bucket in counts.buckets]
    bar = {"type": "bar", "stack": "all", "animation": False}
    return {
        "grid": {"left": 40, "right": 10, "top": 36, "bottom": 30},
        "legend": {"top": 0},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": names},
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            bar | {"name": t("did not come back"), "data": stayed, "color": "#2a6fc4"},
            bar | {"name": t("came back"), "data": back, "color": "#c23a2b"},
        ],
    }


def _chronic_html(visit: Visit, chronic: tuple[Chronic, ...]) -> str:
    t = visit.t
    title = f"<h2>{escape(t('Three times or more'))}</h2>"
    if not chronic:
        return title + f'<p class="tc-muted">{escape(t("Nothing came back so often."))}</p>'
    rows = "".join(
        f'<tr><td><a href="/issues/{escape(one.row.number)}">{escape(one.row.number)}</a></td>'
        f"<td>{escape(visit.category(one.row.category))}</td>"
        f"<td>{escape(_area(visit, one))}</td><td><b>{one.times}</b></td></tr>"
        for one in chronic
    )
    heads = (t("Issue"), t("Category"), t("Area"), t("Times"))
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    return f'{title}<table class="tc-table"><tr>{head}</tr>{rows}</table>'


def _area(visit: Visit, one: Chronic) -> str:
    area = one.row.area
    if area is None:
        return "–"
    return area.name_zh if visit.lang == "zh" else area.name_en


def _areas_html(visit: Visit, report: CoverageReport) -> str:
    t = visit.t
    heads = (t("Area"), t("Ground seen"), t("Photos"), t("Last looked at"), t("Open, not seen"))
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    zone = visit.services.catalogue.calendar.zone
    rows = ""
    for one in sorted(report.areas, key=lambda area: (area.share, area.area.id)):
        name = one.area.name_zh if visit.lang == "zh" else one.area.name_en
        last = f"{one.last_at.astimezone(zone):%Y-%m-%d}" if one.last_at else t("never")
        link = "/rounds?" + urlencode({"area": one.area.id, "days": "30"})
        rows += (
            f"<tr><td>{escape(name)}</td><td>{one.share:.0%} ({one.cells_seen}/{one.cells})</td>"
            f"<td>{one.looks}</td><td>{escape(last)}</td>"
            f'<td><a href="{escape(link)}">{one.unseen_issues} / {one.open_issues}</a></td></tr>'
        )
    note = escape(t("Ground without a photo is not observed: that is not clean."))
    return f'<p class="tc-muted">{note}</p><table class="tc-table"><tr>{head}</tr>{rows}</table>'
