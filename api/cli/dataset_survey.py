"""``tidycity datasets check``, ``stats`` and ``show``: what is in data sets, what is wrong."""

from __future__ import annotations

import json
import random
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.exits import Exit
from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.i18n import Lang
    from detect.datasets.survey import Survey

What = Annotated[Path, typer.Argument(help=t("Training recipe, or the folder of one data set"))]
Root = Annotated[
    Path | None, typer.Option(help=t("Folder that holds one folder a data set (for a recipe)"))
]
Specs = Annotated[Path | None, typer.Option(help=t("Folder of data set YAMLs [datasets/]"))]
AsJson = Annotated[bool, typer.Option("--json", help=t("As JSON"))]
Page = Annotated[Path | None, typer.Option("--html", help=t("Also write a page with pictures"))]


def check(
    context: typer.Context,
    what: What,
    root: Root = None,
    specs: Specs = None,
    html: Page = None,
    as_json: AsJson = False,
) -> None:
    """Ends with a code above 0 where training or measuring on the sets would go wrong."""
    from api.datasets.page import survey_page

    found, classes = _look(what, root, specs)
    lang = session_of(context).lang
    if html:
        _write(html, survey_page(found, classes, lang))
    if as_json:
        raw = {
            "pictures": len(found.samples),
            "empty": found.empty,
            "counts": found.counts(),
            "findings": [asdict(finding) for finding in found.findings],
        }
        typer.echo(json.dumps(raw, ensure_ascii=False))
    else:
        _tell(found, lang)
    raise typer.Exit(Exit.USAGE if found.serious else Exit.OK)


def stats(
    context: typer.Context,
    what: What,
    root: Root = None,
    specs: Specs = None,
    html: Page = None,
    as_json: AsJson = False,
) -> None:
    """A table on standard output; plots on the page."""
    from api.datasets.page import sample_cells, statistics_page
    from detect.datasets.statistics import statistics

    found, classes = _look(what, root, specs)
    counted = statistics(found, classes)
    if html:
        cells = sample_cells(found, classes, _some(found, 20, seed=0))
        _write(html, statistics_page(counted, cells, classes, session_of(context).lang))
    if as_json:
        typer.echo(json.dumps(asdict(counted), ensure_ascii=False))
        return
    typer.echo("\t".join(["data set", "pictures", *classes]))
    for name, boxes in counted.boxes.items():
        row = [name, counted.pictures[name], *(boxes[c] for c in classes)]
        typer.echo("\t".join(str(cell) for cell in row))


def show(
    what: What,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Picture to write: .png or .jpg"))],
    root: Root = None,
    specs: Specs = None,
    n: Annotated[int, typer.Option("--n", min=1, max=400, help=t("How many pictures"))] = 40,
    seed: Annotated[int, typer.Option(help=t("Which ones: another seed, other pictures"))] = 0,
    label: Annotated[
        str | None, typer.Option("--class", help=t("Only pictures with this class"))
    ] = None,
) -> None:
    """Writes a contact sheet of pictures chosen by chance, with their boxes."""
    import cv2

    from api.datasets.page import sample_cells
    from detect.datasets.sheet import contact_sheet
    from detect.training.errors import DatasetError

    found, classes = _look(what, root, specs)
    if label is not None and label not in classes:
        raise DatasetError(f"no class '{label}'; there are {', '.join(classes)}")
    wanted = None if label is None else classes.index(label)
    sheet = contact_sheet(sample_cells(found, classes, _some(found, n, seed, wanted)), classes)
    suffix = out.suffix.lower() if out.suffix.lower() in {".png", ".jpg", ".jpeg"} else ".png"
    _, data = cv2.imencode(suffix, sheet)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data.tobytes())
    typer.echo(t("written: {path}", path=out))


def _look(what: Path, root: Path | None, specs: Path | None) -> tuple[Survey, list[str]]:
    """The survey of a recipe's sets, or of the one set in a folder, and the classes."""
    from detect.datasets.survey import survey
    from detect.training.dataset import read_spec
    from detect.training.errors import DatasetError
    from detect.training.held_out import read_held_out
    from detect.training.recipe import read_recipe

    if what.is_dir():
        spec = read_spec(what / "dataset.yaml")
        classes = sorted({target for target in spec.class_map.values() if target})
        return survey([spec], {spec.id: what}, classes), classes
    if root is None:
        raise DatasetError(
            "a recipe's data sets lie somewhere", mend="Name the folder that holds them: --root."
        )
    plan = read_recipe(what)
    from api.cli.datasets import specs_of

    found = specs_of(plan, what, specs, root)
    for spec in found:
        if not (root / spec.id).is_dir():
            raise DatasetError(f"{spec.id}: no folder {root / spec.id}", mend="See --root.")
    fixed = plan.split.held_out
    held = read_held_out(what.parent / fixed) if fixed else None
    return survey(found, root, plan.class_names, held), plan.class_names


def _some(found: Survey, n: int, seed: int, class_id: int | None = None) -> list[str]:
    from detect.datasets.survey import key_of

    fitting = [key_of(s) for s in found.samples if class_id is None or class_id in s.boxes.class_id]
    return sorted(random.Random(seed).sample(fitting, min(n, len(fitting))))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _tell(found: Survey, lang: Lang) -> None:
    from api.datasets.words import kind_words
    from detect.datasets.survey import groups_of

    for kind, findings in groups_of(found.findings).items():
        typer.echo(f"{kind_words(kind, lang)}: {len(findings)}", err=kind.serious)
        for finding in findings[:10]:
            typer.echo(f"  {', '.join(finding.pictures)}  {finding.message}", err=kind.serious)
        if len(findings) > 10:
            typer.echo(t("  … and {n} more (--json has all)", n=len(findings) - 10))
    if not found.serious:
        n = len(found.samples)
        typer.echo(t("{n} pictures and their labels can be used", lang, n=n))
