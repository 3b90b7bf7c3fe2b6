"""One checkpoint as OpenVINO and as ONNX: the engine sees the same in both."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("torch", reason="torch is not installed (extra torch)")
pytest.importorskip("ultralytics", reason="ultralytics is not installed (extra torch)")
sys.path.insert(0, str(Path(__file__).parents[1] / "engines"))
from tiny_yolo import export_tiny_yolo

from detect.boxes import iou
from detect.engines import open_engine
from detect.training.build import Entry
from detect.training.errors import DatasetError, MissingExtraError
from detect.training.export import calibration_pictures, export_onnx, quantise

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_tiny_yolo(tmp_path_factory.mktemp("tiny"))


def test_onnx_and_openvino_agree(tiny: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed")
    export_onnx(tiny / "best.pt", tmp_path, 640, "raw")
    card = yaml.safe_load((tiny / "model.yaml").read_text())
    (tmp_path / "model.yaml").write_text(
        yaml.safe_dump({**card, "file": "model.onnx", "sha256": {}})
    )
    rng = np.random.default_rng(0)
    for size in ((480, 640), (640, 400)):
        image = rng.integers(0, 255, (size[0] // 16, size[1] // 16, 3), np.uint8)
        image = image.repeat(16, 0).repeat(16, 1)
        (own,) = open_engine(tiny).detect([image])
        (other,) = open_engine(tmp_path).detect([image])
        assert len(own) > 0
        sure = own.score > 0.35
        best = iou(own.xyxy[sure], other.xyxy).max(axis=1, initial=0)
        assert (best > 0.95).mean() > 0.95
    assert not list(tmp_path.glob("*.part"))


def test_what_cannot_be_exported_is_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no checkpoint"):
        export_onnx(tmp_path / "none.pt", tmp_path, 64, "raw")
    with pytest.raises(DatasetError, match="head must be"):
        export_onnx(tiny / "best.pt", tmp_path, 64, "both")
    with pytest.raises(DatasetError, match="calibrate"):
        quantise(tiny / "model.xml", [], 64, tmp_path)


def test_held_out_pictures_never_calibrate(tmp_path: Path) -> None:
    import json
    from dataclasses import asdict

    rows = [
        Entry(f"{kind}-{i}.png", kind, "test" if i % 3 == 0 else "train", i, ())
        for kind in ("a", "b")
        for i in range(30)
    ]
    (tmp_path / "manifest.json").write_text(json.dumps([asdict(row) for row in rows]))
    drawn = calibration_pictures(tmp_path, 12)
    held = {row.file for row in rows if row.split == "test"}
    assert len(drawn) == len(set(drawn)) == 12
    assert not held & {path.name for path in drawn}
    assert {path.name[0] for path in drawn} == {"a", "b"}


@pytest.mark.parametrize("library", ["onnx", "onnxscript", "nncf"])
def test_a_missing_library_names_the_extra(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    eight_bits = partial(quantise, tiny / "model.xml", [tiny / "best.pt"], 64, tmp_path)
    onnx = partial(export_onnx, tiny / "best.pt", tmp_path, 64, "raw")
    with pytest.raises(MissingExtraError, match=f"{library} is not installed") as error:
        (eight_bits if library == "nncf" else onnx)()
    assert "tidycity[export]" in str(error.value.mend)
    assert not list(tmp_path.iterdir())
