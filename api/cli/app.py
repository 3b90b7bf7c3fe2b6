"""All verbs under one name."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from api.cli import (
    analyze,
    areas,
    audit,
    backup,
    bulletin,
    cameras,
    catalogue,
    datasets,
    doctor,
    evaluate,
    export,
    feed,
    imports,
    issues,
    keys,
    models,
    pest,
    recurrence,
    retention,
    rounds,
    sample_points,
    serve,
    train,
    verify,
    watch,
)
from api.cli.session import make_session
from api.i18n import t

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=t(
        "Finds garbage and litter in photos (stalls, clutter and pests on trial); makes issues "
        "of them."
    ),
    epilog=t("Exit codes and settings: docs/cli.md"),
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"tidycity {version('tidycity')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(help=t("Folder of the store, evidence and uploads [./tidycity-data]")),
    ] = None,
    lang: Annotated[str | None, typer.Option(help=t("Language: en or zh"))] = None,
    show_version: Annotated[  # noqa: ARG001 (its callback does the work)
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help=t("Show the version")),
    ] = False,
) -> None:
    """Keeps the options before the verb for the verb."""
    context.obj = make_session(data, lang)


app.command(name="analyze", help=t("Look at patrol photos and make candidate issues."))(
    analyze.analyze
)
app.command(name="serve", help=t("Start the API and the review console."))(serve.serve)
app.add_typer(
    export.app,
    name="export",
    help=t("Write the rectification list, a table, a map, a report or an archive."),
)
app.add_typer(feed.app, name="feed", help=t("Tell other systems: targets, deliveries, replay."))
app.add_typer(imports.app, name="import", help=t("Read back what offices fill in."))
app.add_typer(pest.app, name="pest", help=t("Pest inspections: enter a table, report rates."))
app.command(name="bulletin", help=t("Write the ranking and bulletin of a period."))(
    bulletin.bulletin
)
app.command(name="rounds", help=t("List return visits: what to look at again, worst first."))(
    rounds.rounds
)
app.command(name="coverage", help=t("Tell which areas were looked at, and which were not."))(
    recurrence.coverage
)
app.command(name="verify", help=t("Verify fixes: same place, problem gone, photo genuine?"))(
    verify.verify
)
app.command(name="recurrence", help=t("Tell hot spots and what came back three times or more."))(
    recurrence.recurrence
)
app.add_typer(issues.app, name="issues", help=t("Issues: list, show, move."))
app.add_typer(
    sample_points.app,
    name="sample-points",
    help=t("Sample points: import, list, print assessment sheets."),
)
app.add_typer(areas.app, name="areas", help=t("Responsibility areas: import and list."))
app.add_typer(
    catalogue.app,
    name="catalogue",
    help=t("Categories and the calendar: show, check, begin an own table."),
)
app.add_typer(keys.app, name="keys", help=t("API keys: make, list, revoke."))
app.add_typer(audit.app, name="audit", help=t("Audit log: who did what; end old lines."))
app.command(name="backup", help=t("Copy the store and its evidence while the server runs."))(
    backup.backup
)
app.command(name="restore", help=t("Put a backup back into the data folder."))(backup.restore)
app.command(name="doctor", help=t("Check this installation and say how to mend it."))(doctor.doctor)
app.add_typer(
    datasets.app, name="datasets", help=t("Labelled pictures: check, split by scene, build a set.")
)
app.command(name="train", help=t("Train a model by a recipe (extra torch)."))(train.train)
app.command(name="evaluate", help=t("Measure a model on held-out pictures; a gate for releases."))(
    evaluate.evaluate
)
app.add_typer(models.app, name="models", help=t("Models: list, release a trained checkpoint."))
app.command(name="watch", help=t("Watch cameras and make issues of what stays."))(watch.watch)
app.add_typer(cameras.app, name="cameras", help=t("Cameras: import, list, try out."))
app.add_typer(retention.app, name="retention", help=t("Old pictures: what may go, what must stay."))
