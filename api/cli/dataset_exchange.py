"""``tidycity datasets import`` and ``export``: labels from other tools and back to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from api.cli.exits import Exit, tell
from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from detect.datasets.importing import Imported

Pictures = Annotated[
    Path | None, typer.Option(help=t("Folder of the pictures, where they lie elsewhere"))
]


def import_(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help=t("Folder or file that a labelling tool wrote"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Folder to write; must not exist"))],
    form: Annotated[
        str,
        typer.Option("--format", help=t("auto, yolo, coco, voc, labelme, cvat or label-studio")),
    ] = "auto",
    classes: Annotated[
        Path | None,
        typer.Option(help=t("YAML: their class to our class or category, or null")),
    ] = None,
    pictures: Pictures = None,
    outside: Annotated[
        Literal["clip", "drop", "refuse"],
        typer.Option(help=t("What becomes of boxes that reach over the picture's edge")),
    ] = "clip",
    skip_broken: Annotated[
        bool, typer.Option("--skip-broken", help=t("Leave out pictures that can't be used"))
    ] = False,
    origin: Annotated[
        str, typer.Option("--source", help=t("Where the set comes from, for its YAML"))
    ] = "not stated",
    licence: Annotated[str, typer.Option(help=t("Its licence, for its YAML"))] = "not stated",
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON"))] = False,
) -> None:
    """Imports a labelled set; says what was clipped, dropped and left out."""
    from detect.datasets.class_map import read_class_map, same_names
    from detect.datasets.formats import read_labels
    from detect.datasets.importing import About, import_set
    from detect.datasets.own_classes import own_classes
    from detect.datasets.picture_finder import PictureFinder
    from issues.catalogue import load_catalogue

    catalogue = load_catalogue(session_of(context).settings().catalogue)
    known = own_classes(sorted(catalogue.categories))
    labels = read_labels(source, form)
    chosen = read_class_map(classes, known) if classes else same_names(labels.names, known)
    folder = source if source.is_dir() else source.parent
    finder = PictureFinder(*([pictures] if pictures else []), folder)
    about = About(out.resolve().name, origin, licence)
    done = import_set(labels, chosen, about, finder, out, outside=outside, skip_broken=skip_broken)
    if as_json:
        typer.echo(json.dumps(_json(done), ensure_ascii=False))
    else:
        _tell(done, out)
    raise typer.Exit(Exit.SOME_UNREADABLE if done.broken else Exit.OK)


def export(
    folder: Annotated[Path, typer.Argument(help=t("Data set: images/, labels/, dataset.yaml"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Folder to write; must not exist"))],
    form: Annotated[
        str, typer.Option("--format", help=t("yolo, coco, label-studio or cvat"))
    ] = "yolo",
    spec: Annotated[
        Path | None, typer.Option(help=t("The set's YAML [dataset.yaml in its folder]"))
    ] = None,
) -> None:
    """Writes a data set for another tool, with its own class names."""
    from detect.datasets.exporting import export_set
    from detect.datasets.layout import drawn_pictures
    from detect.training.dataset import read_spec

    about = read_spec(spec or folder / "dataset.yaml")
    pictures = drawn_pictures(about, folder)
    export_set(pictures, about.names, out, form)
    typer.echo(t("{n} pictures written to {path}", n=len(pictures), path=out))


def _json(done: Imported) -> dict[str, object]:
    return {
        "format": done.format,
        "pictures": done.pictures,
        "boxes": dict(done.boxes),
        "clean": done.clean,
        "clipped": done.clipped,
        "dropped": done.dropped,
        "skipped_shapes": done.skipped_shapes,
        "unlabelled": done.unlabelled,
        "broken": done.broken,
    }


def _tell(done: Imported, out: Path) -> None:
    typer.echo(
        t(
            "{format}: {n} pictures ({clean} without objects), {boxes} boxes written to {path}",
            format=done.format,
            n=done.pictures,
            clean=done.clean,
            boxes=done.boxes.total(),
            path=out,
        )
    )
    counts = (
        (t("{n} boxes clipped to their picture", n=done.clipped), done.clipped),
        (t("{n} boxes dropped: nothing of them is inside", n=done.dropped), done.dropped),
        (t("{n} shapes without an area left out", n=done.skipped_shapes), done.skipped_shapes),
        (t("{n} pictures nobody has labelled left out", n=done.unlabelled), done.unlabelled),
        (t("{n} pictures that can't be used left out", n=len(done.broken)), len(done.broken)),
    )
    for sentence, count in counts:
        if count:
            typer.echo("  " + sentence)
    for line in done.broken[:20]:
        tell(line, code="bad_dataset")
