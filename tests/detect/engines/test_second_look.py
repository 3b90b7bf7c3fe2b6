"""The second look at work: what it sees of a candidate, what it drops, when it runs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import yaml
from openvino import opset13 as op
from tiny_model import save_model

from detect.engines import open_engine
from detect.engines.second_look import FACTS, SIDE_PX, cut, facts
from detect.engines.several import look
from detect.errors import ModelError
from detect.observe import observations
from detect.types import Detections, Image

NAMES = ("red", "blue")


def greenness(folder: Path, facts_wide: int = len(NAMES) + FACTS) -> None:
    """A second look that believes in candidates with green in their crop."""
    crop = op.parameter([1, SIDE_PX, SIDE_PX, 3], np.uint8, name="crop")
    told = op.parameter([1, facts_wide], np.float32, name="facts")
    middle = op.slice(crop, [0, 38, 38, 1], [1, 58, 58, 2], [1, 1, 1, 1])
    share = op.reduce_mean(op.convert(middle, "f32"), np.array([1, 2], np.int64), False)
    untold = op.multiply(op.reduce_mean(told, np.array([1], np.int64), True), np.float32(0))
    score = op.add(op.multiply(share, np.float32(1 / 255)), untold)
    ov.save_model(ov.Model([score], [crop, told], "green"), folder / "second-look.xml")


def model_with(folder: Path, *, on: bool, **limits: float) -> Path:
    save_model(folder, input_px=320)
    greenness(folder)
    card = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    card["second_look"] = {"on": on, "file": "second-look.xml", "thresholds": limits}
    for name in ("second-look.xml", "second-look.bin"):
        card["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")
    return folder


def picture() -> Image:
    """A red cell, a red cell with green in it, a blue cell (BGR)."""
    image = np.zeros((320, 320, 3), np.uint8)
    image[32:64, 32:64] = (0, 0, 255)
    image[96:128, 96:128] = (0, 200, 255)
    image[160:192, 160:192] = (255, 0, 0)
    return image


def test_a_crop_shows_the_box_with_its_surroundings_and_grey_beyond_the_picture() -> None:
    crop = cut(picture(), np.array([96, 96, 128, 128], np.float32))
    assert crop.shape == (SIDE_PX, SIDE_PX, 3)
    assert tuple(crop[SIDE_PX // 2, SIDE_PX // 2]) == (0, 200, 255)
    assert tuple(crop[2, 2]) == (0, 0, 0)
    corner = cut(picture(), np.array([0, 0, 20, 20], np.float32))
    assert tuple(corner[0, 0]) == (114, 114, 114)
    assert cut(picture(), np.array([319, 319, 319, 319], np.float32)).shape == crop.shape


def test_facts_are_finite_even_for_odd_boxes() -> None:
    found = Detections.of([[0, 0, 0, 0], [5, 5, 25, 15]], [1.0, 0.4], [0, 1], NAMES)
    rows = facts(found, (320, 320, 3))
    assert rows.shape == (2, len(NAMES) + FACTS)
    assert np.isfinite(rows).all()
    assert rows[:, :2].tolist() == [[1, 0], [0, 1]]
    assert rows[1, 2] == pytest.approx(np.log(0.4 / 0.6), abs=1e-5)


def test_what_it_does_not_believe_is_dropped_and_the_rest_tells_its_score(tmp_path: Path) -> None:
    engine = open_engine(model_with(tmp_path, on=True, red=0.3))
    image = picture()
    assert len(engine.detect([image])[0]) == 3
    found = look(engine, image, (320, 320), "off")
    assert [found.names[i] for i in found.class_id] == ["red", "blue"]
    assert found.second is not None
    assert found.second[0] == pytest.approx(200 / 255, abs=0.02)
    assert np.isnan(found.second[1])
    (seen,) = observations(found, image.shape, engine.model, "0" * 64)
    assert seen.second_score == pytest.approx(200 / 255, abs=0.02)
    assert seen.xyxy[0] == pytest.approx(0.3, abs=0.01)


def test_it_runs_as_the_card_says_unless_somebody_says_otherwise(tmp_path: Path) -> None:
    on, off = model_with(tmp_path / "on", on=True, red=0.3), model_with(tmp_path / "off", on=False)
    asked = {
        (on, None): 2, (on, False): 3, (on, True): 2, (off, None): 3, (off, True): 3,
    }  # fmt: skip
    for (folder, wanted), count in asked.items():
        engine = open_engine(folder, second_look=wanted)
        assert len(look(engine, picture(), (320, 320), "off")) == count, (folder, wanted)


def test_several_models_keep_their_own_second_looks(tmp_path: Path) -> None:
    first = model_with(tmp_path / "first", on=True, red=0.3)
    second = save_model(tmp_path / "second", input_px=320, id="other", classes=[
        {"index": 0, "name": "red", "category": None, "threshold": 0.6},
        {"index": 1, "name": "blue", "category": None, "threshold": 0.8},
    ])  # fmt: skip
    found = look(open_engine(f"{first}+{second}"), picture(), (320, 320), "off")
    assert sorted(found.names[i] for i in found.class_id) == [
        "other:blue", "other:red", "other:red", "tiny:blue", "tiny:red",
    ]  # fmt: skip
    assert found.second is not None
    assert (~np.isnan(found.second)).sum() == 1


def test_a_second_look_that_is_not_there_or_not_for_this_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no second look") as error:
        open_engine(save_model(tmp_path / "plain"), second_look=True)
    assert error.value.code == "no_second_look"
    other = model_with(tmp_path / "other", on=True, red=0.3)
    greenness(other, facts_wide=3)
    card = yaml.safe_load((other / "model.yaml").read_text("utf-8"))
    card["sha256"] = {}
    (other / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")
    with pytest.raises(ModelError, match="takes"):
        open_engine(other)
    card["second_look"]["thresholds"] = {"green": 0.5}
    (other / "model.yaml").write_text(yaml.safe_dump(card, allow_unicode=True), "utf-8")
    with pytest.raises(ModelError, match="green"):
        open_engine(other)
