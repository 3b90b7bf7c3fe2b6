"""``tidycity rounds``: the list of return visits (回头看清单)."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import session_of
from api.i18n import Lang, t

if TYPE_CHECKING:
    from api.settings import Settings
    from issues.catalogue import Catalogue
    from issues.rounds import RoundList, Stop


class Order(StrEnum):
    """How stops are ordered."""

    RISK = "risk"
    WALK = "walk"


def rounds(
    context: typer.Context,
    stops: Annotated[int, typer.Option(help=t("How many stops at most (200)"))] = 30,
    area: Annotated[
        list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help=t("Only this unit; may be given again"))
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help=t("Only this category; may be given again"))
    ] = None,
    unseen_days: Annotated[
        float | None, typer.Option(help=t("Only what no photo shows for so many days"))
    ] = None,
    reported: Annotated[
        bool,
        typer.Option("--reported", help=t("Only what was reported fixed and not looked at since")),
    ] = False,
    order: Annotated[
        Order, typer.Option(help=t("By risk, or as a short walk in straight lines"))
    ] = Order.RISK,
    start: Annotated[
        str | None, typer.Option(help=t("Where the walk begins: LAT,LON in WGS-84"))
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=t("File to write: .gpx or .csv"))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON"))] = False,
) -> None:
    """Lists the stops with their reasons, or writes them as GPX or CSV."""
    from issues.catalogue import load_catalogue
    from issues.clock import SystemClock
    from issues.queries import IssueFilter
    from issues.risk import load_risk
    from issues.rounds import Round, plan_round

    session = session_of(context)
    settings = session.settings()
    catalogue, table = load_catalogue(settings.catalogue), load_risk(settings.risk)
    which = IssueFilter(
        area=tuple(area or ()), unit=tuple(unit or ()), category=tuple(category or ())
    )
    asked = Round(which, unseen_days, reported, stops, order is Order.WALK, _point(start))
    suffix = _suffix(output)
    store = session.store(settings)
    try:
        with store.reading() as reading:
            plan = plan_round(reading, catalogue, table, asked, now=SystemClock().now())
    finally:
        store.close()
    if output is not None:
        _write(output, suffix, plan, catalogue, settings, session.lang)
        typer.echo(t("{n} stops written to {path}", n=len(plan.stops), path=output))
    elif as_json:
        typer.echo(json.dumps(_json(plan, settings), ensure_ascii=False))
    else:
        _tell(plan, catalogue, session.lang)


def _point(text: str | None) -> tuple[float, float] | None:
    from detect.errors import BadInput

    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValueError(text)
    except ValueError as error:
        raise BadInput(
            t("a start is LAT,LON in WGS-84 degrees, got {got}", got=text),
            code="bad_start",
            mend=t("For example --start 30.2741,120.1551"),
        ) from error
    return lat, lon


def _suffix(output: Path | None) -> str:
    from detect.errors import BadInput

    suffix = output.suffix.lower() if output else ".gpx"
    if suffix not in {".gpx", ".csv"}:
        raise BadInput(
            t("no format of a round goes by {suffix}", suffix=suffix),
            code="unknown_format",
            mend=t("Name a file that ends in .gpx or .csv."),
        )
    return suffix


def _write(
    output: Path,
    suffix: str,
    plan: RoundList,
    catalogue: Catalogue,
    settings: Settings,
    lang: Lang,
) -> None:
    from issues.exports.whole_file import whole_file
    from issues.round_files import as_csv, as_gpx

    if suffix == ".gpx":
        text, encoding = as_gpx(plan, catalogue, lang), "utf-8"
    else:
        text = as_csv(plan, catalogue, lang, lambda stop: _link(stop, settings))
        encoding = "utf-8-sig"
    with whole_file(output) as draft:
        draft.write_text(text, encoding, newline="")


def _link(stop: Stop, settings: Settings) -> str:
    from issues.round_files import map_link

    return map_link(stop, settings.map_link, settings.map_link_datum)


def _json(plan: RoundList, settings: Settings) -> dict[str, Any]:
    return {
        "due": plan.due,
        "unplaced": plan.unplaced,
        "length_m": round(plan.length_m, 1),
        "made_at": plan.made_at.isoformat(),
        "stops": [
            {
                "number": stop.row.number,
                "category": stop.row.category,
                "status": stop.row.status,
                "lat": stop.lat,
                "lon": stop.lon,
                "points": stop.points,
                "reasons": [
                    {"code": r.code, "points": r.points, "value": r.value} for r in stop.reasons
                ],
                "last_look": stop.last_look.isoformat(),
                "leg_m": round(stop.leg_m, 1),
                "map": _link(stop, settings),
            }
            for stop in plan.stops
        ],
    }


def _tell(plan: RoundList, catalogue: Catalogue, lang: Lang) -> None:
    from issues.round_files import area_text, reasons_text

    for n, stop in enumerate(plan.stops, start=1):
        name = catalogue.label(stop.row.category, lang)
        where = area_text(stop, lang)
        typer.echo(f"{n:3} {stop.points:4}  {stop.row.number}  {name}  {where}")
        typer.echo(f"          {stop.lat:.5f},{stop.lon:.5f}  {reasons_text(stop, lang)}")
    typer.echo(
        t(
            "{n} of {due} due; {km} km in straight lines",
            n=len(plan.stops),
            due=plan.due,
            km=round(plan.length_m / 1000, 1),
        )
    )
    if plan.unplaced:
        typer.echo(
            t(
                "{n} have no place to go to: see the queue of issues without a position",
                n=plan.unplaced,
            )
        )
