from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from detect.engines import open_engine
from detect.engines.openvino import OpenVINOEngine, cache_folder
from detect.errors import BadInput, ModelError

RED, BLUE = (0, 0, 255), (255, 0, 0)


def picture(width: int = 640, height: int = 480, *cells, colour=RED, scale: int = 1) -> np.ndarray:
    """Black, with cells of 32 px (of the canvas) in a colour, given as column and row."""
    image = np.zeros((height * scale, width * scale, 3), np.uint8)
    side = 32 * scale
    for column, row in cells:
        image[row * side : (row + 1) * side, column * side : (column + 1) * side] = colour
    return image


@pytest.fixture(scope="module")
def engine(tiny_folder):
    return open_engine(tiny_folder, threads=2)


def test_a_box_comes_back_in_the_picture_s_pixels(engine):
    (found,) = engine.detect([picture(640, 480, (3, 5))])
    assert found.names == ("red", "blue")
    assert found.class_id.tolist() == [0]
    assert found.score[0] == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(found.xyxy, [[96, 160, 128, 192]], atol=0.5)


@pytest.mark.parametrize("scale", [2, 3])
def test_larger_pictures(engine, scale):
    (found,) = engine.detect([picture(640, 480, (3, 5), scale=scale)])
    wanted = np.array([[96, 160, 128, 192]]) * scale
    np.testing.assert_allclose(found.xyxy, wanted, atol=0.5 * scale)


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (640, 640), (640, 384)])
def test_each_canvas(engine, width, height):
    (found,) = engine.detect([picture(width, height, (7, 9))])
    np.testing.assert_allclose(found.xyxy, [[224, 288, 256, 320]], atol=0.5)


def test_grey_bars_move_no_box(engine):
    (found,) = engine.detect([picture(640, 416, (4, 2))])  # 32 px of bars above and below
    np.testing.assert_allclose(found.xyxy, [[128, 64, 160, 96]], atol=0.5)


def test_channels_and_classes(engine):
    (found,) = engine.detect([picture(640, 480, (1, 1), colour=BLUE)])
    assert [found.names[i] for i in found.class_id] == ["blue"]


def test_thresholds_are_of_each_class(engine):
    red, blue = engine.detect(
        [picture(640, 480, (1, 1), colour=c) for c in ((0, 0, 180), (180, 0, 0))]
    )
    assert red.score.tolist() == [pytest.approx(180 / 255, abs=0.01)]
    assert len(blue) == 0  # 0.7 is enough for red, not for blue


def test_many_pictures_of_many_shapes_in_order(engine):
    sizes = [(640, 480), (480, 640), (640, 640)] * 5
    cells = [(i % 10, i % 7) for i in range(len(sizes))]
    images = [picture(*size, cell) for size, cell in zip(sizes, cells, strict=True)]
    for found, (column, row) in zip(engine.detect(images), cells, strict=True):
        np.testing.assert_allclose(found.xyxy[0, :2], [column * 32, row * 32], atol=0.5)


def test_nothing_given_nothing_found(engine):
    assert engine.detect([]) == []


def test_a_view_of_a_picture_is_a_picture(engine):
    whole = picture(1280, 960, (22, 8))
    (found,) = engine.detect([whole[0:480, 640:1280]])
    np.testing.assert_allclose(found.xyxy, [[64, 256, 96, 288]], atol=0.5)


def test_many_threads_get_their_own_results(engine):
    cells = [(i % 20, i % 15) for i in range(60)]
    start = threading.Barrier(6)

    def look(worker: int) -> None:
        start.wait()
        for column, row in cells[worker::6]:
            (found,) = engine.detect([picture(640, 480, (column, row))])
            np.testing.assert_allclose(found.xyxy[0, :2], [column * 32, row * 32], atol=0.5)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(look, range(6)))


@pytest.mark.parametrize("options", [{"output": "end2end"}, {"normalised_in_graph": True}])
def test_other_kinds_of_networks_agree(engine, make_model, options):
    other = open_engine(make_model(**options), threads=1)
    images = [picture(640, 480, (3, 5), (9, 9)), picture(480, 640, (0, 0))]
    for mine, theirs in zip(engine.detect(images), other.detect(images), strict=True):
        np.testing.assert_allclose(np.sort(mine.xyxy, 0), np.sort(theirs.xyxy, 0), atol=0.5)
        np.testing.assert_allclose(np.sort(mine.score), np.sort(theirs.score), atol=0.01)


def test_a_network_of_one_shape_takes_every_picture(make_model):
    engine = open_engine(make_model(square_px=640), threads=1)
    tall, square = engine.detect([picture(512, 640, (1, 2)), picture(640, 640, (1, 2))])
    np.testing.assert_allclose(tall.xyxy, [[32, 64, 64, 96]], atol=0.5)
    np.testing.assert_allclose(square.xyxy, [[32, 64, 64, 96]], atol=0.5)


def test_output_that_the_card_does_not_describe(make_model):
    with pytest.raises(ModelError, match="its card says") as error:
        open_engine(make_model(output="raw", classes=[
            {"index": 0, "name": "one", "category": None, "threshold": 0.5}
        ]))  # fmt: skip
    assert error.value.code == "bad_card"


def test_weights_that_are_none(make_model):
    folder = make_model(sha256={})
    (folder / "model.xml").write_text("<net/>", "utf-8")
    with pytest.raises(ModelError, match="OpenVINO can't read") as error:
        open_engine(folder)
    assert error.value.code == "model_unreadable"


def test_unknown_engine_and_numbers(tiny_folder):
    with pytest.raises(BadInput, match="no engine 'tensorrt'"):
        open_engine(tiny_folder, engine="tensorrt")
    for name in ("threads", "streams"):
        with pytest.raises(BadInput, match=f"{name} must be 1 or more"):
            open_engine(tiny_folder, **{name: 0})


def test_cache_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("TIDYCITY_CACHE", str(tmp_path / "cache"))
    assert cache_folder() == tmp_path / "cache" / "openvino"
    monkeypatch.delenv("TIDYCITY_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "tidycity" / "openvino"
    (tmp_path / "file").touch()
    monkeypatch.setenv("TIDYCITY_CACHE", str(tmp_path / "file"))
    assert cache_folder() is None


def test_no_cache_and_broken_caches_do_no_harm(tiny_folder, tmp_path, monkeypatch):
    image = picture(640, 480, (3, 5))
    (tmp_path / "file").touch()
    for cache in (tmp_path / "file", tmp_path / "cache", tmp_path / "cache"):
        monkeypatch.setenv("TIDYCITY_CACHE", str(cache))
        for blob in (tmp_path / "cache").rglob("*.blob"):
            blob.chmod(0o600)
            blob.write_bytes(blob.read_bytes()[:100])
        assert len(OpenVINOEngine(tiny_folder, threads=1).detect([image])[0]) == 1


def test_warming_up_compiles_ahead(tiny_folder):
    engine = OpenVINOEngine(tiny_folder, threads=1)
    engine.warm_up(4000, 3000)
    assert list(engine._lanes) == [(640, 480)]


def test_the_first_pictures_may_come_from_many_threads_at_once(tiny_folder):
    code = f"""
import sys, numpy as np
from concurrent.futures import ThreadPoolExecutor
from detect.engines import open_engine
sys.setswitchinterval(1e-6)
engine = open_engine({str(tiny_folder)!r}, threads=4)
image = np.zeros((480, 640, 3), np.uint8)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda _: engine.detect([image]), range(12)))
"""
    root = Path(__file__).parents[3]
    for _ in range(3):
        subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=60)


def test_the_light_path_imports_no_torch(tiny_folder):
    code = f"""
import sys, numpy as np
from detect.engines import open_engine
open_engine({str(tiny_folder)!r}).detect([np.zeros((48, 64, 3), np.uint8)])
heavy = {{"torch", "ultralytics", "supervision", "matplotlib", "pandas"}} & set(sys.modules)
sys.exit(f"imports {{heavy}}" if heavy else 0)
"""
    root = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=120)
