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
    start: Annotated[
        str | None,
        typer.Option(
            "--from", help=t("Start from a model that ships; current: the registry's default")
        ),
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
    if start is not None and weights is not None:
        raise typer.BadParameter("--from and --weights exclude each other")
    first = weights if start is None else str(_checkpoint_of(start))
    plan = dataclasses.replace(plan, weights=first or plan.weights, train=schedule)
    try:
        from detect.training.trainer import train as run
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch") from error
    last = run(plan, built, out, _tell, resume)
    typer.echo(t("last checkpoint: {path}", path=last))


def _checkpoint_of(name: str) -> Path:
    """The checkpoint in a model's folder; raises RecipeError where the model ships without one."""
    from detect.model_folder import load_card
    from detect.training.errors import RecipeError
    from detect.training.model_release import CHECKPOINT

    card = load_card(None if name == "current" else name)
    path = card.folder / CHECKPOINT
    if not path.is_file():
        raise RecipeError(
            f"model {card.id} has no {CHECKPOINT} in {card.folder}: it can't be trained further",
            mend="Name a checkpoint with --weights, or release the model again from one.",
        )
    return path


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
