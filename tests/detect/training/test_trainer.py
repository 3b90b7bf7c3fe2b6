"""A real, tiny training run: it learns from partial labels, stops, and goes on where it stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from drawn_sets import scene_picture, write_set, write_spec

pytest.importorskip("torch", reason="torch is not installed (extra torch)")
pytest.importorskip("ultralytics", reason="ultralytics is not installed (extra torch)")

from detect.training.build import build, collect
from detect.training.dataset import read_spec
from detect.training.early_stop import VALIDATION, Patience
from detect.training.errors import RecipeError
from detect.training.held_out import HeldOut
from detect.training.recipe import ClassPlan, Recipe, TrainPlan
from detect.training.split import SplitPlan
from detect.training.trainer import train
from detect.training.weights import check_weights

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore"),  # torch's and ultralytics' own
]
CLASSES = ("garbage", "litter")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name, more in (("drawn", ""), ("other", "")):
        pictures = {
            f"p{i}": (scene_picture(i, 64), [(i % 2, 0.5, 0.5, 0.4, 0.4)]) for i in range(8)
        }
        write_set(tmp_path / "sets" / name, pictures)
        write_spec(tmp_path / f"{name}.yaml", name, more)
    text = (tmp_path / "other.yaml").read_text().replace("[garbage]", "[garbage, litter]")
    (tmp_path / "other.yaml").write_text(text)
    specs = [read_spec(tmp_path / f"{name}.yaml") for name in ("drawn", "other")]
    samples = collect(specs, tmp_path / "sets", CLASSES, tmp_path / "scratch")
    held = HeldOut({"drawn/p0.png": 1}, {"drawn/p1.png": 2}, frozenset())
    build(samples, CLASSES, held, tmp_path / "built")
    return tmp_path / "built"


def recipe(**changes: object) -> Recipe:
    plan = TrainPlan(
        epochs=2, image_px=64, batch=4, freeze=2, threads=1, workers=0, augment={"mosaic": 1.0}
    )
    return Recipe(
        model="tiny",
        weights="yolo26n.yaml",
        classes=tuple(ClassPlan(name, None, {}) for name in CLASSES),
        datasets=("drawn", "other"),
        split=SplitPlan(0, 0.2, 0.2),
        train=replace(plan, **changes),
    )


def test_a_run_ends_and_can_be_resumed(built: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    out = tmp_path / "run"
    last = train(recipe(epochs=2), built, out, lambda row: told.append(dict(row)))
    assert last == out / "weights" / "last.pt"
    assert [row["epoch"] for row in told] == [1, 2]
    assert json.loads((out / "progress.json").read_text())["epoch"] == 2
    with pytest.raises(AssertionError, match="finished"):
        train(recipe(epochs=2), built, out, resume=True)


def test_a_run_on_the_clock_stops_on_time(built: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    plan = recipe(epochs=500, budget_min=0.05, first_px=32)
    train(plan, built, tmp_path / "run", lambda row: told.append(dict(row)))
    assert told[-1]["part"] == 1
    assert told[-1]["epoch"] < 500


def test_a_run_that_gets_no_better_ends_and_keeps_its_best(built: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    plan = recipe(epochs=500, validate_min=0.001, patience=2, learning_rate=1e-9, head="raw")
    out = tmp_path / "run"
    last = train(plan, built, out, lambda row: told.append(dict(row)))
    figures = [float(line.split(",")[2]) for line in (out / VALIDATION).read_text().splitlines()]
    assert told[-1]["epoch"] < 500
    assert len(figures) >= 3
    assert max(figures[-2:]) <= max(figures[:-2])
    check_weights(str(last.with_name("best.pt")), 2)
    assert last.with_name("best.pt").stat().st_ino != last.stat().st_ino
    assert Patience.read(out / VALIDATION, 2, resume=True).over


def test_two_processes_train_one_model(built: Path, tmp_path: Path) -> None:
    told: list[dict[str, float]] = []
    plan = recipe(epochs=1, processes=2)
    last = train(plan, built, tmp_path / "run", lambda row: told.append(dict(row)))
    assert last.is_file()
    assert [row["epoch"] for row in told] == [1]


def test_the_head_alone_learns_and_the_rest_stays(built: Path, tmp_path: Path) -> None:
    import torch

    told: list[dict[str, float]] = []
    first = train(recipe(head_only={"steps": 1}, learning_rate=1e-12), built, tmp_path / "first")
    only = {"steps": 25, "pictures": 5, "first": ["other"], "weights": {"litter": 3}}
    plan = replace(recipe(head_only=only, learning_rate=0.01), weights=str(first))
    last = train(plan, built, tmp_path / "run", lambda row: told.append(dict(row)))
    check_weights(str(last), len(CLASSES))
    assert told[-1]["loss"] < told[0]["loss"]
    before, after = (torch.load(path, weights_only=False)["model"] for path in (first, last))
    moved = {
        name.split(".")[1]
        for (name, old), new in zip(
            before.state_dict().items(), after.state_dict().values(), strict=True
        )
        if not torch.equal(old, new)
    }
    assert moved == {str(len(after.model) - 1)}
    with pytest.raises(RecipeError, match="can't be resumed"):
        train(plan, built, tmp_path / "run", resume=True)


def test_classes_of_a_head_may_start_from_those_that_are_known(built: Path, tmp_path: Path) -> None:
    import torch

    first = train(recipe(head_only={"steps": 1}, learning_rate=1e-12), built, tmp_path / "first")
    only = {
        "steps": 1,
        "rare_first": True,
        "from": {"garbage": ["litter"], "litter": ["garbage", "litter"]},
    }
    plan = replace(recipe(head_only=only, learning_rate=1e-12), weights=str(first))
    last = train(plan, built, tmp_path / "run")
    old, new = (
        torch.load(path, weights_only=False)["model"].model[-1].cv3[0][-1].weight.float()
        for path in (first, last)
    )
    assert torch.allclose(new[0], old[1], atol=1e-2)
    assert torch.allclose(new[1], old.mean(dim=0), atol=1e-2)
    unknown = replace(plan, train=replace(plan.train, head_only={**only, "from": {"garbage": []}}))
    with pytest.raises(RecipeError, match="garbage wants classes"):
        train(unknown, built, tmp_path / "unknown")


def test_chips_and_one_head_train_and_are_drawn_more_often(built: Path, tmp_path: Path) -> None:
    import torch

    chips = {"datasets": ["other"], "repeat": 3}
    plan = recipe(epochs=1, head="raw", chips=chips, augment={"mosaic": 0.0})
    last = train(plan, built, tmp_path / "run")
    model = torch.load(last, weights_only=False)["ema"]
    assert model.model[-1].one2one_cv2 is None
    log = (tmp_path / "run" / "results.csv").read_text()
    assert len(log.splitlines()) == 2


def test_a_set_built_for_other_classes_is_refused(built: Path, tmp_path: Path) -> None:
    other = replace(recipe(), classes=(ClassPlan("garbage", None, {}),))
    with pytest.raises(RecipeError, match="build it again"):
        train(other, built, tmp_path / "run")


def test_nothing_to_resume_and_unknown_augmentation_are_refused(
    built: Path, tmp_path: Path
) -> None:
    with pytest.raises(RecipeError, match="nothing to resume"):
        train(recipe(), built, tmp_path / "run", resume=True)
    with pytest.raises(RecipeError, match="mosaik"):
        train(recipe(augment={"mosaik": 1.0}), built, tmp_path / "run")


def test_mosaics_take_only_pictures_that_label_the_same(built: Path) -> None:
    from ultralytics.cfg import get_cfg

    from detect.training.build import read_manifest
    from detect.training.mosaic import GroupedDataset

    entries = read_manifest(built)
    exhaustive = {entry.file: entry.exhaustive for entry in entries}
    data = GroupedDataset(
        img_path=str(built / "images" / "train"),
        imgsz=64,
        batch_size=4,
        hyp=get_cfg(overrides={"mosaic": 1.0}),
        data={"names": dict(enumerate(CLASSES)), "nc": 2, "channels": 3},
        entries=entries,
    )
    for index in range(len(data)):
        data.get_image_and_label(index)
        mine = exhaustive[Path(data.im_files[index]).name]
        names = {Path(data.im_files[i]).name for i in data.peers()}
        assert {exhaustive[name] for name in names} == {mine}
        assert data[index]["img"].shape == (3, 64, 64)
