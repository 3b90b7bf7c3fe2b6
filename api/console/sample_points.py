"""Sample points (样本点): the list, and one point with its mock assessment sheet."""

from __future__ import annotations

import json
from asyncio import to_thread
from html import escape
from typing import get_args
from urllib.parse import quote

from nicegui import ui

from api.console.facts import moment
from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from issues.errors import NotFound
from issues.labels import label
from issues.scoring.sample_points import (
    Assessment,
    Kind,
    Known,
    OnRecord,
    SamplePoint,
    latest_assessment,
    list_sample_points,
    load_checklist,
    on_record,
)


def _name(visit: Visit, point: SamplePoint) -> str:
    names = (point.name_zh, point.name_en)
    return next(filter(None, names if visit.lang == "zh" else names[::-1]), point.code)


def _kind(visit: Visit, kind: str) -> str:
    return label("sample_kind", kind, visit.lang)


def _points(visit: Visit) -> list[tuple[SamplePoint, Assessment | None]]:
    with visit.services.store.reading() as session:
        return [
            (point, latest_assessment(session, point.code)) for point in list_sample_points(session)
        ]


async def sample_points_page(visit: Visit) -> None:
    """Draws the list, and the form for one more."""
    t = visit.t
    found = await to_thread(_points, visit)
    with page_frame(visit, "/sample-points", t("Sample points")):
        ui.html(
            f"<h1>{escape(t('Sample points'))} "
            f'<span class="tc-muted">{len(found)}</span></h1>'
            f"{_table(visit, found)}{_entry(visit) if visit.who.may('review') else ''}",
            sanitize=False,
        )
        _script(visit)


def _script(visit: Visit) -> None:
    t = visit.t
    words = {
        "done": t("Saved."),
        "failed": t("Not saved: {why}", why="#"),
        "sure": t("Take this point off the list? Its sheets are kept."),
    }
    text = json.dumps(words, ensure_ascii=False).replace("<", "\\u003c")
    ui.add_body_html(
        f'<script type="application/json" id="tc-words">{text}</script>'
        '<script src="/assets/sample_points.js" defer></script>'
    )


def _table(visit: Visit, found: list[tuple[SamplePoint, Assessment | None]]) -> str:
    t = visit.t
    if not found:
        text = escape(t("Places that an assessment looks at: enter one, or put a list by the API."))
        return f'<section class="tc-card">{empty_html(t("No sample points"), text, [])}</section>'
    heads = (t("Point"), t("Kind"), t("Place"), t("Last sheet"), "")
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    rows = "".join(_row(visit, point, last) for point, last in found)
    return (
        f'<section class="tc-card tc-results"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _row(visit: Visit, point: SamplePoint, last: Assessment | None) -> str:
    t = visit.t
    score = "–"
    if last is not None:
        score = f"{last.score:g} / {last.out_of:g} · {moment(visit, last.at)}"
    remove = ""
    if visit.who.may("review"):
        word = t("Remove")
        remove = (
            f'<button data-remove="{escape(point.code)}" '
            f'aria-label="{escape(word)} {escape(point.code)}">{escape(word)}</button>'
        )
    return (
        f'<tr><td><a href="/sample-points/{quote(point.code)}">{escape(_name(visit, point))}</a>'
        f'<br><span class="tc-muted tc-small">{escape(point.code)}</span></td>'
        f"<td>{escape(_kind(visit, point.kind))}</td>"
        f"<td>{point.lat:.5f}, {point.lon:.5f} · {point.radius_m:g} m</td>"
        f"<td>{escape(score)}</td><td>{remove}</td></tr>"
    )


def _entry(visit: Visit) -> str:
    t = visit.t
    kinds = "".join(
        f'<option value="{kind}">{escape(_kind(visit, kind))}</option>' for kind in get_args(Kind)
    )

    def field(name: str, title: str, kind: str = "text", more: str = "") -> str:
        return f'<label>{escape(title)} <input name="{name}" type="{kind}" {more}></label>'

    return (
        f'<h2 style="margin:22px 0 8px">{escape(t("Enter a point"))}</h2>'
        '<form class="tc-card tc-filters tc-section" id="tc-point">'
        f"{field('code', t('Code'), more='required maxlength=64')}"
        f"<label>{escape(t('Kind'))} <select name='kind'>{kinds}</select></label>"
        f"{field('name_zh', t('Chinese name'), more='maxlength=200')}"
        f"{field('name_en', t('English name'), more='maxlength=200')}"
        f"{field('lat', t('Latitude (WGS-84)'), 'number', 'required step=any min=-90 max=90')}"
        f"{field('lon', t('Longitude (WGS-84)'), 'number', 'required step=any min=-180 max=180')}"
        f"{field('radius_m', t('Radius, m'), 'number', 'required value=100 min=5 max=2000')}"
        f"<button>{escape(t('Save'))}</button>"
        '<p id="tc-said" role="status" style="width:100%"></p></form>'
    )


# one point --------------------------------------------------------------------------------


async def sample_point_page(visit: Visit, code: str) -> None:
    """Draws one point: what is on record there, and the sheet to fill in."""
    t = visit.t
    found = await to_thread(_read, visit, code)
    with page_frame(visit, "/sample-points", t("Sample points")):
        if found is None:
            links = [("/sample-points", t("Sample points"))]
            with ui.element("section").classes("tc-card"):
                ui.html(empty_html(t("No such point"), "", links, mark="∅"), sanitize=False)
            return
        known, last = found
        ui.html(
            f'<p><a href="/sample-points">← {escape(t("Sample points"))}</a></p>'
            f"<h1>{escape(_name(visit, known.point))} "
            f'<span class="tc-muted">{escape(_kind(visit, known.point.kind))}</span></h1>'
            f"{_about(visit, known, last)}{_sheet(visit, known, last)}",
            sanitize=False,
        )
        _script(visit)


def _read(visit: Visit, code: str) -> tuple[OnRecord, Assessment | None] | None:
    services = visit.services
    checklist = load_checklist(services.settings.checklist)
    with services.store.reading() as session:
        try:
            known = on_record(session, services.catalogue, checklist, code, services.now())
        except NotFound:
            return None
        return known, latest_assessment(session, code)


def _about(visit: Visit, known: OnRecord, last: Assessment | None) -> str:
    t = visit.t
    seen = moment(visit, known.last_look)
    said = t("Last photo there: {when}", when=seen) + " · "
    said += t("{n} photos in {days} days", n=known.photos, days=known.recent_days)
    if last is not None:
        said += " · " + t(
            "last sheet {score} of {out_of}, {who}, {when}",
            score=f"{last.score:g}",
            out_of=f"{last.out_of:g}",
            who=last.actor,
            when=moment(visit, last.at),
        )
    address = f"/api/v1/sample-points/{quote(known.point.code)}/sheet?lang={visit.lang}"
    files = "".join(
        f'<a class="tc-link" href="{address}&amp;format={kind}">{escape(word)}</a> '
        for kind, word in (("html", t("Sheet to print")), ("xlsx", t("As a spreadsheet")))
    )
    return f'<p class="tc-muted">{escape(said)}</p><p>{files}</p>'


def _sheet(visit: Visit, known: OnRecord, last: Assessment | None) -> str:
    t = visit.t
    heads = (t("Clause"), t("What is looked at"), t("On record"), t("Mark"), t("Remarks"))
    head = "".join(f"<th>{escape(word)}</th>" for word in heads)
    marks = last.marks if last is not None else {}
    rows = "".join(_line(visit, line, marks.get(line.item.code, {})) for line in known.lines)
    save = ""
    if visit.who.may("review"):
        save = (
            '<div class="tc-filters tc-section">'
            f'<input name="note" maxlength="2000" aria-label="{escape(t("Remarks"))}" '
            f'placeholder="{escape(t("Remarks"))}"><output id="tc-sum"></output>'
            f"<button>{escape(t('Save the sheet'))}</button>"
            '<p id="tc-said" role="status" style="width:100%"></p></div>'
        )
    return (
        f'<form id="tc-sheet" data-code="{escape(known.point.code)}" '
        'class="tc-card tc-results" style="overflow-x:auto">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{save}</form>"
    )


def _line(visit: Visit, line: Known, mark: dict[str, object]) -> str:
    t, item = visit.t, line.item
    words = item.zh if visit.lang == "zh" else item.en
    numbers = " ".join(f'<a href="/issues/{escape(n)}">{escape(n)}</a>' for n in line.open)
    if not item.categories:
        numbers = f'<span class="tc-muted">{escape(t("by eye"))}</span>'
    given = mark.get("mark")
    value = f"{given:g}" if isinstance(given, int | float) else ""
    name = escape(item.code)
    note = escape(str(mark.get("note") or ""))
    off = "" if visit.who.may("review") else " disabled"
    return (
        f"<tr><td>{escape(item.clause)}</td><td>{escape(words)}</td><td>{numbers or '0'}</td>"
        f'<td style="white-space:nowrap"><input name="mark-{name}" type="number" min="0" '
        f'max="{item.points:g}" step="any" value="{value}" style="width:5em" '
        f'aria-label="{escape(t("Mark"))}: {escape(words)}"{off}> / {item.points:g}</td>'
        f'<td><input name="note-{name}" maxlength="500" value="{note}"'
        f' aria-label="{escape(t("Remarks"))}: {escape(words)}"{off}></td></tr>'
    )
