"""``tidycity areas``: who is responsible where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.exits import Exit
from api.cli.session import Session, session_of
from api.i18n import t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from detect.datum import Datum
    from issues.area_problems import AreaProblem
    from issues.areas import Move
    from issues.catalogue import Catalogue
    from issues.store import Store

app = typer.Typer(no_args_is_help=True)

DatumOption = Annotated[
    str | None,
    typer.Option("--datum", help=t("Of the file's coordinates: wgs84, gcj02 or bd09")),
]


def import_file(store: Store, path: Path, catalogue: Catalogue, *, quiet: bool = False) -> None:
    """Imports areas and tells what was odd about them. Raises AreaError."""
    from issues.areas import import_areas

    del catalogue
    outcome = import_areas(store, path)
    if quiet:
        return
    for problem in outcome.problems:
        typer.echo(t("areas: {problem}", problem=problem), err=True)


def datum_of(text: str | None) -> Datum | None:
    """The datum that an option means. Raises BadParameter."""
    from detect.datum import parse_datum

    known = parse_datum(text) if text else None
    if text and known is None:
        raise typer.BadParameter(t("--datum takes wgs84, gcj02 or bd09, got {text}", text=text))
    return known


def _tell(problems: Sequence[AreaProblem], session: Session) -> None:
    for problem in problems:
        mark = {"left_out": "✗", "mended": "~", "told": "!"}[problem.outcome]
        typer.echo(f"{mark} {problem.text(session.lang)}", err=True)


def _tell_moves(moves: Sequence[Move]) -> None:
    nobody = t("no area")
    for move in moves:
        there = f"{move.from_code or nobody} → {move.to_code or nobody}"
        typer.echo(t("{n} issues: {there}", n=move.issues, there=there))


@app.command(name="import", help=t("Import GeoJSON polygons; replaces the areas in force."))
def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("GeoJSON of responsibility areas"))],
    datum: DatumOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=t("Only tell which issues would move where"))
    ] = False,
) -> None:
    """Imports a file, tells what was odd, which issues moved, and how many areas are in force."""
    from issues.area_check import checked
    from issues.area_file import load_geojson, parse_areas
    from issues.areas import plan_import, put_areas
    from issues.clock import SystemClock
    from issues.store.ledger import SYSTEM

    session = session_of(context)
    file = checked(parse_areas(load_geojson(path), path.name, datum_of(datum)))
    store = session.store(session.settings())
    try:
        _tell(file.problems, session)
        if dry_run:
            with store.reading() as reading:
                outcome = plan_import(reading, file)
        else:
            with store.transaction() as writing:
                now = SystemClock().now()
                outcome = put_areas(writing, file, SYSTEM, now, source=path.name)
    finally:
        store.close()
    _tell_moves(outcome.moves)
    if dry_run:
        n, moved = outcome.areas, outcome.issues_moved
        typer.echo(t("dry run: {n} areas, {moved} issues would move", n=n, moved=moved))
    else:
        typer.echo(t("{n} areas in force", n=outcome.areas))


@app.command(name="check", help=t("Tell what is wrong with a GeoJSON file; imports nothing."))
def check(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("GeoJSON of responsibility areas"))],
    datum: DatumOption = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("One JSON line a problem"))] = False,
) -> None:
    """Ends with code 1 when features have to be left out."""
    from issues.areas import read_areas

    session = session_of(context)
    areas, problems = read_areas(path, datum_of(datum))
    if as_json:
        for problem in problems:
            typer.echo(json.dumps(problem.plain(), ensure_ascii=False))
    else:
        _tell(problems, session)
        n, odd = len(areas), len(problems)
        typer.echo(t("{n} areas in {path}, {odd} to look at", n=n, path=path, odd=odd))
    if any(problem.outcome == "left_out" for problem in problems):
        raise typer.Exit(Exit.INTERNAL)


@app.command(name="list", help=t("List the areas in force."))
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=t("As GeoJSON"))] = False,
) -> None:
    """Lists areas, coarsest level first."""
    from issues.queries import areas_geojson, list_areas

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            if as_json:
                typer.echo(json.dumps(areas_geojson(reading), ensure_ascii=False))
                return
            for row in list_areas(reading):
                name, unit = (
                    (row.name_zh, row.unit_zh)
                    if session.lang == "zh"
                    else (row.name_en, row.unit_en)
                )
                typer.echo(f"{row.level:10} {row.id:16} {name}  {unit}  {row.leader} {row.phone}")
    finally:
        store.close()
