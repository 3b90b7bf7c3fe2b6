"""The map: areas and issues on plain ground, without any tile server unless one is set."""

from __future__ import annotations

import json
from asyncio import to_thread
from html import escape

from nicegui import ui

from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from issues.issue import Status
from issues.labels import label, status_label
from issues.queries import EVERYTHING, count_issues
from issues.rows import Counts

COLOURS = {
    Status.CANDIDATE: "#2a6fc4",
    Status.CONFIRMED: "#d98312",
    Status.REOPENED: "#c23a2b",
    Status.CLOSED: "#2f9673",
}


def _counts(visit: Visit) -> Counts:
    with visit.services.store.reading() as session:
        return count_issues(session, EVERYTHING, now=visit.services.now())


async def map_page(visit: Visit) -> None:
    """Draws the map; points and borders come from the API, with the visitor's own session."""
    t = visit.t
    counts = await to_thread(_counts, visit)
    with page_frame(visit, "/map", t("Map"), bare=True):
        ui.add_head_html('<script src="/assets/map.js" defer></script>')
        with ui.element("div").classes("tc-mapwrap"):
            leaflet = ui.leaflet(
                center=(30.0, 110.0), zoom=5, options={"attributionControl": False}
            ).classes("tc-map")
            leaflet.clear_layers()  # NiceGUI's own begins with tiles from a foreign host
            if visit.services.settings.tile_url:
                leaflet.tile_layer(
                    url_template=visit.services.settings.tile_url, options={"maxZoom": 20}
                )
            if counts.total == 0:
                _show_nothing(visit)
            else:
                _show_legend(visit)
        options = json.dumps(_options(visit))
        await ui.context.client.connected()
        await leaflet.initialized()
        ui.run_javascript(f"tcMap(getElement({leaflet.id}).map, {options})")


def _options(visit: Visit) -> dict[str, object]:
    t = visit.t
    return {
        "lang": visit.lang,
        "colours": {status.value: colour for status, colour in COLOURS.items()},
        "words": {
            "statuses": {status.value: status_label(status, visit.lang) for status in Status},
            "fixed": label("proposal", "fixed", visit.lang),
            "back": t("came back {n}×", n="#"),
            "open": t("Open"),
        },
    }


def _show_legend(visit: Visit) -> None:
    t = visit.t
    rows = "".join(
        f'<label><input type="checkbox" value="{status}" '
        f"{'' if status is Status.CLOSED else 'checked'}>"
        f'<i style="background:{colour}"></i>{escape(status_label(status, visit.lang))}</label>'
        for status, colour in COLOURS.items()
    )
    fixed = escape(label("proposal", "fixed", visit.lang))
    colour = COLOURS[Status.CONFIRMED]
    rows += (
        '<label><input type="checkbox" disabled style="visibility:hidden">'
        f'<i style="background:{colour};opacity:.45"></i>{fixed}</label>'
    )
    words = escape(t("# without a place"))
    note = f'<div class="tc-muted" id="tc-unplaced" data-text="{words}"></div>'
    link = f'<a class="tc-link" href="/areas">{escape(t("Areas"))}</a>'
    ui.html(rows + note + link, sanitize=False).classes("tc-legend tc-card").props('id="tc-legend"')


def _show_nothing(visit: Visit) -> None:
    t = visit.t
    text = escape(t("Photos with GPS put issues here:")) + " <code>tidycity analyze PATH</code>"
    with ui.element("div").classes("tc-notice tc-card"):
        ui.html(
            empty_html(t("No issues yet"), text, [("/upload", t("Upload photos"))], mark="◎"),
            sanitize=False,
        )
