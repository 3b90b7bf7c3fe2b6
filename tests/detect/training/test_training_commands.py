"""The verbs datasets, evaluate and models, on drawn pictures and the shipped model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from drawn_sets import scene_picture, write_set, write_spec
from typer.testing import CliRunner

from api.cli import datasets, evaluate, models, train
from api.cli.exits import Exit, telling_errors

ROOT = Path(__file__).parents[3]
RECIPE = """
model: tiny
weights: yolo26n.pt
classes:
  - {name: garbage, category: litter.pile, names: {zh: 暴露垃圾, en: garbage}}
  - {name: litter, category: litter.scattered, names: {zh: 散落垃圾, en: litter}}
datasets: [drawn]
split: {seed: 1, val: 0.2, test: 0.3}
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    box = (0.5, 0.5, 0.2, 0.2)
    pictures = {f"p{i:02}": (scene_picture(i, 200), [(i % 2, *box)]) for i in range(20)}
    write_set(tmp_path / "sets" / "drawn", pictures)
    (tmp_path / "datasets").mkdir()
    write_spec(tmp_path / "datasets" / "drawn.yaml")
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    (tmp_path / "models" / "tiny" / "recipe.yaml").write_text(RECIPE)
    return tmp_path


def run(app: typer.Typer, *arguments: object) -> tuple[int, str]:
    outcome = CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=True)
    if outcome.exception is not None and not isinstance(outcome.exception, SystemExit):
        try:
            with telling_errors():
                raise outcome.exception
        except SystemExit as ending:
            return int(ending.code or 0), outcome.output
    return outcome.exit_code, outcome.output


def alone(function: object) -> typer.Typer:
    app = typer.Typer()
    app.command()(function)
    return app


def test_a_set_is_built_checked_split_and_counted(place: Path) -> None:
    recipe, root = place / "models" / "tiny" / "recipe.yaml", place / "sets"
    code, text = run(datasets.app, "build", recipe, place / "built", "--root", root)
    assert code == Exit.OK, text
    assert (place / "built" / "data.yaml").is_file()
    code, text = run(datasets.app, "check", recipe, "--root", root)
    assert (code, "20" in text) == (Exit.OK, True)
    code, text = run(datasets.app, "stats", recipe, "--root", root)
    assert text.splitlines()[1].split("\t") == ["drawn", "20", "10", "10"]
    code, _ = run(datasets.app, "split", recipe, place / "held.json", "--root", root)
    held = json.loads((place / "held.json").read_text())
    assert held["test"]
    fixed = recipe.read_text().replace("test: 0.3", "test: 0.3, held_out: held.json")
    recipe.write_text(fixed)
    (recipe.parent / "held.json").write_text((place / "held.json").read_text())
    code, text = run(datasets.app, "build", recipe, place / "again", "--root", root)
    assert code == Exit.OK, text
    first = json.loads((place / "built" / "manifest.json").read_text())
    again = json.loads((place / "again" / "manifest.json").read_text())
    assert {e["file"]: e["split"] for e in first} == {e["file"]: e["split"] for e in again}


def test_a_broken_picture_ends_check_with_its_name(place: Path) -> None:
    (place / "sets" / "drawn" / "images" / "p03.png").write_bytes(b"not a picture")
    recipe = place / "models" / "tiny" / "recipe.yaml"
    code, _ = run(datasets.app, "check", recipe, "--root", place / "sets")
    assert code == Exit.USAGE


def test_a_missing_root_is_a_usage_error(place: Path) -> None:
    recipe = place / "models" / "tiny" / "recipe.yaml"
    code, _ = run(datasets.app, "build", recipe, place / "built", "--root", place / "nowhere")
    assert code == Exit.USAGE
    assert not (place / "built").exists()


def built_for_street(place: Path) -> Path:
    built = place / "street"
    rows = []
    for index in range(3):
        name = f"drawn-p{index:02}.png"
        for kind in ("images", "labels"):
            (built / kind / "test").mkdir(parents=True, exist_ok=True)
        source = place / "sets" / "drawn" / "images" / f"p{index:02}.png"
        (built / "images" / "test" / name).write_bytes(source.read_bytes())
        label = "1 0.5 0.5 0.2 0.2\n"
        (built / "labels" / "test" / name).with_suffix(".txt").write_text(label)
        everything = ["garbage", "bin", "overflow", "litter", "bag"]
        row = {"file": name, "dataset": "drawn", "split": "test", "scene": index}
        rows.append({**row, "exhaustive": everything})
    (built / "manifest.json").write_text(json.dumps(rows))
    return built


def test_evaluation_tells_figures_and_keeps_the_gate(place: Path) -> None:
    built, app = built_for_street(place), alone(evaluate.evaluate)
    code, text = run(app, "street", built, "--draws", 5, "--json", "-o", place / "f.json")
    assert code == Exit.OK, text
    report = json.loads(text)
    assert report["classes"]["bin"]["boxes"] == 3
    assert json.loads((place / "f.json").read_text()) == report
    code, text = run(app, "street", built, "--draws", 5, "--require", "bin.ap50=1")
    assert code == Exit.GATE_MISSED
    code, text = run(app, "street", built, "--draws", 0)
    assert (code, "bin" in text) == (Exit.OK, True)
    code, _ = run(app, "street", built, "--require", "bin")
    assert code == Exit.USAGE
    code, _ = run(app, "street", built, "--split", "val")
    assert code == Exit.USAGE


def test_the_page_is_one_file_with_plots_and_mistakes(place: Path) -> None:
    built, app = built_for_street(place), alone(evaluate.evaluate)
    page = place / "out" / "page.html"
    code, text = run(app, "street", built, "--draws", 5, "--report", page, "--worst", 2)
    assert code == Exit.OK, text
    html = page.read_text()
    assert html.count("<svg") >= 2
    assert 'src="data:image/jpeg;base64,' in html
    assert "http" not in html
    assert list(page.parent.iterdir()) == [page]
    code, text = run(app, "street", built, "--draws", 0, "--json")
    parts = json.loads(text)["parts"]
    assert parts["by_source"]["drawn"]["pictures"] == 3
    assert parts["confusion"]["bin"]["missed"] + parts["confusion"]["bin"]["bin"] <= 3


def test_the_gate_knows_a_most_for_clean_pictures(place: Path) -> None:
    built, app = built_for_street(place), alone(evaluate.evaluate)
    for kind in ("images", "labels"):
        for path in (built / kind / "test").iterdir():
            if kind == "labels":
                path.write_text("")
    code, text = run(
        app, "street", built, "--draws", 5, "--require", "clean.candidates_per_100=300"
    )
    assert code == Exit.OK, text
    code, _ = run(app, "street", built, "--require", "clean.candidates_per_100=lots")
    assert code == Exit.USAGE
    code, _ = run(app, "street", built, "--require", "bin.ap50=0.5")
    assert code == Exit.USAGE, "nothing of the class is labelled: not measured"


def test_models_are_listed() -> None:
    code, text = run(models.app, "list", "--json")
    assert code == Exit.OK
    assert json.loads(text)[0]["name"] == "street"
    code, text = run(models.app, "list")
    assert "litter.pile" in text


def test_training_without_torch_says_how_to_get_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "detect.training.trainer", None)
    recipe = place / "models" / "tiny" / "recipe.yaml"
    code, _ = run(alone(train.train), recipe, place / "built", "-o", place / "run")
    assert code == Exit.INTERNAL
