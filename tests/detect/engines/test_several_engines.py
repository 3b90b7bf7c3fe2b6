from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
import yaml

from detect.batch import analyze_photos
from detect.engines import open_engine
from detect.engines.several import SeveralEngines, look, min_side_px
from detect.errors import ModelError
from detect.model_folder import load_card, models_dir, read_registry
from detect.sources import find_photos


def another(folder, target, **changes):
    """A copy of a model's folder whose card says something else."""
    shutil.copytree(folder, target)
    card = yaml.safe_load((target / "model.yaml").read_text("utf-8"))
    card.update(changes)
    (target / "model.yaml").write_text(yaml.safe_dump(card), "utf-8")
    return target


@pytest.fixture
def pair(tiny_folder, tmp_path):
    """The tiny model, which finds red, and a second that finds blue."""
    card = yaml.safe_load((tiny_folder / "model.yaml").read_text("utf-8"))
    classes = [
        {**card["classes"][0], "category": None},
        {**card["classes"][1], "category": "stall.mobile", "threshold": 0.5},
    ]
    second = another(tiny_folder, tmp_path / "second", id="second", classes=classes, tiles=False)
    return str(tiny_folder), str(second)


@pytest.fixture
def several(pair):
    engine = open_engine("+".join(pair), threads=1)
    assert isinstance(engine, SeveralEngines)
    return engine


def picture(width=640, height=480):
    """Red above, blue below."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, :, 2] = image[height // 2 :, :, 0] = 255
    return image


def test_each_finds_what_it_finds_alone(pair, several):
    image = picture()
    (both,) = several.detect([image])
    alone = [open_engine(name, threads=1).detect([image])[0] for name in pair]
    assert len(both) == sum(map(len, alone))
    for number, part in enumerate(alone):
        mine = (both.class_id // 2) == number
        rows = np.column_stack([both.xyxy[mine], both.class_id[mine] - 2 * number])
        wanted = np.column_stack([part.xyxy, part.class_id])
        assert sorted(map(tuple, rows.tolist())) == sorted(map(tuple, wanted.tolist()))


def test_a_photo_is_decoded_once_and_both_speak(several, tmp_path, monkeypatch):
    calls = []
    real = cv2.imdecode
    monkeypatch.setattr(cv2, "imdecode", lambda *a: calls.append(1) or real(*a))
    cv2.imwrite(str(tmp_path / "a.jpg"), picture())
    (result,) = analyze_photos(find_photos([tmp_path]), several, workers=1)
    assert len(calls) <= 1
    assert {(o.category, o.model_id) for o in result.observations} == {
        ("litter.pile", "tiny"),
        ("stall.mobile", "second"),
    }
    assert result.coverage is not None
    assert result.coverage.categories == {"litter.pile", "stall.mobile"}


def test_only_models_that_want_tiles_get_them(several):
    seen: dict[str, int] = {}
    for member in several.members:
        real = member.detect

        def counted(images, member=member, real=real):
            seen[member.model.id] = seen.get(member.model.id, 0) + len(images)
            return real(images)

        member.detect = counted
    look(several, picture(1400, 1050), (1400, 1050), "on")
    assert seen["second"] == 1
    assert seen["tiny"] > 1


def test_photos_are_decoded_as_large_as_the_neediest_wants(several):
    sizes = [min_side_px(member, (4000, 3000), "auto") for member in several.members]
    assert min_side_px(several, (4000, 3000), "auto") == max(sizes) > min(sizes)


def test_a_registry_may_run_several_by_default(pair, tmp_path, monkeypatch):
    home = tmp_path / "models"
    home.mkdir()
    for name, folder in zip(("one", "two"), pair, strict=True):
        shutil.copytree(folder, home / name)
    registry = {"default": "one+two", "models": {n: {"path": n} for n in ("one", "two")}}
    (home / "registry.yaml").write_text(yaml.safe_dump(registry), "utf-8")
    monkeypatch.setenv("TIDYCITY_MODELS", str(home))
    assert read_registry().defaults == ("one", "two")
    assert open_engine(threads=1).model.id == "tiny+second"
    assert open_engine("two", threads=1).model.id == "second"
    assert load_card().folder == models_dir() / "one"
    registry["default"] = "one+three"
    (home / "registry.yaml").write_text(yaml.safe_dump(registry), "utf-8")
    with pytest.raises(ModelError, match="three"):
        read_registry()
