"""The page of areas: who answers where, what nobody answers for, and importing another map."""

from __future__ import annotations

import json
from asyncio import to_thread
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from nicegui import events, ui

from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from detect.datum import DATUMS, Datum
from detect.errors import TidycityError
from issues.area_check import checked
from issues.area_file import AreaFile, parse_areas
from issues.area_problems import AreaProblem
from issues.area_queues import AreaQueue, Disputed, area_queues
from issues.areas import (
    Area,
    AreaImport,
    AreaMap,
    area_version,
    load_areas,
    plan_import,
    put_areas,
    require_datum,
)
from issues.labels import label

LARGEST_FILE_BYTES = 30_000_000
MOST_MARKS = 300
COLOURS = {"left_out": "#c23a2b", "mended": "#d98312", "told": "#2a6fc4"}


@dataclass(frozen=True)
class _Known:
    """What the page shows: read in one go."""

    areas: AreaMap
    version: int
    queues: tuple[AreaQueue, ...]
    disputed: tuple[Disputed, ...]


def _read(visit: Visit) -> _Known:
    with visit.services.store.reading() as session:
        areas = load_areas(session)
        queues, told = area_queues(session, areas, visit.services.catalogue)
        return _Known(areas, area_version(session), queues, told)


async def areas_page(visit: Visit) -> None:
    """Draws the page."""
    t = visit.t
    known = await to_thread(_read, visit)
    with page_frame(visit, "/areas", t("Responsibility areas")):
        count = f'<span class="tc-muted">{len(known.areas.areas)}</span>'
        ui.html(f"<h1>{escape(t('Responsibility areas'))} {count}</h1>", sanitize=False)
        ui.html(_queues_html(visit, known), sanitize=False).classes("tc-tabs")
        leaflet = _map(visit) if known.areas.areas else None
        with ui.element("section").classes("tc-card tc-section"):
            ui.html(_list_html(visit, known.areas.areas), sanitize=False)
        if known.disputed:
            with ui.element("section").classes("tc-card tc-section").style("margin-top:14px"):
                ui.html(_disputed_html(visit, known.disputed), sanitize=False)
        if visit.who.may("admin"):
            with ui.element("section").classes("tc-card tc-section").style("margin-top:14px"):
                _Importer(visit, known.version).build()
        if leaflet is not None:
            await ui.context.client.connected()
            await leaflet.initialized()
            _draw(leaflet, known.areas.areas)


def _map(visit: Visit) -> ui.leaflet:
    leaflet = ui.leaflet(center=(30.0, 110.0), zoom=5, options={"attributionControl": False}).style(
        "height:380px;width:100%;margin-bottom:14px;border-radius:10px"
    )
    leaflet.clear_layers()  # NiceGUI's own begins with tiles from a foreign host
    if visit.services.settings.tile_url:
        leaflet.tile_layer(url_template=visit.services.settings.tile_url, options={"maxZoom": 20})
    return leaflet


def _draw(leaflet: ui.leaflet, areas: Any, problems: tuple[AreaProblem, ...] = ()) -> None:
    """Polygons, coarse ones below, and a mark for each problem that has a place."""
    for area in sorted(areas, key=lambda area: area.depth):
        style = {"color": "#5d7a6c", "weight": 3 - area.depth * 0.6, "fillOpacity": 0.06}
        shape = json.loads(area.polygon.geojson())
        leaflet.generic_layer(name="geoJSON", args=[shape, {"style": style}])
    for problem in [p for p in problems if p.at is not None][:MOST_MARKS]:
        colour = COLOURS[problem.outcome]
        mark = {"radius": 7, "color": colour, "fillColor": colour, "fillOpacity": 0.8}
        leaflet.generic_layer(name="circleMarker", args=[list(problem.at or ()), mark])
    bounds = [area.polygon.bounds for area in areas]
    if bounds:
        south_west = [min(b[1] for b in bounds), min(b[0] for b in bounds)]
        north_east = [max(b[3] for b in bounds), max(b[2] for b in bounds)]
        leaflet.run_map_method("fitBounds", [south_west, north_east])


def _queues_html(visit: Visit, known: _Known) -> str:
    t = visit.t
    links = {
        "no_area": "/issues?status=open&area=none",
        "unplaced": "/issues?status=open&place=none",
        "disputed": "#disputed",
    }
    found = []
    for queue in known.queues:
        word = label("desk", queue.name, visit.lang)
        desk = queue.desk.zh if visit.lang == "zh" else queue.desk.en
        title = escape(t("Who should look: {desk}", desk=desk))
        found.append(
            f'<a href="{links[queue.name]}" title="{title}">{escape(word)} <b>{queue.issues}</b>'
            f'<span class="tc-muted tc-small">{escape(desk)}</span></a>'
        )
    return "".join(found)


def _list_html(visit: Visit, areas: Any) -> str:
    t = visit.t
    if not areas:
        text = escape(t("Import a GeoJSON file below, or run:")) + (
            " <code>tidycity areas import FILE</code>"
        )
        return empty_html(t("No areas yet"), text, [("/map", t("Open the map"))], mark="◎")
    heads = (t("Level"), t("Number"), t("Name"), t("Unit"), t("Leader"), t("Phone"), "km²")
    head = "".join(f"<th style='text-align:left'>{escape(word)}</th>" for word in heads)
    rows = "".join(_area_html(visit, area) for area in areas)
    return (
        "<div style='overflow-x:auto;max-height:420px'><table style='width:100%;font-size:14px'>"
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _area_html(visit: Visit, area: Area) -> str:
    row, zh = area.row, visit.lang == "zh"
    cells = (
        label("level", row.level, visit.lang),
        row.id,
        row.name_zh if zh else row.name_en,
        (row.unit_zh if zh else row.unit_en) or "–",
        row.leader,
        row.phone,
        f"{area.polygon.square_m / 1e6:,.2f}",
    )
    link = f'<a href="/issues?area={quote(row.id)}">{escape(row.id)}</a>'
    told = [link if n == 1 else escape(cell) for n, cell in enumerate(cells)]
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in told) + "</tr>"


def _disputed_html(visit: Visit, told: tuple[Disputed, ...]) -> str:
    t = visit.t
    rows = "".join(
        f'<li><a class="tc-link" href="/issues/{escape(one.number)}">{escape(one.number)}</a> '
        f"{escape(visit.category(one.category))} · {escape(' / '.join(one.areas))}</li>"
        for one in told
    )
    title = escape(t("Claimed by two areas: the first one has it"))
    return f'<h2 id="disputed">{title}</h2><ul>{rows}</ul>'


class _Importer:
    """A file, its datum, what would happen, and the button that makes it so."""

    def __init__(self, visit: Visit, version: int) -> None:
        self._visit = visit
        self._version = version
        self._table: object = None
        self._name = ""

    def build(self) -> None:
        """Draws the form."""
        t = self._visit.t
        ui.html(f"<h2>{escape(t('Import another map'))}</h2>", sanitize=False)
        choices = {
            "": t("Datum: as the file says"),
            "wgs84": t("WGS-84: GPS, GIS, Tianditu"),
            "gcj02": t("GCJ-02: Amap, Tencent"),
            "bd09": t("BD-09: Baidu"),
        }
        with ui.row().classes("items-center"):
            ui.upload(
                label=t("GeoJSON file"),
                on_upload=self._got,
                auto_upload=True,
                max_files=1,
                max_file_size=LARGEST_FILE_BYTES,
            ).props('accept=".json,.geojson" flat bordered color="teal-10"').classes("tc-file")
            self._datum = ui.select(choices, value="", on_change=self._preview).props("outlined")
        self._report = ui.column().style("width:100%")

    async def _got(self, event: events.UploadEventArguments) -> None:
        t = self._visit.t
        try:
            self._table = json.loads((await event.file.read()).decode("utf-8-sig"))
        except (ValueError, RecursionError):
            ui.notify(t("That is no GeoJSON file."), type="warning")
            return
        self._name = event.file.name
        await self._preview()

    def _plan(self) -> tuple[AreaFile, AreaImport]:
        chosen: Datum | None = next((d for d in DATUMS if d == self._datum.value), None)
        file = parse_areas(self._table, self._name, chosen)
        require_datum(file, self._name)
        file = checked(file)
        with self._visit.services.store.reading() as session:
            return file, plan_import(session, file)

    async def _preview(self) -> None:
        if self._table is None:
            return
        t = self._visit.t
        self._report.clear()
        try:
            file, planned = await to_thread(self._plan)
        except TidycityError as error:
            said = f"{error} {error.mend}"
            if error.code == "datum_missing":
                said = t("The file doesn't say its datum: choose it above.")
            with self._report:
                ui.label(said)
            return
        with self._report:
            ui.html(_report_html(self._visit, planned), sanitize=False)
            leaflet = _map(self._visit)
            ui.button(
                t("Put these areas in force"), on_click=lambda: self._put(file), color=None
            ).props("unelevated no-caps").classes("tc-btn primary")
        await leaflet.initialized()
        _draw(leaflet, file.areas, file.problems)

    async def _put(self, file: AreaFile) -> None:
        t = self._visit.t
        try:
            if not await to_thread(self._visit.may, "admin"):
                ui.notify(t("Your key may not import areas, or no longer."), type="warning")
                return
            done = await to_thread(self._write, file)
        except TidycityError as error:
            ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
            return
        n, moved = done.areas, done.issues_moved
        ui.notify(t("{n} areas in force, {moved} issues moved", n=n, moved=moved), type="positive")
        ui.navigate.reload()

    def _write(self, file: AreaFile) -> AreaImport:
        with self._visit.services.store.transaction() as session:
            return put_areas(
                session,
                file,
                self._visit.who.name,
                self._visit.services.now(),
                source=self._name,
                expected_version=self._version,
            )


def _report_html(visit: Visit, planned: AreaImport) -> str:
    t = visit.t
    n, moved = planned.areas, planned.issues_moved
    nobody = t("no area")
    moves = "".join(
        f"<li>{escape(move.from_code or nobody)} → {escape(move.to_code or nobody)}: "
        f"{move.issues}</li>"
        for move in planned.moves[:50]
    )
    problems = "".join(
        f'<li><span style="color:{COLOURS[p.outcome]}">●</span> {escape(p.text(visit.lang))}</li>'
        for p in planned.problems[:200]
    )
    told = f"<h2>{escape(t('To look at'))}</h2><ul>{problems}</ul>" if problems else ""
    title = escape(t("{n} areas; {moved} issues would move", n=n, moved=moved))
    return f"<h2>{title}</h2><ul>{moves}</ul>{told}"
