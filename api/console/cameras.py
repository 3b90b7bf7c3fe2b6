"""The wall of cameras: who needs somebody first, with last pictures, zones and open issues."""

from __future__ import annotations

import json
from asyncio import to_thread
from collections.abc import Mapping
from html import escape

from nicegui import ui

from api.console.facts import ago
from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from issues.cameras.camera import Camera
from issues.cameras.faring import BLIND, POOR, Faring, OnTheWall, the_wall
from issues.cameras.open_issues import open_issues
from issues.labels import label
from issues.rows import IssueRow

SHOWN_ISSUES = 3


def kind_of(faring: Faring) -> str:
    """The colour class of a state.

    >>> kind_of(Faring.OFFLINE), kind_of(Faring.DARK), kind_of(Faring.LIVE), kind_of(Faring.OFF)
    ('bad', 'poor', 'good', 'quiet')
    """
    if faring in BLIND:
        return "bad"
    if faring in POOR:
        return "poor"
    return "good" if faring is Faring.LIVE else "quiet"


def name_of(camera: Camera, lang: str) -> str:
    """What people call it; its id where nobody named it."""
    names = (camera.name.zh, camera.name.en) if lang == "zh" else (camera.name.en, camera.name.zh)
    return names[0] or names[1] or camera.id


def chip_html(visit: Visit, one: OnTheWall) -> str:
    """The state in words and colour."""
    word = label("camera", one.faring.value, visit.lang)
    return f'<span class="tc-chip cam-{kind_of(one.faring)}">{escape(word)}</span>'


def zones_svg(camera: Camera) -> str:
    """Its zones as an SVG to lay over the picture."""
    shapes = "".join(
        f'<polygon points="{_points(zone.corners)}"><title>{escape(zone.name)}</title></polygon>'
        for zone in camera.zones
    )
    return (
        '<svg class="tc-zones" viewBox="0 0 1 1" preserveAspectRatio="none" '
        f'aria-hidden="true">{shapes}</svg>'
    )


def safe_json(value: object) -> str:
    """JSON that may stand inside a script element."""
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")


def add_cameras_script(words: Mapping[str, str], data: object) -> None:
    """The scripts of these pages, with their words and what they work on."""
    ui.add_body_html(
        f'<script type="application/json" id="tc-words">{safe_json(words)}</script>'
        f'<script type="application/json" id="tc-cameras">{safe_json(data)}</script>'
        '<link rel="stylesheet" href="/assets/cameras.css">'
        '<script src="/assets/cameras.js" defer></script>'
    )


async def cameras_page(visit: Visit) -> None:
    """Draws the wall."""
    t = visit.t
    wall, issues = await to_thread(_read, visit)
    with page_frame(visit, "/cameras", t("Cameras")):
        ui.html(f"<h1>{escape(t('Cameras'))}</h1>{_tally(visit, wall)}", sanitize=False)
        if not wall:
            text = escape(t("Add one here, or put a list into the store:")) + (
                " <code>tidycity cameras import cameras.yaml</code>"
            )
            ui.html(
                empty_html(t("No cameras yet"), text, [("/map", t("Open the map"))], mark="◉"),
                sanitize=False,
            )
        else:
            cards = "".join(_card(visit, one, issues.get(one.kept.camera.id, ())) for one in wall)
            ui.html(f'<div class="tc-wall" id="tc-wall">{cards}</div>', sanitize=False)
        if visit.who.may("admin"):
            ui.html(_add_form(visit), sanitize=False)
        add_cameras_script({"failed": t("Not saved: {why}", why="#")}, {"wall": True})


def _read(visit: Visit) -> tuple[tuple[OnTheWall, ...], Mapping[str, tuple[IssueRow, ...]]]:
    services = visit.services
    with services.store.reading() as session:
        return the_wall(session, services.now()), open_issues(session, services.catalogue)


def _tally(visit: Visit, wall: tuple[OnTheWall, ...]) -> str:
    if not wall:
        return ""
    t = visit.t
    n = {kind: sum(kind_of(one.faring) == kind for one in wall) for kind in ("bad", "poor", "good")}
    told = t(
        "{n} cameras: {good} live, {poor} see poorly, {bad} see nothing",
        n=len(wall),
        good=n["good"],
        poor=n["poor"],
        bad=n["bad"],
    )
    warn = t("Where a camera sees nothing, nothing is known: that is not clean.")
    more = f' <b class="cam-warn">{escape(warn)}</b>' if n["bad"] else ""
    return f'<p class="tc-muted">{escape(told)}{more}</p>'


def _card(visit: Visit, one: OnTheWall, issues: tuple[IssueRow, ...]) -> str:
    camera = one.kept.camera
    path = f"/cameras/{escape(camera.id)}"
    name = escape(name_of(camera, visit.lang))
    shot = f"{picture_html(visit, camera)}{zones_svg(camera)}"
    return (
        f'<article class="tc-card tc-camera {kind_of(one.faring)}" '
        f'data-camera="{escape(camera.id)}" data-faring="{one.faring.value}">'
        f'<a class="tc-cam-shot" href="{path}" aria-label="{name}">{shot}</a>'
        f'<div class="tc-cam-text"><h2><a href="{path}">{name}</a></h2>'
        f"<p>{chip_html(visit, one)}{since_html(visit, one)}</p>{_issues(visit, issues)}</div>"
        "</article>"
    )


def picture_html(visit: Visit, camera: Camera) -> str:
    """The last picture, or a grey field that says there is none."""
    t = visit.t
    taken = visit.services.camera_pictures.taken(camera.id)
    if taken is None:
        return f'<span class="tc-cam-none">{escape(t("no picture yet"))}</span>'
    return (
        f'<img alt="" loading="lazy" data-picture="{escape(camera.id)}" '
        f'src="/api/v1/cameras/{escape(camera.id)}/picture.jpg?{taken.tag}">'
    )


def since_html(visit: Visit, one: OnTheWall) -> str:
    """Since when, and what is wrong with the connection."""
    t = visit.t
    if one.since is None:
        return f'<span class="tc-muted tc-small">{escape(t("never watched"))}</span>'
    text = escape(t("since {when}", when=ago(visit, one.since)))
    fault = one.status.message if one.status is not None and one.faring in BLIND else None
    why = f"<br>{escape(fault)}" if fault else ""
    return f'<span class="tc-muted tc-small">{text}{why}</span>'


def _issues(visit: Visit, issues: tuple[IssueRow, ...]) -> str:
    if not issues:
        return ""
    lines = "".join(
        f'<li><a href="/issues/{escape(row.number)}">{escape(visit.category(row.category))}</a> '
        f'<span class="tc-muted">{escape(row.number)}</span></li>'
        for row in issues[:SHOWN_ISSUES]
    )
    t, more = visit.t, len(issues) - SHOWN_ISSUES
    rest = f"<li class=tc-muted>{escape(t('{n} more', n=more))}</li>" if more > 0 else ""
    return f'<ul class="tc-cam-issues">{lines}{rest}</ul>'


def _add_form(visit: Visit) -> str:
    t = visit.t
    return (
        f'<details class="tc-card tc-section tc-cam-add"><summary>{escape(t("Add a camera"))}'
        '</summary><form id="tc-cam-new" class="tc-cam-form">'
        f"<label>{escape(t('Id'))}<input name=id required maxlength=64 "
        'pattern="[A-Za-z0-9][A-Za-z0-9_.\\-]*" placeholder="north-gate"></label>'
        f"<label>{escape(t('Address'))}<input name=url required maxlength=2000 "
        'placeholder="rtsp://10.0.0.7/Streaming/Channels/101"></label>'
        f"<label>{escape(t('Name of its credentials'))}<input name=credentials maxlength=120>"
        f"</label><button>{escape(t('Add'))}</button>"
        '<p class="tc-said" role="status"></p></form>'
        f'<p class="tc-muted tc-small">{escape(t("Passwords stand in the secrets file only."))}'
        "</p></details>"
    )


def _points(corners: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{x:.4f},{y:.4f}" for x, y in corners)
