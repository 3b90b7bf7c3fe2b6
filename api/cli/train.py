"""``tidycity train``: a model by its recipe."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.i18n import t


def train(
    recipe: Annotated[Path, typer.Argument(help=t("Training recipe, models/<name>/recipe.yaml"))],
    built: Annotated[Path, typer.Argument(help=t("Set that `tidycity datasets build` wrote"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Folder for checkpoints and logs"))],
    weights: Annotated[
        str | None, typer.Option(help=t("Start from this checkpoint instead of the recipe's"))
    ] = None,
    device: Annotated[str | None, typer.Option(help=t("cpu, mps, 0, 0,1 … [the recipe's]"))] = None,
    minutes: Annotated[
        float | None, typer.Option(help=t("End after so many minutes [the recipe's]"))
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help=t("Go on from the last checkpoint in --out"))
    ] = False,
) -> None:
    """Trains and says where the last checkpoint lies."""
    from detect.training.errors import MissingExtraError
    from detect.training.recipe import read_recipe

    plan = read_recipe(recipe)
    schedule = dataclasses.replace(
        plan.train,
        device=device or plan.train.device,
        budget_min=plan.train.budget_min if minutes is None else minutes,
    )
    plan = dataclasses.replace(plan, weights=weights or plan.weights, train=schedule)
    try:
        from detect.training.trainer import train as run
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch") from error
    last = run(plan, built, out, _tell, resume)
    typer.echo(t("last checkpoint: {path}", path=last))


def _tell(row: Mapping[str, float]) -> None:
    losses = ", ".join(f"{key} {value:.3f}" for key, value in row.items() if key.endswith("loss"))
    typer.echo(
        t(
            "epoch {n}: {part} of the run, {minutes} minutes; {losses}",
            n=int(row["epoch"]),
            part=f"{row['part']:.0%}",
            minutes=f"{row['s'] / 60:.0f}",
            losses=losses,
        ),
        err=True,
    )
