"""A round as files and links: GPX for a navigator, CSV for a spreadsheet, links to a map.

GPX and ``geo:`` links are WGS-84 by their standards. A link by a template is in the datum that its
map wants: Chinese maps take GCJ-02, Baidu's BD-09, and would be 500 m off otherwise.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC
from urllib.parse import quote

import gpxpy.gpx

from detect.datum import Datum, from_wgs84
from issues.catalogue import Catalogue
from issues.errors import QueryError
from issues.exports.safe_text import inert
from issues.labels import Lang, label, status_label
from issues.risk import Reason
from issues.rounds import RoundList, Stop

COLUMNS = {
    "zh": (
        *("序号", "编号", "类别", "状态", "责任区", "责任单位", "期限", "风险分", "理由"),
        *("纬度（WGS-84）", "经度（WGS-84）", "上次看到", "直线距离（米）", "地图"),
    ),
    "en": (
        *("stop", "number", "category", "status", "area", "unit", "deadline", "points", "reasons"),
        *("lat (WGS-84)", "lon (WGS-84)", "last photo", "straight way (m)", "map"),
    ),
}


def reason_text(reason: Reason, lang: Lang) -> str:
    """A reason in words with its number: "overdue 3 d (+30)".

    >>> reason_text(Reason("overdue", 30, 3.2), "en")
    'overdue 3 d (+30)'
    """
    unit = {"overdue": " d", "unseen": " d"}.get(reason.code, "×")
    if lang == "zh":
        unit = {"overdue": "天", "unseen": "天"}.get(reason.code, "次")
    counted = reason.value is not None and reason.value >= 1
    value = f" {int(reason.value or 0)}{unit}" if counted else ""
    return f"{label('risk', reason.code, lang)}{value} (+{reason.points})"


def reasons_text(stop: Stop, lang: Lang) -> str:
    """All reasons of a stop in one line."""
    return ("；" if lang == "zh" else "; ").join(reason_text(r, lang) for r in stop.reasons)


def area_text(stop: Stop, lang: Lang) -> str:
    """The name of a stop's area; empty where it lies in none."""
    area = stop.row.area
    return "" if area is None else area.name_zh if lang == "zh" else area.name_en


def unit_text(stop: Stop, lang: Lang) -> str:
    """Who has it: the unit that it was assigned to, else the area's."""
    row, area = stop.row, stop.row.area
    own = row.unit_zh if lang == "zh" else row.unit_en
    if own or area is None:
        return own or ""
    return area.unit_zh if lang == "zh" else area.unit_en


def geo_link(stop: Stop) -> str:
    """A ``geo:`` URI, which phones open in their map; WGS-84 (RFC 5870)."""
    return f"geo:{stop.lat:.6f},{stop.lon:.6f}"


def checked_template(template: str) -> str:
    """The template of a map link, if it can be filled in. Raises QueryError."""
    try:
        filled = template.format(lat="1.0", lon="2.0", name="x")
    except (KeyError, IndexError, ValueError) as error:
        raise _bad_template(template) from error
    if "1.0" not in filled or "2.0" not in filled or not filled.startswith(("http", "geo:")):
        raise _bad_template(template)
    return template


def _bad_template(template: str) -> QueryError:
    return QueryError(
        f"a map link is a URL with {{lat}}, {{lon}} and, if wanted, {{name}}; got {template!r}",
        mend="For example https://uri.amap.com/marker?position={lon},{lat}&name={name}, gcj02.",
    )


def map_link(stop: Stop, template: str | None, datum: Datum = "wgs84") -> str:
    """A link to a stop on a map: by the template in its datum; a ``geo:`` URI without one."""
    if template is None:
        return geo_link(stop)
    lat, lon = from_wgs84(stop.lat, stop.lon, datum)
    return template.format(lat=f"{lat:.6f}", lon=f"{lon:.6f}", name=quote(stop.row.number))


def as_gpx(plan: RoundList, catalogue: Catalogue, lang: Lang) -> str:
    """The stops as GPX 1.1 waypoints and as one route in their order; WGS-84."""
    gpx = gpxpy.gpx.GPX()
    gpx.creator = "tidycity"
    gpx.name = "回头看" if lang == "zh" else "return visits"
    gpx.time = plan.made_at.astimezone(UTC)
    route = gpxpy.gpx.GPXRoute(name=gpx.name)
    for n, stop in enumerate(plan.stops, start=1):
        name = f"{n} {stop.row.number} {catalogue.label(stop.row.category, lang)}"
        told = {"name": name, "description": reasons_text(stop, lang)}
        gpx.waypoints.append(gpxpy.gpx.GPXWaypoint(stop.lat, stop.lon, **told))
        route.points.append(gpxpy.gpx.GPXRoutePoint(stop.lat, stop.lon, name=name))
    gpx.routes.append(route)
    return str(gpx.to_xml(version="1.1"))


def as_csv(
    plan: RoundList, catalogue: Catalogue, lang: Lang, link: Callable[[Stop], str] = geo_link
) -> str:
    """The stops as CSV with a header; no cell can run as a formula. Times on the office's clock."""
    zone = catalogue.calendar.zone
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS[lang])
    for n, stop in enumerate(plan.stops, start=1):
        row = stop.row
        deadline = f"{row.deadline.astimezone(zone):%Y-%m-%d %H:%M}" if row.deadline else ""
        cells = (
            *(n, row.number, catalogue.label(row.category, lang), status_label(row.status, lang)),
            *(area_text(stop, lang), unit_text(stop, lang), deadline, stop.points),
            reasons_text(stop, lang),
            *(f"{stop.lat:.6f}", f"{stop.lon:.6f}"),
            *(f"{stop.last_look.astimezone(zone):%Y-%m-%d %H:%M}", round(stop.leg_m), link(stop)),
        )
        writer.writerow(inert(cell) if isinstance(cell, str) else cell for cell in cells)
    return out.getvalue()
