"""The page of pest inspections: rates with their denominators, entering a visit or a table."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from html import escape
from urllib.parse import urlencode

from nicegui import ui

from api.console.layout import page_frame
from api.console.visit import Visit
from issues.exports.pest_tables import level_text, rate_text
from issues.exports.words import Words
from issues.labels import label
from issues.pest.counting import Measured
from issues.pest.inspection import LOOKED_FOR
from issues.pest.report import PestReport, pest_report
from issues.pest.standards import Named, Standards, load_standards
from issues.queries import list_areas
from issues.rows import AreaRow
from issues.store.pest_table import PestFilter


def _day(visit: Visit, text: str | None) -> datetime | None:
    try:
        day = datetime.fromisoformat(text or "").date()
    except ValueError:
        return None
    return datetime.combine(day, time(), visit.services.catalogue.calendar.zone)


def _read(
    visit: Visit, standards: Standards, which: PestFilter
) -> tuple[PestReport, tuple[AreaRow, ...]]:
    with visit.services.store.reading() as session:
        return pest_report(session, standards, which), list_areas(session)


async def pest_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the page."""
    t = visit.t
    standards = load_standards(visit.services.settings.pest_standards)
    area = (query["area"],) if query.get("area") else ()
    which = PestFilter(_day(visit, query.get("since")), _day(visit, query.get("until")), area)
    report, areas = await to_thread(_read, visit, standards, which)
    with page_frame(visit, "/pest", t("Pest density")):
        entry = _entry(visit, standards, areas) if visit.who.may("review") else ""
        ui.html(
            f"<h1>{escape(t('Pest density'))}</h1>{_filters(visit, query, areas)}"
            f"{_report(visit, standards, report, areas)}{_photos(visit, report)}{entry}",
            sanitize=False,
        )
        ui.add_body_html(
            f'<script type="application/json" id="tc-words">{_words(visit)}</script>'
            '<script src="/assets/pest.js" defer></script>'
        )


def _area_names(visit: Visit, areas: Iterable[AreaRow]) -> dict[str, str]:
    return {row.id: row.name_zh if visit.lang == "zh" else row.name_en for row in areas}


def _filters(visit: Visit, query: Mapping[str, str], areas: Iterable[AreaRow]) -> str:
    t = visit.t
    chosen = query.get("area", "")
    options = "".join(
        f'<option value="{escape(key)}"{" selected" if key == chosen else ""}>'
        f"{escape(name)}</option>"
        for key, name in {"": t("Any area"), **_area_names(visit, areas)}.items()
    )
    asked = {}
    for name in ("since", "until"):
        moment = _day(visit, query.get(name))
        if moment is not None:
            asked[name] = moment.isoformat()
    address = urlencode({**asked, **({"area": chosen} if chosen else {}), "lang": visit.lang})
    return (
        '<form class="tc-filters" method="get" action="/pest">'
        f"<label>{escape(t('Inspected from'))} "
        f'<input type="date" name="since" value="{escape(query.get("since", ""))}"></label>'
        f"<label>{escape(t('before'))} "
        f'<input type="date" name="until" value="{escape(query.get("until", ""))}"></label>'
        f'<select name="area" aria-label="{escape(t("Area"))}">{options}</select>'
        f"<button>{escape(t('Show'))}</button> "
        f'<a class="tc-link" href="/api/v1/pest/report.xlsx?{escape(address)}">'
        f"{escape(t('As a spreadsheet'))}</a></form>"
    )


def _report(
    visit: Visit, standards: Standards, report: PestReport, areas: Iterable[AreaRow]
) -> str:
    t = visit.t
    names = _area_names(visit, areas)
    parts = [(t("All inspections ({n})", n=report.inspections), report.total)]
    parts += [(names.get(key, key) or t("no area"), lines) for key, lines in report.by_area.items()]
    parts += [
        (standards.sites[key].label(visit.lang), lines) for key, lines in report.by_site.items()
    ]
    note = t(
        "Rates are counted from inspections only, each with what was inspected. (?): the bound "
        "is from a secondary source and was not read up in the standard."
    )
    tables = "".join(_part(visit, standards, name, lines) for name, lines in parts)
    return f'<p class="tc-muted">{escape(note)}</p>{tables}'


def _part(visit: Visit, standards: Standards, name: str, lines: Iterable[Measured]) -> str:
    t, words = visit.t, Words(visit.lang)
    rows = "".join(
        f"<tr><td>{escape(standards.measures[line.code].label(visit.lang))}</td>"
        f"<td>{escape(rate_text(line, words))}</td><td>{escape(level_text(line, words))}</td>"
        f'<td class="tc-muted">{escape(standards.measures[line.code].source)}</td></tr>'
        for line in lines
    )
    heads = (t("Measure"), t("Rate, with its denominator"), t("Level"), t("Source"))
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    return (
        f'<section class="tc-card tc-results">'
        f'<h2 style="padding:10px 14px 0;margin:0">{escape(name)}</h2>'
        f"<table><thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table></section>"
    )


def _photos(visit: Visit, report: PestReport) -> str:
    t = visit.t
    if not report.photo_candidates:
        return ""
    listed = "；".join(f"{visit.category(code)} {n}" for code, n in report.photo_candidates.items())
    said = t("Found in photos: a numerator only. No photo says how many rooms were inspected, so")
    said += " " + t("these enter no rate and no level.")
    return f'<p class="tc-card" style="padding:14px">{escape(said)}<br>{escape(listed)}</p>'


def _choices(named: Mapping[str, Named], visit: Visit) -> str:
    return "".join(
        f'<option value="{escape(code)}">{escape(one.label(visit.lang))}</option>'
        for code, one in named.items()
    )


def _entry(visit: Visit, standards: Standards, areas: Iterable[AreaRow]) -> str:
    t = visit.t
    places = "".join(
        f'<option value="{escape(key)}">{escape(name)}</option>'
        for key, name in {"": t("no area"), **_area_names(visit, areas)}.items()
    )
    looked = "".join(
        f'<label><input type="checkbox" name="looked_for" value="{name}"> '
        f"{escape(label('looked_for', name, visit.lang))}</label> "
        for name in LOOKED_FOR
    )
    numbers = "".join(
        f"<label>{escape(title)} "
        f'<input type="number" name="{name}" min="1" step="1" style="width:7em"></label> '
        for name, title in (
            ("rooms", t("Rooms (15 m² are one)")),
            ("metres", t("Metres walked")),
            ("facilities", t("Facilities checked")),
        )
    )
    return (
        f'<h2 style="margin:22px 0 8px">{escape(t("Enter an inspection"))}</h2>'
        '<form class="tc-card tc-filters" id="tc-pest-form" style="padding:14px">'
        f"<label>{escape(t('When'))} "
        '<input type="datetime-local" name="inspected_at" required></label>'
        f'<input name="site" required maxlength="200" placeholder="{escape(t("Site"))}">'
        f'<select name="site_kind" aria-label="{escape(t("Kind of site"))}">'
        f"{_choices(standards.sites, visit)}</select>"
        f'<select name="area" aria-label="{escape(t("Area"))}">{places}</select>'
        f'<input name="inspector" maxlength="200" placeholder="{escape(t("Inspector"))}">'
        f"<span>{escape(t('Looked for:'))} {looked}</span>{numbers}"
        f'<div id="tc-findings" style="width:100%"></div>'
        f'<template id="tc-finding"><div><select name="kind">{_choices(standards.kinds, visit)}'
        f'</select> <input name="room" placeholder="{escape(t("Room"))}"> '
        '<input name="amount" type="number" min="1" value="1" style="width:5em"></div></template>'
        f'<button type="button" id="tc-add-finding">{escape(t("Add a finding"))}</button>'
        f'<input name="note" maxlength="2000" placeholder="{escape(t("Remarks"))}">'
        f"<button>{escape(t('Save'))}</button>"
        '<p id="tc-pest-said" aria-live="polite" style="width:100%"></p></form>'
        f'<h2 style="margin:22px 0 8px">{escape(t("Enter a table"))}</h2>'
        '<form class="tc-card tc-filters" id="tc-pest-table" style="padding:14px">'
        '<input type="file" name="file" accept=".csv" required '
        f'aria-label="{escape(t("Enter a table"))}">'
        f'<button value="false">{escape(t("Check"))}</button>'
        f'<button value="true">{escape(t("Enter"))}</button>'
        '<div id="tc-table-said" aria-live="polite" style="width:100%"></div></form>'
    )


def _words(visit: Visit) -> str:
    t = visit.t
    words = {
        "saved": t("Saved."),
        "line": t("line {n}: {why}", n="#", why="##"),
        "table": t(
            "{visits} visits read, {new} entered, {refused} left out",
            visits="#v",
            new="#n",
            refused="#r",
        ),
    }
    return json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
