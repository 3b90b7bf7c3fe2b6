"""``tidycity models``: which models are here and how far they are trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.session import session_of
from api.i18n import t

FORMS = ("fp16", "int8", "onnx")

app = typer.Typer(no_args_is_help=True)


@app.command(name="list", help=t("List the models, their classes, thresholds and status."))
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=t("As JSON"))] = False,
) -> None:
    """Lists the models of the registry with their classes, thresholds and status."""
    from detect.model_folder import load_card, models_dir, read_registry

    registry = read_registry()
    rows: list[dict[str, Any]] = []
    for name, entry in registry.models.items():
        card = load_card(models_dir() / entry.path)
        rows.append(
            {
                "name": name,
                "default": name in registry.defaults,
                "version": card.version,
                "status": entry.status,
                "input_px": card.input_px,
                "ways": card.ways,
                "classes": [row.model_dump() for row in card.classes],
            }
        )
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False, default=dict))
        return
    lang = session_of(context).lang
    for row in rows:
        mark = " *" if row["default"] else ""
        typer.echo(f"{row['name']} {row['version']} ({row['status']}){mark}")
        for entry in row["classes"]:
            label = entry["names"].get(lang) or entry["name"]
            category = entry["category"] or t("context only")
            strict = "" if entry["strict"] is None else f" (@strict {entry['strict']:.2f})"
            limit = f"≥ {entry['threshold']:.2f}{strict}"
            typer.echo(f"  {label}  {category}  {limit}  {entry['status']}")
        if row["ways"]:
            ways = "  ".join(f"{row['name']}@{way}" for way in row["ways"])
            typer.echo(f"  {t('also')}  {ways}")


@app.command(help=t("Write a checkpoint's network as OpenVINO (fp16, int8) or ONNX."))
def export(
    checkpoint: Annotated[Path, typer.Argument(help=t("Checkpoint that training wrote"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Folder for the network's files"))],
    form: Annotated[str, typer.Option("--format", help=t("fp16, int8 or onnx"))] = "fp16",
    built: Annotated[
        Path | None,
        typer.Option(help=t("int8: the built set whose training pictures calibrate it")),
    ] = None,
    pictures: Annotated[int, typer.Option(help=t("int8: how many of them"), min=1)] = 100,
    input_px: Annotated[int, typer.Option(help=t("Longer side that the network sees"))] = 640,
    head: Annotated[str, typer.Option(help=t("raw or end2end"))] = "raw",
) -> None:
    """Writes the network alone: no card, no figures (see ``release``)."""
    from detect.training.errors import MissingExtraError

    if form not in FORMS:
        raise typer.BadParameter(f"--format takes {', '.join(FORMS)}, got {form!r}")
    if form == "int8" and built is None:
        raise typer.BadParameter("int8 wants --built: pictures to calibrate on")
    try:
        from detect.training import export as exporting
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch") from error
    if form == "onnx":
        written = exporting.export_onnx(checkpoint, out, input_px, head)
    else:
        written = exporting.export_openvino(checkpoint, out, input_px, head)
    if form == "int8" and built is not None:
        drawn = exporting.calibration_pictures(built, pictures)
        written = exporting.quantise(written, drawn, input_px, out, exporting.INT8_FILE)
    size_mb = sum(p.stat().st_size for p in out.glob(f"{written.stem}.*")) / 1e6
    typer.echo(t("wrote {path}, {size} MB", path=written, size=f"{size_mb:.1f}"))


@app.command(help=t("Export a checkpoint, choose its thresholds on val, measure it on test."))
def release(
    recipe: Annotated[Path, typer.Argument(help=t("Training recipe, models/<name>/recipe.yaml"))],
    checkpoint: Annotated[Path, typer.Argument(help=t("Checkpoint that training wrote"))],
    built: Annotated[Path, typer.Argument(help=t("Set that `tidycity datasets build` wrote"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("The model's folder"))],
    version: Annotated[str, typer.Option(help=t("Version that stands on every observation"))],
    input_px: Annotated[int, typer.Option(help=t("Longer side that the network sees"))] = 640,
    head: Annotated[str, typer.Option(help=t("raw or end2end"))] = "raw",
) -> None:
    """Puts a trained model into its folder."""
    from detect.training.errors import MissingExtraError
    from detect.training.recipe import read_recipe

    try:
        from detect.training.release import ReleasePlan
        from detect.training.release import release as run
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch") from error
    metrics = run(read_recipe(recipe), checkpoint, built, out, ReleasePlan(version, input_px, head))
    typer.echo(json.dumps(metrics["test"], ensure_ascii=False, indent=1))


@app.command(help=t("Average two trainings of one network: often better than either."))
def average(
    first: Annotated[Path, typer.Argument(help=t("Checkpoint that training wrote"))],
    second: Annotated[Path, typer.Argument(help=t("Another of the same network"))],
    out: Annotated[Path, typer.Option("--out", "-o", help=t("Checkpoint to write"))],
    share: Annotated[float, typer.Option(help=t("The second's share, 0 to 1"))] = 0.5,
) -> None:
    """Writes the mean of both weights; measure it on val before you release it."""
    from detect.training.errors import MissingExtraError

    try:
        from detect.training.averaging import average_checkpoints
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "torch") from error
    typer.echo(t("wrote {path}", path=average_checkpoints(first, second, share, out)))


@app.command("second-look", help=t("Train the small network that judges a model's candidates."))
def second_look(
    model: Annotated[str, typer.Argument(help=t("A model's name or folder"))],
    built: Annotated[Path, typer.Argument(help=t("Set that `tidycity datasets build` wrote"))],
    pictures: Annotated[
        int, typer.Option(help=t("Learn from so many training pictures"), min=20)
    ] = 1500,
    as_json: Annotated[bool, typer.Option("--json", help=t("Figures as JSON"))] = False,
) -> None:
    """Trains it on train and val, judges it on test, puts it into the model's folder."""
    from detect.model_folder import load_card
    from detect.training.second_look import train_second_look

    figures = train_second_look(load_card(model).folder, built, pictures)
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))
        return
    for name, row in figures["classes"].items():
        (true, false), (kept, left), (_, by) = row["before"], row["after"], row["by_threshold"]
        typer.echo(
            t(
                "{name}: true {true} → {kept}, false {false} → {left}; "
                "a raised threshold leaves {by} false",
                name=name,
                true=true,
                kept=kept,
                false=false,
                left=left,
                by=by,
            )
        )
    clean = figures["clean"]
    if clean["pictures"]:
        typer.echo(
            t(
                "on 100 clean pictures: {before} false candidates → {after}; "
                "a raised threshold leaves {by}",
                before=clean["per_100_before"],
                after=clean["per_100"],
                by=clean["per_100_by_threshold"],
            )
        )
    typer.echo(
        t("second look: on, since it helps")
        if figures["on"]
        else t("second look: off, since it does not help beyond chance")
    )
