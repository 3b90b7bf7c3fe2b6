"""The page of one camera: picture, zones to edit, hours, history, issues and settings."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from html import escape

from nicegui import ui

from api.console.camera_hours import SHOWN_HOURS, hours_html
from api.console.camera_settings import settings_html
from api.console.cameras import (
    add_cameras_script,
    chip_html,
    name_of,
    picture_html,
    since_html,
    zones_svg,
)
from api.console.facts import ago, chips_html, moment
from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from api.routes.camera_shapes import camera_shape
from issues.cameras.faring import Faring, OnTheWall, on_the_wall
from issues.cameras.lapses import Lapse, lapses
from issues.cameras.open_issues import open_issues
from issues.cameras.registry import get_camera
from issues.cameras.wall import CameraEvent, CameraHour, hours, last_events
from issues.errors import NotFound
from issues.labels import label, labels
from issues.rows import IssueRow

_FILMS = 6


@dataclass(frozen=True)
class _Known:
    """What the page shows: read in one go."""

    one: OnTheWall
    hours: Sequence[CameraHour]
    events: Sequence[CameraEvent]
    issues: tuple[IssueRow, ...]
    films: Sequence[Lapse]


def _read(visit: Visit, camera: str) -> _Known | None:
    services = visit.services
    now = services.now()
    with services.store.reading() as session:
        try:
            kept = get_camera(session, camera)
        except NotFound:
            return None
        begin = now - timedelta(hours=SHOWN_HOURS)
        return _Known(
            on_the_wall(session, kept, now),
            hours(session, begin, now, camera),
            last_events(session, camera, limit=50),
            open_issues(session, services.catalogue, camera).get(camera, ()),
            lapses(session, camera=camera, limit=_FILMS),
        )


async def camera_page(visit: Visit, camera: str) -> None:
    """Draws the page."""
    t = visit.t
    known = await to_thread(_read, visit, camera)
    if known is None:
        with page_frame(visit, "/cameras", t("Cameras")):
            text = escape(t("It may have been removed."))
            ui.html(
                empty_html(t("There is no such camera"), text, [("/cameras", t("Cameras"))]),
                sanitize=False,
            )
        return
    one = known.one
    name = name_of(one.kept.camera, visit.lang)
    admin = visit.who.may("admin")
    with page_frame(visit, "/cameras", name):
        ui.html(
            f'<p class="tc-small"><a href="/cameras">← {escape(t("Cameras"))}</a></p>'
            f"<h1>{escape(name)} {chip_html(visit, one)}{since_html(visit, one)}</h1>"
            f'<div class="tc-cam-page"><div>{_stage(visit, one, admin=admin)}'
            f"{_part(t('Last two days'), hours_html(visit, known.hours))}</div>"
            f"<div>{_part(t('Open issues'), _issues(visit, known.issues))}"
            f"{_films(visit, known.films)}"
            f"{_part(t('History'), _history(visit, known.events))}</div></div>"
            + (settings_html(visit, one.kept.camera) if admin else ""),
            sanitize=False,
        )
        taken = visit.services.camera_pictures.taken(camera)
        shape = camera_shape(one, taken.at if taken else None, [])
        data = {
            "camera": shape.model_dump(mode="json"),
            "kinds": {code: words[visit.lang] for code, words in labels()["zone_kind"].items()},
            "categories": {
                code: visit.category(code) for code in visit.services.catalogue.categories
            },
        }
        add_cameras_script(_words(visit), data)


def _words(visit: Visit) -> dict[str, str]:
    t = visit.t
    return {
        "failed": t("Not saved: {why}", why="#"),
        "conflict": t("Somebody else changed this camera meanwhile: load the page again."),
        "saved": t("Saved"),
        "accepted": t("Noted; the worker takes it up within seconds."),
        "zone": t("zone"),
        "name": t("Name"),
        "kind": t("Kind"),
        "any_kind": t("any kind"),
        "looks_for": t("Looks for"),
        "all": t("everything"),
        "remove": t("Remove zone"),
        "corner": t("Corner {n}", n="#"),
        "add_corner": t("Add a corner"),
        "click": t("Click the corners around the zone; Enter or a click on the first closes it."),
        "sure": t("Forget this camera? Issues and photos stay."),
    }


def _stage(visit: Visit, one: OnTheWall, *, admin: bool) -> str:
    t, camera = visit.t, one.kept.camera
    taken = visit.services.camera_pictures.taken(camera.id)
    when = escape(t("Last picture: {when}", when=moment(visit, taken.at))) if taken else ""
    buttons = ""
    if one.faring is Faring.MOVED and visit.who.may("review"):
        buttons += f'<button type="button" id="tc-accept">{escape(t("The view is right"))}</button>'
    if admin:
        buttons += (
            f'<button type="button" id="tc-zone-new">{escape(t("Draw a zone"))}</button>'
            f'<button type="button" id="tc-zone-save" class="primary" disabled>'
            f"{escape(t('Save zones'))}</button>"
        )
    return (
        f'<div class="tc-cam-stage" id="tc-stage">{picture_html(visit, camera)}'
        f"{zones_svg(camera)}</div>"
        f'<div class="tc-cam-tools">{buttons}<span class="tc-muted tc-small">{when}</span></div>'
        '<p class="tc-said" id="tc-zone-said" role="status"></p>'
        '<div id="tc-zone-list"></div>'
    )


def _part(title: str, inner: str) -> str:
    return f'<section class="tc-card tc-section"><h2>{escape(title)}</h2>{inner}</section>'


def _issues(visit: Visit, issues: tuple[IssueRow, ...]) -> str:
    t = visit.t
    if not issues:
        return f'<p class="tc-muted">{escape(t("None that this camera saw."))}</p>'
    return "".join(
        f'<p><a href="/issues/{escape(row.number)}">{escape(visit.category(row.category))}</a> '
        f"{chips_html(visit, row)}<br>"
        f'<span class="tc-muted tc-small">{escape(row.number)} · '
        f"{escape(ago(visit, row.last_seen))}</span></p>"
        for row in issues
    )


def _films(visit: Visit, films: Sequence[Lapse]) -> str:
    """The newest films, each with the issue that it belongs to; nothing where there is none."""
    t = visit.t
    return _part(t("Films"), "".join(film_html(visit, one) for one in films)) if films else ""


def film_html(visit: Visit, film: Lapse) -> str:
    """A player for one film."""
    t = visit.t
    what = t("Film of its end") if film.said == "gone" else t("Film of what was found")
    shown = t(
        "{n} pictures, {since} to {until}",
        n=film.pictures,
        since=moment(visit, film.since),
        until=moment(visit, film.until),
    )
    return (
        f'<figure class="tc-film"><video controls muted loop playsinline preload="metadata" '
        f'src="/api/v1/cameras/films/{film.sha256}.mp4#t=0.05" aria-label="{escape(what)}"></video>'
        f'<figcaption><a href="/issues/{escape(film.number)}">{escape(film.number)}</a> · '
        f'{escape(what)}<br><span class="tc-muted tc-small">{escape(shown)}</span>'
        f"</figcaption></figure>"
    )


def _history(visit: Visit, events: Sequence[CameraEvent]) -> str:
    lines = "".join(_line(visit, event) for event in events)
    return f'<ul class="tc-history tc-cam-history">{lines}</ul>'


def _line(visit: Visit, event: CameraEvent) -> str:
    what = label("camera_event", event.kind, visit.lang)
    if event.to_state is not None:
        what = label("camera", event.to_state, visit.lang)
    elif event.actor != "system":
        what += f" · {event.actor}"
    message = event.data.get("message")
    why = f"<br>{escape(str(message))}" if message else ""
    return (
        f'<li>{escape(what)}{why}<br><span class="tc-muted tc-small">'
        f"{moment(visit, event.at)}</span></li>"
    )
