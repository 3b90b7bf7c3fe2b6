"""``tidycity datasets from-reviews`` and ``next``: the console's decisions teach the models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.exits import Exit
from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.datasets.reviews import ClassPlan

Out = Annotated[Path, typer.Option("--out", "-o", help=t("Folder to write; must not exist"))]


def from_reviews(context: typer.Context, out: Out) -> None:
    """Confirmed boxes become labels, rejected ones say that their class is absent there."""
    from api.datasets.reviews import reviewed
    from detect.datasets.importing import About
    from detect.datasets.reviewed import write_reviewed

    session = session_of(context)
    settings = session.settings()
    store = session.store(settings)
    try:
        photos, unknown = reviewed(store, _classes().names)
        done = write_reviewed(photos, About(out.resolve().name, "own reviews", "own photos"), out)
    finally:
        store.close()
    typer.echo(
        t(
            "{n} photos: {present} confirmed boxes, {absent} rejected ones, written to {path}",
            n=done.photos,
            present=done.present.total(),
            absent=done.absent.total(),
            path=out,
        )
    )
    if unknown:
        typer.echo(t("{n} boxes of categories that no model here knows left out", n=unknown))
    for line in done.unreadable:
        typer.echo(line, err=True)
    raise typer.Exit(Exit.SOME_UNREADABLE if done.unreadable else Exit.OK)


def next_(
    context: typer.Context,
    out: Out,
    n: Annotated[int, typer.Option("--n", min=1, help=t("How many photos"))] = 100,
    form: Annotated[
        Literal["label-studio", "cvat"], typer.Option("--format", help=t("For which tool"))
    ] = "label-studio",
    pool: Annotated[int, typer.Option(min=1, help=t("Choose among so many newest photos"))] = 2000,
    seen: Annotated[
        Path | None, typer.Option(help=t("Folder of pictures that models know already"))
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help=t("Checkpoint whose eyes compare pictures (extra torch) [by colour]")),
    ] = None,
) -> None:
    """Offers the photos that models would learn most from, with boxes to mend."""
    from api.cli.datasets import descriptor_of
    from api.datasets.reviews import next_to_label
    from api.services import utc_now
    from detect.datasets.exporting import export_set
    from detect.training.dataset import IMAGE_SUFFIXES
    from detect.training.errors import DatasetError

    plan = _classes()
    known = (
        [p for p in sorted(seen.rglob("*")) if p.suffix.lower() in IMAGE_SUFFIXES] if seen else []
    )
    session = session_of(context)
    store = session.store(session.settings())
    try:
        chosen = next_to_label(
            store, plan, n, pool=pool, now=utc_now(), seen=known, descriptor=descriptor_of(weights)
        )
    finally:
        store.close()
    if not chosen:
        raise DatasetError(
            "no photo waits for a label", mend="Analyse photos first; reviewed ones don't count."
        )
    names = list(dict.fromkeys(plan.names.values()))
    export_set(chosen, names, out, form, submitted=False)
    typer.echo(t("{n} pictures written to {path}", n=len(chosen), path=out))


def _classes() -> ClassPlan:
    """The classes of all models in the registry; a category's first class counts."""
    from api.datasets.reviews import ClassPlan
    from detect.model_folder import load_card, models_dir, read_registry

    names: dict[str, str] = {}
    thresholds: dict[str, float] = {}
    for entry in read_registry().models.values():
        for row in load_card(models_dir() / entry.path).classes:
            if row.category is not None:
                names.setdefault(row.category, row.name)
                thresholds.setdefault(row.category, row.threshold)
    return ClassPlan(names, thresholds)
