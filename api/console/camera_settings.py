"""The form of a camera's settings; the browser sends it to the API with the version it read."""

from __future__ import annotations

from html import escape

from api.console.visit import Visit
from api.routes.camera_shapes import shown_url, span_text
from issues.cameras.camera import Camera

DATUMS = ("wgs84", "gcj02", "bd09")


def settings_html(visit: Visit, camera: Camera) -> str:
    """The form, filled in. Passwords are not in it: they never are in the store."""
    t, at = visit.t, camera.at
    active = ", ".join(span_text(hours) for hours in camera.active)
    fields = [
        _field(t("Name (Chinese)"), "name_zh", camera.name.zh),
        _field(t("Name (English)"), "name_en", camera.name.en),
        _field(t("Address"), "url", shown_url(camera), more="required"),
        _field(t("Name of its credentials"), "credentials", camera.credentials or ""),
        _field(
            t("Look every … seconds"),
            "every_s",
            f"{camera.every_s:g}",
            more='type="number" min="0.5" max="3600" step="0.5" required',
        ),
        _field(t("Hours, such as 06:00-22:00; none: always"), "active", active),
        _field(t("Latitude"), "lat", f"{at.lat:.6f}" if at else "", more='inputmode="decimal"'),
        _field(t("Longitude"), "lon", f"{at.lon:.6f}" if at else "", more='inputmode="decimal"'),
        _datum(visit, at.datum if at else "wgs84"),
        _field(
            t("Heading, degrees from north"),
            "heading_deg",
            f"{camera.heading_deg:g}" if camera.heading_deg is not None else "",
            more='type="number" min="0" max="359" step="1"',
        ),
    ]
    checked = " checked" if camera.enabled else ""
    return (
        '<section class="tc-card tc-section"><form id="tc-cam-settings" class="tc-cam-form">'
        f"<h2>{escape(t('Settings'))}</h2>{''.join(fields)}"
        f'<label class="tc-check"><input type="checkbox" name="enabled"{checked}>'
        f"{escape(t('Watch this camera'))}</label>{_categories(visit, camera)}"
        f"<div class=tc-cam-tools><button>{escape(t('Save settings'))}</button>"
        f'<button type="button" id="tc-cam-forget" class="quiet">{escape(t("Forget camera"))}'
        '</button></div><p class="tc-said" role="status"></p></form></section>'
    )


def _field(title: str, name: str, value: str, *, more: str = "") -> str:
    return (
        f'<label>{escape(title)}<input name="{name}" value="{escape(value)}" {more} '
        'autocomplete="off"></label>'
    )


def _datum(visit: Visit, chosen: str) -> str:
    t = visit.t
    options = "".join(
        f'<option value="{code}"{" selected" if code == chosen else ""}>{code.upper()}</option>'
        for code in DATUMS
    )
    return f'<label>{escape(t("Datum"))}<select name="datum">{options}</select></label>'


def _categories(visit: Visit, camera: Camera) -> str:
    t = visit.t
    boxes = "".join(
        f'<label class="tc-check"><input type="checkbox" name="category" value="{escape(code)}"'
        f"{' checked' if code in camera.categories else ''}>{escape(visit.category(code))}</label>"
        for code in visit.services.catalogue.categories
    )
    title = escape(t("Looks for (none ticked: everything that the model finds)"))
    return f'<fieldset class="tc-ticks"><legend>{title}</legend>{boxes}</fieldset>'
