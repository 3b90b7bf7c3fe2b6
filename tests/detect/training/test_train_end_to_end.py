"""``tidycity train`` and ``tidycity models`` as they are typed, on drawn pictures, with torch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from drawn_sets import scene_picture, write_set, write_spec

pytest.importorskip("torch", reason="torch is not installed (extra torch)")
pytest.importorskip("ultralytics", reason="ultralytics is not installed (extra torch)")

import torch

from api.cli import main
from detect.model_folder import load_card
from detect.training.errors import RecipeError
from detect.training.recipe import read_recipe
from detect.training.release import keep_curves
from detect.training.trainer import train
from detect.training.weights import check_weights, slim

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
ROOT = Path(__file__).parents[3]
COMMAND = (sys.executable, "-c", "from api.cli import main; main()")
RECIPE = """
model: tiny
weights: yolo26n.yaml
classes:
  - {name: garbage, category: litter.pile, names: {zh: 暴露垃圾, en: garbage}}
  - {name: litter, category: litter.scattered, names: {zh: 散落垃圾, en: litter}}
datasets: [drawn]
split: {seed: 1, val: 0.2, test: 0.3}
train: {epochs: 2, image_px: 64, batch: 4, threads: 1, workers: 0, head: raw,
        chips: {datasets: [drawn], repeat: 2}, augment: {mosaic: 0.0}}
careful: {looks: [{px: 64}, {px: 96, mirrored: true}]}
"""


def tidycity(*arguments: object) -> int:
    """The exit code of one command, run in this process: torch is imported once."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("end-to-end")
    pictures = {
        f"p{i:02}": (scene_picture(i, 96), [(i % 2, 0.5, 0.5, 0.4, 0.4)]) for i in range(16)
    }
    write_set(folder / "sets" / "drawn", pictures)
    (folder / "datasets").mkdir()
    text = write_spec(folder / "datasets" / "drawn.yaml").read_text()
    (folder / "datasets" / "drawn.yaml").write_text(text.replace("[garbage]", "[garbage, litter]"))
    (folder / "models" / "tiny").mkdir(parents=True)
    (folder / "models" / "tiny" / "recipe.yaml").write_text(RECIPE)
    done = tidycity(
        "datasets", "build", recipe(folder), folder / "built", "--root", folder / "sets"
    )
    assert done == 0
    return folder


def recipe(folder: Path) -> Path:
    return folder / "models" / "tiny" / "recipe.yaml"


def test_from_recipe_to_a_model_that_runs(place: Path) -> None:
    run, model = place / "run", place / "models" / "tiny"
    done = tidycity("train", recipe(place), place / "built", "--out", run)
    assert done == 0
    last = run / "weights" / "last.pt"
    done = tidycity(
        "models", "release", recipe(place), last, place / "built",
        "--out", model, "--version", "1", "--input-px", "64",
    )  # fmt: skip
    assert done == 0
    assert load_card(model).class_names == ("garbage", "litter")
    metrics = json.loads((model / "metrics.json").read_text())
    assert set(metrics) >= {"val", "test", "thresholds", "careful"}
    assert set(metrics["careful"]["test"]["classes"]) == {"garbage", "litter"}
    assert [(one.px, one.mirrored) for one in load_card(f"{model}@careful").looks] == [
        (64, False),
        (96, True),
    ]
    assert tidycity("evaluate", f"{model}@careful", place / "built") == 0
    assert (model / "curves.csv").read_text().startswith("epoch,time,train/")
    done = tidycity("evaluate", model, place / "built", "--require", "litter.ap50=1")
    assert done == 7
    assert (model / "checkpoint.pt").stat().st_size < last.stat().st_size / 2
    done = tidycity(
        "train", recipe(place), place / "built", "--out", place / "more", "--from", model
    )
    assert done == 0


def test_one_process_leads_two_crews_one_after_the_other(place: Path, tmp_path: Path) -> None:
    two = yaml.safe_load(RECIPE)
    two["train"] |= {"processes": 2, "epochs": 1}
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(two, allow_unicode=True))
    for name in ("first", "second"):
        assert train(read_recipe(path), place / "built", tmp_path / name).exists()


def test_a_killed_run_goes_on(place: Path) -> None:
    long = yaml.safe_load(RECIPE)
    long["train"]["epochs"] = 200
    path = place / "models" / "tiny" / "long.yaml"
    path.write_text(yaml.safe_dump(long, allow_unicode=True))
    run = place / "killed"
    command = [*COMMAND, "train", str(path), str(place / "built")]
    child = subprocess.Popen(
        [*command, "--out", str(run)], cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True
    )
    last = run / "weights" / "last.pt"
    until = time.monotonic() + 180
    while not (run / "progress.json").exists() and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert last.exists()
    before = json.loads((run / "progress.json").read_text())["elapsed_s"]
    done = tidycity("train", path, place / "built", "--out", run, "--resume", "--minutes", "0.02")
    assert done == 0
    assert json.loads((run / "progress.json").read_text())["elapsed_s"] > before


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no weights"):
        check_weights(str(tmp_path / "none.pt"))
    (tmp_path / "text.pt").write_text("not a checkpoint")
    with pytest.raises(RecipeError, match="no checkpoint"):
        check_weights(str(tmp_path / "text.pt"))
    torch.save({"model": torch.nn.Linear(2, 2).state_dict()}, tmp_path / "dict.pt")
    with pytest.raises(RecipeError, match="holds no network"):
        check_weights(str(tmp_path / "dict.pt"))
    torch.save({"model": torch.nn.Sequential(torch.nn.Linear(2, 2))}, tmp_path / "other.pt")
    with pytest.raises(RecipeError, match="holds a Sequential"):
        check_weights(str(tmp_path / "other.pt"))
    check_weights("yolo26n.yaml")


def test_a_full_disk_leaves_the_last_checkpoint_whole(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from detect.training.recipe import read_recipe
    from detect.training.trainer import train

    whole = Path.write_bytes
    written: list[int] = []

    def full(path: Path, data: bytes) -> int:
        if path.name == "last.part" and written:
            whole(path, data[:100])
            raise OSError(28, "No space left on device")
        written.append(len(data))
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(RecipeError, match="No space left") as error:
        train(read_recipe(recipe(place)), place / "built", tmp_path / "run")
    assert error.value.code == "disk_full"
    kept = sorted(path.name for path in (tmp_path / "run" / "weights").iterdir())
    assert kept == ["epoch0.pt", "last.pt"]
    check_weights(str(tmp_path / "run" / "weights" / "last.pt"), 2)
    with pytest.raises(RecipeError, match="another run's"):
        check_weights(str(tmp_path / "run" / "weights" / "last.pt"), 5)
    small = slim(tmp_path / "run" / "weights" / "last.pt", tmp_path / "slim.pt")
    check_weights(str(small))


def test_curves_keep_the_losses_only(tmp_path: Path) -> None:
    assert not keep_curves(tmp_path / "none.csv", tmp_path / "out.csv")
    (tmp_path / "r.csv").write_text("epoch,time,train/box_loss,metrics/mAP50(B)\n1,2.5,0.9,0\n")
    assert keep_curves(tmp_path / "r.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "epoch,time,train/box_loss\n1,2.5,0.9\n"
