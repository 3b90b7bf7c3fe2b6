"""``tidycity areas``: who is responsible where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from issues.catalogue import Catalogue
    from issues.store import Store

app = typer.Typer(no_args_is_help=True)


def import_file(store: Store, path: Path, catalogue: Catalogue, *, quiet: bool = False) -> None:
    """Imports areas and tells what was odd about them. Raises AreaError."""
    from issues.areas import import_areas

    outcome = import_areas(store, path, catalogue)
    if quiet:
        return
    for problem in outcome.problems:
        typer.echo(t("areas: {problem}", problem=problem), err=True)


@app.command(name="import", help=t("Import GeoJSON polygons; replaces the areas in force."))
def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("GeoJSON of responsibility areas"))],
) -> None:
    """Imports a file and says how many areas are in force now."""
    from issues.catalogue import load_catalogue
    from issues.queries import list_areas

    session = session_of(context)
    settings = session.settings()
    store = session.store(settings)
    try:
        import_file(store, path, load_catalogue(settings.catalogue))
        with store.reading() as reading:
            typer.echo(t("{n} areas in force", n=len(list_areas(reading))))
    finally:
        store.close()


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
