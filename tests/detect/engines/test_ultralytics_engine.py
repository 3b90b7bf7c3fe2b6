from __future__ import annotations

import importlib.util
import os
import sys

import numpy as np
import pytest
import yaml

from detect.boxes import iou
from detect.engines import open_engine
from detect.errors import ModelError
from detect.model_folder import load_card
from detect.types import Detections

HAS_TORCH = importlib.util.find_spec("ultralytics") is not None
needs_torch = pytest.mark.skipif(not HAS_TORCH, reason="the extra torch is not installed")


def test_missing_torch_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    (tmp_path / "best.pt").write_bytes(b"weights")
    with pytest.raises(ModelError, match="needs torch") as error:
        open_engine(tmp_path / "best.pt", engine="ultralytics")
    assert error.value.code == "torch_missing"
    assert "tidycity[torch]" in error.value.mend
    assert os.environ["YOLO_AUTOINSTALL"] == "false"


def test_weights_that_are_not_there(tmp_path):
    with pytest.raises(ModelError, match="no weights") as error:
        open_engine(tmp_path / "best.pt", engine="ultralytics")
    assert error.value.code == "unknown_model"


def test_a_model_without_torch_weights(tiny_folder):
    with pytest.raises(ModelError, match=r"holds 0 \.pt files"):
        open_engine(tiny_folder, engine="ultralytics")


def test_a_careful_model_is_refused(make_model):
    folder = make_model()
    (folder / "best.pt").write_bytes(b"never read")
    card = yaml.safe_load((folder / "model.yaml").read_text("utf-8"))
    looks = [{"px": 640}, {"px": 640, "mirrored": True}]
    card["careful"] = {"looks": looks, "thresholds": {"red": 0.5, "blue": 0.5}}
    (folder / "model.yaml").write_text(yaml.safe_dump(card), "utf-8")
    with pytest.raises(ModelError, match="looks at a picture once") as error:
        open_engine(f"{folder}@careful", engine="ultralytics")
    assert error.value.code == "no_careful_look"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory):
    """Weights of a nano network as it is before training, and the same exported."""
    if not HAS_TORCH:
        pytest.skip("the extra torch is not installed")
    os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false")
    from tiny_yolo import export_tiny_yolo

    return export_tiny_yolo(tmp_path_factory.mktemp("yolo"))


@needs_torch
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_both_engines_agree(untrained):
    rng = np.random.default_rng(3)
    images = [
        np.kron(rng.integers(0, 255, (h // 40, w // 40, 3)), np.ones((40, 40, 1))).astype(np.uint8)
        for w, h in ((640, 480), (480, 640), (640, 640), (1280, 720), (320, 240))
    ]
    light = open_engine(untrained).detect(images)
    heavy = open_engine(untrained, engine="ultralytics").detect(images)
    assert sum(map(len, light)) > 0
    for mine, theirs in zip(light, heavy, strict=True):
        assert_agree(mine, theirs)


def assert_agree(mine: Detections, theirs: Detections) -> None:
    """The same boxes and scores; one may lack what the other has at the very threshold."""
    assert (len(mine) == 0) == (len(theirs) == 0)
    if len(mine) == 0:
        return
    overlap = iou(mine.xyxy, theirs.xyxy)
    twin = (overlap > 0.95) & (np.abs(mine.score[:, None] - theirs.score[None]) < 0.02)
    twin &= mine.class_id[:, None] == theirs.class_id[None]
    assert twin.any(axis=1).mean() >= 0.95
    assert twin.any(axis=0).mean() >= 0.95


@needs_torch
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_bare_weights_get_a_card(untrained):
    engine = open_engine(untrained / "best.pt", engine="ultralytics")
    assert engine.model == load_card(untrained)


@needs_torch
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore")
def test_neighbours_change_nothing(untrained):
    engine = open_engine(untrained, engine="ultralytics")
    images = [np.full((h, w, 3), 90, np.uint8) for w, h in ((640, 480), (480, 640), (640, 480))]
    for image in images:
        image[100:200, 100:300] = (30, 200, 90)
    for alone, together in zip(images, engine.detect(images), strict=True):
        assert_agree(engine.detect([alone])[0], together)
