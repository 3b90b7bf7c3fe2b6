"""``tidycity sample-points``: where assessments look, and the sheets for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

app = typer.Typer(no_args_is_help=True)


@app.command(name="import", help=t("Put sample points from CSV or YAML in force."))
def import_(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help=t("CSV or YAML of sample points"))],
) -> None:
    """Imports a file in place of the points before."""
    from issues.clock import SystemClock
    from issues.scoring.point_file import read_sample_points
    from issues.scoring.sample_points import put_sample_points

    session = session_of(context)
    points = read_sample_points(path)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            count = put_sample_points(writing, points, SystemClock().now())
    finally:
        store.close()
    typer.echo(t("{n} sample points in force", n=count))


@app.command(name="list", help=t("List the sample points in force."))
def list_(context: typer.Context) -> None:
    """Lists the points by code."""
    from issues.labels import label
    from issues.scoring.sample_points import list_sample_points

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            for point in list_sample_points(reading):
                name = (point.name_zh or point.name_en) if session.lang == "zh" else (
                    point.name_en or point.name_zh
                )  # fmt: skip
                kind = label("sample_kind", point.kind, session.lang)
                typer.echo(f"{point.code:16} {kind:12} {name}  {point.radius_m:g} m")
    finally:
        store.close()


@app.command(name="sheet", help=t("Write the assessment sheet of a point (.html or .xlsx)."))
def sheet(
    context: typer.Context,
    code: Annotated[str, typer.Argument(help=t("Code of the point"))],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help=t("File to write, .html or .xlsx"))
    ] = None,
    blank: Annotated[
        bool, typer.Option("--blank", help=t("Without the marks of the last sheet"))
    ] = False,
    checklist: Annotated[
        Path | None, typer.Option(help=t("The office's own checklist [the shipped one]"))
    ] = None,
) -> None:
    """Writes the sheet with what is on record."""
    from issues.catalogue import load_catalogue
    from issues.clock import SystemClock
    from issues.exports.bulletin_sheet import write_sheet
    from issues.exports.bulletin_words import BulletinWords
    from issues.scoring.sample_points import latest_assessment, load_checklist, on_record

    session = session_of(context)
    settings = session.settings(checklist=checklist)
    catalogue, lines = load_catalogue(settings.catalogue), load_checklist(settings.checklist)
    target = out or Path(f"assessment-{code}.html")
    store = session.store(settings)
    try:
        with store.reading() as reading:
            known = on_record(reading, catalogue, lines, code, SystemClock().now())
            last = None if blank else latest_assessment(reading, code)
    finally:
        store.close()
    write_sheet(target, known, last, BulletinWords(session.lang, catalogue.calendar.zone))
    typer.echo(t("written: {path}", path=target))
