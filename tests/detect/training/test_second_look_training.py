"""A second look is trained, judged and put beside its model: only green tells cells apart."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cv2
import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as op

sys.path.insert(0, str(Path(__file__).parents[1]))
from tiny_model import build_network, save_model

from api.cli import main
from detect.engines import open_engine
from detect.engines.several import look
from detect.model_folder import load_card
from detect.training.candidates import LAYERS, feature_network
from detect.training.errors import DatasetError
from detect.training.measure import look as look_for_measuring
from detect.training.model_release import sha256_of
from detect.training.second_look import train_second_look

CELLS = ((1, 1), (1, 5), (5, 1), (5, 5), (3, 3), (8, 8))
PICTURES = {"train": 10, "val": 16, "test": 8}


def with_layers(folder: Path) -> Path:
    """The tiny model with layers of the names that YOLO26's have, of which nothing depends."""
    save_model(folder, input_px=320)
    network = build_network("raw")
    image = network.get_parameters()[0]
    kept = []
    for layer in LAYERS:
        size = [layer, layer]
        pooled = op.avg_pool(image, size, [0, 0], [0, 0], size, exclude_pad=True)
        added = op.add(pooled, np.float32(0))
        added.set_friendly_name(f"__module.model.{layer}.cv2.conv/aten::_convolution/Add")
        total = op.reduce_mean(op.swish(added), np.array([1, 2, 3], np.int64), False)
        kept.append(op.multiply(total, np.float32(0)))
    output = network.get_results()[0].input_value(0)
    ending = op.add(output, op.add(op.add(kept[0], kept[1]), kept[2]))
    ov.save_model(ov.Model([ending], [image], "layers"), folder / "model.xml", False)
    card = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    card["sha256"] = {name: sha256_of(folder / name) for name in ("model.xml", "model.bin")}
    (folder / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")
    return folder


def built_set(folder: Path, *, alike: bool = False) -> Path:
    """Red cells with green in them are labelled, plain red ones are not."""
    rng = np.random.default_rng(0)
    rows = []
    for split, count in PICTURES.items():
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 40, (320, 320, 3), np.uint8)
            lines = []
            for place, (column, row) in enumerate(CELLS):
                true = place % 2 == 0 and number != 0
                top, left = row * 32, column * 32
                image[top : top + 32, left : left + 32] = (0, 220 if true and not alike else 0, 255)
                centre = ((column + 0.5) / 10, (row + 0.5) / 10)
                lines += [f"0 {centre[0]} {centre[1]} 0.1 0.1\n"] if true or alike else []
            name = f"{split}{number}"
            cv2.imwrite(str(folder / "images" / split / f"{name}.png"), image)
            (folder / "labels" / split / f"{name}.txt").write_text("".join(lines))
            rows.append({"file": f"{name}.png", "dataset": "cells", "split": split,
                         "scene": number, "exhaustive": ["red"]})  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(rows))
    return folder


def test_it_learns_what_tells_them_apart_and_is_switched_on(tmp_path: Path) -> None:
    model, built = with_layers(tmp_path / "model"), built_set(tmp_path / "built")
    figures = train_second_look(model, built)
    row = figures["together"]
    assert row["thresholds"] == figures["classes"]["red"]["thresholds"]
    assert row["before"] == [21, 27]
    assert row["after"][0] >= 20
    assert row["after"][1] <= 3
    assert row["precision_gain_interval"][0] > 0
    assert figures["clean"]["per_100"] < figures["clean"]["per_100_before"]
    assert figures["on"]
    card = load_card(model)
    assert card.second_look is not None
    assert card.second_look.on
    assert {"second-look.xml", "second-look.bin", "model.bin"} <= set(card.sha256)
    image = cv2.imread(str(built / "images" / "test" / "test1.png"))
    assert len(look(open_engine(model), image, (320, 320), "off")) == 3
    assert len(look(open_engine(model, second_look=False), image, (320, 320), "off")) == 6
    assert look_for_measuring(model, []) == []
    assert not [path.name for path in model.iterdir() if path.name.startswith("part-")]


def test_the_command_tells_in_words_and_in_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, built = with_layers(tmp_path / "model"), built_set(tmp_path / "built")
    for words in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            main(["--lang", "en", "models", "second-look", str(model), str(built), *words])
        assert not ended.value.code
        told = capsys.readouterr().out
        if words:
            assert json.loads(told)["on"]
        else:
            assert "red: true 21 → " in told
            assert "second look: on" in told


def test_without_look_alikes_there_is_nothing_to_learn(tmp_path: Path) -> None:
    model, built = with_layers(tmp_path / "model"), built_set(tmp_path / "built", alike=True)
    with pytest.raises(DatasetError, match="all true, or all false"):
        train_second_look(model, built)
    assert load_card(model).second_look is None
    assert not (model / "second-look.xml").exists()


def test_a_network_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no layer 4"):
        feature_network(save_model(tmp_path / "model") / "model.xml")
