"""``tidycity coverage`` and ``tidycity recurrence``: what was looked at, and what comes back."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import session_of
from api.i18n import Lang, t

if TYPE_CHECKING:
    from issues.coverage import AreaCoverage
    from issues.hot_spots import HotSpot
    from issues.recurrence import Chronic


def coverage(
    context: typer.Context,
    days: Annotated[float, typer.Option(help=t("How many days back"))] = 30,
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON"))] = False,
) -> None:
    """Tells per area how much of its ground photos show, and what they don't."""
    from issues.clock import SystemClock
    from issues.coverage import cover

    session = session_of(context)
    store = session.store(session.settings())
    now = SystemClock().now()
    try:
        with store.reading() as reading:
            report = cover(reading, now - timedelta(days=days), now)
    finally:
        store.close()
    if as_json:
        rows = [_area_json(one) for one in report.areas]
        head = {"looks": report.looks, "unplaced_looks": report.unplaced_looks}
        typer.echo(json.dumps(head | {"areas": rows}, ensure_ascii=False))
        return
    for one in sorted(report.areas, key=lambda area: (area.share, area.area.id)):
        name = one.area.name_zh if session.lang == "zh" else one.area.name_en
        told = t(
            "{seen} of {cells} cells, {looks} photos; {unseen} of {open} open issues not seen",
            session.lang,
            seen=one.cells_seen,
            cells=one.cells,
            looks=one.looks,
            unseen=one.unseen_issues,
            open=one.open_issues,
        )
        typer.echo(f"{one.share:4.0%}  {one.area.level:10} {name}  {told}")
    typer.echo(t("Ground without a photo is not observed: that is not clean.", session.lang))


def _area_json(one: AreaCoverage) -> dict[str, Any]:
    return {
        "area": one.area.id,
        "cells": one.cells,
        "cells_seen": one.cells_seen,
        "share": round(one.share, 4),
        "looks": one.looks,
        "usable": one.usable,
        "last_at": one.last_at.isoformat() if one.last_at else None,
        "open_issues": one.open_issues,
        "unseen_issues": one.unseen_issues,
    }


def recurrence(
    context: typer.Context,
    days: Annotated[float, typer.Option(help=t("How many days back"))] = 90,
    times: Annotated[int, typer.Option(help=t("Chronic: so often or more"))] = 3,
    category: Annotated[
        list[str] | None, typer.Option(help=t("Only this category; may be given again"))
    ] = None,
    area: Annotated[
        list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))
    ] = None,
    relink: Annotated[
        bool, typer.Option("--relink", help=t("First link all issues to their past (old stores)"))
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON"))] = False,
) -> None:
    """Tells the worst cells of a period and the chronic list."""
    from issues.catalogue import load_catalogue
    from issues.clock import SystemClock
    from issues.hot_spots import hot_spots
    from issues.queries import IssueFilter
    from issues.recurrence import link_all, list_chronic

    session = session_of(context)
    settings = session.settings()
    catalogue, now = load_catalogue(settings.catalogue), SystemClock().now()
    which = IssueFilter(category=tuple(category or ()), area=tuple(area or ()))
    store = session.store(settings)
    try:
        if relink:
            made = link_all(store, catalogue, now)
            typer.echo(t("{n} links to earlier issues made", n=made), err=True)
        with store.reading() as reading:
            since = now - timedelta(days=days)
            spots = hot_spots(reading, which, since=since, until=now, limit=20)
            chronic = list_chronic(reading, catalogue, which, times=times)
    finally:
        store.close()
    if as_json:
        found = {"hot_spots": [_spot(s) for s in spots], "chronic": [_chronic(c) for c in chronic]}
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    _tell(spots, chronic, catalogue.label, session.lang)


def _spot(spot: HotSpot) -> dict[str, Any]:
    from issues.cells import cell_code, middle_of

    lat, lon = middle_of(spot.cell)
    return {
        "cell": cell_code(spot.cell),
        "lat": lat,
        "lon": lon,
        "issues": spot.issues,
        "returned": spot.returned,
        "open": spot.open,
        "by_category": dict(spot.by_category),
    }


def _chronic(one: Chronic) -> dict[str, Any]:
    return {
        "number": one.row.number,
        "category": one.row.category,
        "status": one.row.status,
        "times": one.times,
        "earlier": [line.number for line in one.earlier],
    }


def _tell(spots: tuple[HotSpot, ...], chronic: tuple[Chronic, ...], name: Any, lang: Lang) -> None:
    from issues.cells import middle_of

    for spot in spots:
        lat, lon = middle_of(spot.cell)
        told = t("{n} issues, {back} came back", lang, n=spot.issues, back=spot.returned)
        worst = ", ".join(name(code, lang) for code in list(spot.by_category)[:3])
        typer.echo(f"{lat:.5f},{lon:.5f}  {told}  {worst}")
    for one in chronic:
        told = t("{n} times", lang, n=one.times)
        typer.echo(f"{one.row.number}  {told}  {name(one.row.category, lang)}")
    if not spots and not chronic:
        typer.echo(t("nothing began and nothing came back", lang))
