"""``tidycity evaluate``: how good a model is on pictures held out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.exits import Exit
from api.cli.session import session_of
from api.i18n import t


def evaluate(
    context: typer.Context,
    model: Annotated[str, typer.Argument(help=t("A model's name or folder"))],
    built: Annotated[Path, typer.Argument(help=t("Set that `tidycity datasets build` wrote"))],
    split: Annotated[str, typer.Option(help=t("train, val or test"))] = "test",
    require: Annotated[
        list[str] | None,
        typer.Option(help=t("A figure to reach, such as litter.ap50=0.6; may be given again")),
    ] = None,
    draws: Annotated[int, typer.Option(help=t("Drawings for the 95 % intervals"), min=0)] = 500,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=t("Also write the figures as JSON"))
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help=t("Also write a page (HTML) with plots and the worst mistakes")),
    ] = None,
    worst: Annotated[int, typer.Option(help=t("Mistakes a class on the page"), min=0)] = 12,
    as_json: Annotated[bool, typer.Option("--json", help=t("Figures as JSON"))] = False,
) -> None:
    """Measures; ends with exit code 7 where a required figure is missed."""
    from detect.model_folder import load_card
    from detect.training.breakdown import break_down
    from detect.training.gate import missed, parse_requirement
    from detect.training.measure import evaluate_folder

    needs = [parse_requirement(text) for text in require or []]
    card = load_card(model)
    figures, pictures, detections = evaluate_folder(model, built, split, draws)
    if output is not None or report is not None or as_json:
        figures = {**figures, "parts": break_down(card, pictures, detections)}
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    if output is not None:
        _write(output, text + "\n")
    if report is not None:
        from api.evaluation.page import Content, page
        from detect.training.worst import worst as worst_of

        limits = [row.threshold for row in card.classes]
        mistakes = worst_of(card.class_names, pictures, detections, limits, worst)
        content = Content(card, split, figures, figures["parts"], mistakes)
        _write(report, page(content, session_of(context).lang))
    typer.echo(text if as_json else _table(figures))
    if sentences := missed(figures, needs):
        for sentence in sentences:
            typer.echo(t("missed: {sentence}", sentence=sentence), err=True)
        raise typer.Exit(Exit.GATE_MISSED)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _table(report: Mapping[str, Any]) -> str:
    lines = [f"{'class':10} {'boxes':>6} {'AP50':>6} {'95 %':>13} {'AP':>6} {'P':>6} {'R':>6}"]
    for name, row in report["classes"].items():
        lines.append(
            f"{name:10} {row['boxes']:6} {row['ap50']:6.3f} {_bounds(row['ap50_interval'])}"
            f" {row['ap']:6.3f} {row['precision']:6.3f} {row['recall']:6.3f}"
        )
    if mean := report.get("mean"):
        bounds = _bounds(mean["ap50_interval"])
        lines.append(f"{'mean':10} {'':6} {mean['ap50']:6.3f} {bounds} {mean['ap']:6.3f}")
    clean = report["clean"]
    if clean["pictures"]:
        lines.append(
            t(
                "{n} false candidates on {pictures} clean pictures: {rate} on 100 ({bounds})",
                n=clean["candidates"],
                pictures=clean["pictures"],
                rate=clean["candidates_per_100"],
                bounds=_bounds(clean["per_100_interval"], 1).strip(),
            )
        )
    return "\n".join(lines)


def _bounds(interval: Sequence[float] | None, places: int = 3) -> str:
    return (
        f"{'-':>13}" if interval is None else f"{interval[0]:7.{places}f}-{interval[1]:.{places}f}"
    )
