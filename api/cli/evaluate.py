"""``tidycity evaluate``: how good a model is on pictures held out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.exits import Exit
from api.i18n import t


def evaluate(
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
    as_json: Annotated[bool, typer.Option("--json", help=t("Figures as JSON"))] = False,
) -> None:
    """Measures; ends with exit code 7 where a required figure is missed."""
    from detect.model_folder import load_card
    from detect.training.measure import evaluate_folder, missed, parse_requirement

    needs = [parse_requirement(text) for text in require or []]
    report = evaluate_folder(load_card(model).folder, built, split, draws)[0]
    text = json.dumps(report, indent=1, ensure_ascii=False)
    if output is not None:
        part = output.with_name(output.name + ".part")
        part.write_text(text + "\n", encoding="utf-8")
        part.replace(output)
    typer.echo(text if as_json else _table(report))
    if sentences := missed(report, needs):
        for sentence in sentences:
            typer.echo(t("missed: {sentence}", sentence=sentence), err=True)
        raise typer.Exit(Exit.GATE_MISSED)


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
                "{n} false candidates on {pictures} clean pictures: {rate} on 100",
                n=clean["candidates"],
                pictures=clean["pictures"],
                rate=clean["candidates_per_100"],
            )
        )
    return "\n".join(lines)


def _bounds(interval: Sequence[float] | None) -> str:
    return f"{'-':>13}" if interval is None else f"{interval[0]:7.3f}-{interval[1]:.3f}"
