"""``tidycity datasets``: what the models are trained and measured on."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import dataset_exchange, dataset_reviews, dataset_survey
from api.i18n import t

if TYPE_CHECKING:
    from detect.training.dataset import DatasetSpec, Sample
    from detect.training.recipe import Recipe
    from detect.training.scenes import Descriptor

app = typer.Typer(no_args_is_help=True)
app.command(name="import", help=t("Bring a labelled set of another tool into our layout."))(
    dataset_exchange.import_
)
app.command(name="export", help=t("Write a data set for another labelling tool."))(
    dataset_exchange.export
)
app.command(help=t("Read every picture and label; say what is wrong."))(dataset_survey.check)
app.command(help=t("Count pictures and boxes by data set and class."))(dataset_survey.stats)
app.command(help=t("Write a contact sheet of pictures with their boxes."))(dataset_survey.show)
app.command(
    name="from-reviews", help=t("Make labels and hard negatives of the console's decisions.")
)(dataset_reviews.from_reviews)
app.command(name="next", help=t("Write the photos to label first, for Label Studio or CVAT."))(
    dataset_reviews.next_
)

RecipePath = Annotated[Path, typer.Argument(help=t("Training recipe, models/<name>/recipe.yaml"))]
Root = Annotated[Path, typer.Option(help=t("Folder that holds one folder a data set"))]
Specs = Annotated[Path | None, typer.Option(help=t("Folder of data set YAMLs [datasets/]"))]
Weights = Annotated[
    Path | None,
    typer.Option(help=t("Checkpoint whose eyes compare pictures (extra torch) [by colour]")),
]


@app.command(help=t("Split by scene and write the set that training reads."))
def build(
    recipe: RecipePath,
    out: Annotated[Path, typer.Argument(help=t("Folder to write; must not exist"))],
    root: Root,
    specs: Specs = None,
    weights: Weights = None,
) -> None:
    """Builds a training set; its split is the recipe's own where it names one."""
    from detect.training.build import build as build_set
    from detect.training.build import split_by_scene
    from detect.training.held_out import read_held_out
    from detect.training.recipe import read_recipe

    plan = read_recipe(recipe)
    out.parent.mkdir(parents=True, exist_ok=True)
    samples = _samples(plan, recipe, root, specs, out.parent / f"{out.name}-textures")
    held = (
        read_held_out(recipe.parent / plan.split.held_out)
        if plan.split.held_out
        else split_by_scene(samples, plan.split, descriptor_of(weights))
    )
    entries = build_set(samples, plan.class_names, held, out)
    for split in ("train", "val", "test"):
        count = sum(entry.split == split for entry in entries)
        typer.echo(t("{split}: {n} pictures", split=split, n=count))


@app.command(help=t("Hold scenes out and write which, for a recipe to fix its split by."))
def split(
    recipe: RecipePath,
    out: Annotated[Path, typer.Argument(help=t("JSON file to write"))],
    root: Root,
    specs: Specs = None,
    weights: Weights = None,
) -> None:
    """Finds scenes anew and writes the held-out pictures."""
    from detect.training.build import split_by_scene
    from detect.training.held_out import write_held_out
    from detect.training.recipe import read_recipe

    plan = read_recipe(recipe)
    with tempfile.TemporaryDirectory() as scratch:
        samples = _samples(plan, recipe, root, specs, Path(scratch))
        held = split_by_scene(samples, plan.split, descriptor_of(weights))
    write_held_out(out, held)
    typer.echo(t("{val} pictures for val, {test} for test", val=len(held.val), test=len(held.test)))


def specs_of(plan: Recipe, recipe: Path, folder: Path | None, root: Path) -> list[DatasetSpec]:
    """The YAMLs of a recipe's sets: from the folder of specs, else from the set's own folder."""
    from detect.training.dataset import read_spec

    where = folder or recipe.resolve().parent.parent.parent / "datasets"
    shipped = {name: where / f"{name}.yaml" for name in plan.datasets}
    own = {name: root / name / "dataset.yaml" for name in plan.datasets}
    return [
        read_spec(shipped[n] if shipped[n].is_file() or not own[n].is_file() else own[n])
        for n in plan.datasets
    ]


def _samples(
    plan: Recipe, recipe: Path, root: Path, specs: Path | None, scratch: Path
) -> list[Sample]:
    from detect.training.build import collect

    return collect(specs_of(plan, recipe, specs, root), root, plan.class_names, scratch)


def descriptor_of(weights: Path | None) -> Descriptor:
    """What compares pictures: a checkpoint's backbone, else colour and layout."""
    from detect.training.scenes import COLOUR_AND_LAYOUT

    if weights is None:
        return COLOUR_AND_LAYOUT
    try:
        from detect.training.embedding import backbone_descriptor
    except ImportError as error:
        from detect.training.errors import MissingExtraError

        raise MissingExtraError(error.name or "torch", "torch") from error
    return backbone_descriptor(weights)
