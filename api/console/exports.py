"""The page of exports: start one, see how far it is, fetch it; send a filled-in list back."""

from __future__ import annotations

import json
from asyncio import to_thread
from html import escape

from nicegui import ui

from api.console.layout import page_frame
from api.console.visit import Visit
from api.exporting import KINDS, ExportKind
from issues.issue import Status
from issues.labels import labels, status_label
from issues.queries import list_areas
from issues.rows import AreaRow

OPEN_ONES = "open"


def _kind_words(visit: Visit) -> dict[ExportKind, str]:
    t = visit.t
    return {
        "xlsx": t("Rectification list (XLSX, with photos)"),
        "csv": t("Table (CSV)"),
        "geojson": t("Map data (GeoJSON)"),
        "jsonl": t("Issues with their history (JSON lines)"),
        "html": t("Patrol report (HTML)"),
        "archive": t("Archive bundle (zip with photos and history)"),
    }


def _read(visit: Visit) -> tuple[AreaRow, ...]:
    with visit.services.store.reading() as session:
        return list_areas(session)


async def exports_page(visit: Visit) -> None:
    """Draws the page; the browser talks to the API itself, with the visitor's session."""
    t = visit.t
    areas = await to_thread(_read, visit)
    with page_frame(visit, "/exports", t("Exports")):
        ui.html(
            f"<h1>{escape(t('Exports'))}</h1>"
            f"{_form(visit, areas)}"
            '<section class="tc-card tc-results" id="tc-exports" aria-live="polite"></section>'
            f"{_returned(visit) if visit.who.may('review') else ''}",
            sanitize=False,
        )
        ui.add_body_html(
            f'<script type="application/json" id="tc-words">{_words(visit)}</script>'
            '<script src="/assets/exports.js" defer></script>'
        )


def _options(options: list[tuple[str, str]]) -> str:
    return "".join(
        f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in options
    )


def _select(name: str, title: str, options: list[tuple[str, str]]) -> str:
    return (
        f'<select name="{name}" aria-label="{escape(title)}" title="{escape(title)}">'
        f"{_options(options)}</select>"
    )


def _form(visit: Visit, areas: tuple[AreaRow, ...]) -> str:
    t = visit.t
    words = _kind_words(visit)
    units = sorted({row.unit_zh if visit.lang == "zh" else row.unit_en for row in areas} - {""})
    languages = [("zh", "中文"), ("en", "English")]
    languages.sort(key=lambda pair: pair[0] != visit.lang)
    statuses = [("", t("As usual for this kind")), (OPEN_ONES, t("Open ones"))]
    statuses += [(status.value, status_label(status, visit.lang)) for status in Status]
    photos = [("blurred", t("Photos with faces blurred")), ("none", t("No photos"))]
    if visit.who.may("admin"):
        photos.append(("originals", t("Unblurred originals (keep inside)")))
    places = [(row.id, row.name_zh if visit.lang == "zh" else row.name_en) for row in areas]
    return (
        '<form class="tc-filters" id="tc-export-form">'
        + _select("kind", t("What"), [(kind, words[kind]) for kind in KINDS])
        + _select("status", t("Status"), statuses)
        + _select("area", t("Area"), [("", t("Any area")), *places])
        + _select("unit", t("Unit"), [("", t("Any unit")), *((u, u) for u in units)])
        + f'<label>{escape(t("Seen from"))} <input type="date" name="since"></label>'
        f'<label>{escape(t("before"))} <input type="date" name="until"></label>'
        + _select("lang", t("Language"), languages)
        + _select(
            "datum",
            t("Coordinates in"),
            [("wgs84", "WGS-84"), ("gcj02", "GCJ-02"), ("bd09", "BD-09")],
        )
        + _select("photos", t("Photos in the archive"), photos)
        + f"<button>{escape(t('Start the export'))}</button></form>"
    )


def _returned(visit: Visit) -> str:
    t = visit.t
    how = t("What it would change is shown first; nothing is changed before you say so.")
    return (
        f'<h2 style="margin:22px 0 8px">{escape(t("A filled-in list comes back"))}</h2>'
        '<label class="tc-drop" id="tc-drop">'
        f"<strong>{escape(t('Drop the list here, or choose it'))}</strong>"
        f'<span class="tc-muted">{escape(how)}</span>'
        '<input type="file" id="tc-list" accept=".xlsx,.xls,.ods" '
        'style="position:absolute;opacity:0;width:1px;height:1px"></label>'
        '<section class="tc-results" id="tc-returned" aria-live="polite"></section>'
    )


def _words(visit: Visit) -> str:
    t = visit.t
    table = labels()
    words = {
        "lang": visit.lang,
        "open": [s.value for s in Status if s.value not in {"closed", "rejected", "duplicate"}],
        "kinds": _kind_words(visit),
        "queued": t("waiting"),
        "running": t("being made"),
        "failed": t("failed"),
        "fetch": t("Fetch"),
        "issues": t("{n} issues", n="#"),
        "none": t("Nothing was exported in the last seven days."),
        "reading": t("Reading the list …"),
        "apply": t("Apply {n} changes", n="#"),
        "nothing": t("There is nothing to change."),
        "row": t("Row"),
        "number": t("Number"),
        "what": t("What becomes of it"),
        "note": t("Note"),
        "byDate": t("taken as put right, for its date"),
        "missing": t("missing: {name}", name="#"),
        "actions": {code: words[visit.lang] for code, words in table["action"].items()},
    }
    for kind in ("list_outcome", "list_refusal", "list_column"):
        words[kind] = {code: texts[visit.lang] for code, texts in table[kind].items()}
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
