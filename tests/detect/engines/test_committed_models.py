from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from detect.boxes import iou
from detect.engines import open_engine
from detect.model_folder import load_card, models_dir, read_registry

MODELS = Path(__file__).parents[3] / "models"
PATROL = MODELS.parent / "samples" / "patrol"
NAMES = sorted(read_registry(MODELS).models) if (MODELS / "registry.yaml").is_file() else []


@pytest.fixture(autouse=True)
def committed(monkeypatch):
    monkeypatch.setenv("TIDYCITY_MODELS", str(MODELS))


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_on_pictures_of_every_shape(name):
    engine = open_engine(name, threads=2)
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 255, (h, w, 3), np.uint8) for w, h in ((640, 480), (300, 700))]
    for image, found in zip(images, engine.detect(images), strict=True):
        assert found.names == tuple(row.name for row in engine.model.classes)
        assert (found.xyxy <= [image.shape[1], image.shape[0]] * 2).all()
        thresholds = np.array([row.threshold for row in engine.model.classes])
        assert (found.score >= thresholds[found.class_id] - 1e-6).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_wall_shows_nothing(name):
    (found,) = open_engine(name, threads=2).detect([np.full((960, 1280, 3), 150, np.uint8)])
    assert len(found) == 0


@pytest.mark.parametrize("name", NAMES)
def test_it_is_small_enough_to_commit(name):
    card = load_card(name)
    for file in (card.file, *card.variants.values()):
        parts = [card.folder / file, (card.folder / file).with_suffix(".bin")]
        assert sum(part.stat().st_size for part in parts if part.exists()) < 8 * 1024 * 1024
    weights = (".xml", ".bin", ".onnx", ".pt")
    for path in card.folder.glob("*.pt"):
        assert path.stat().st_size < 8 * 1024 * 1024
    rest = [p for p in card.folder.iterdir() if p.suffix not in weights]
    assert sum(part.stat().st_size for part in rest) < 1024 * 1024


@pytest.mark.skipif(not NAMES, reason="no models/registry.yaml in this checkout")
def test_the_default_is_there():
    assert load_card().folder.parent == models_dir()


@pytest.mark.parametrize("name", NAMES)
def test_its_variants_see_what_it_sees(name):
    import cv2

    card = load_card(name)
    photos = sorted((MODELS.parent / "samples").rglob("*.jpg"))[:4]
    images = [cv2.imread(str(path)) for path in photos]
    own = open_engine(name, threads=2).detect(images)
    for variant in card.variants:
        others = open_engine(f"{name}@{variant}", threads=2).detect(images)
        sure = seen = 0
        for mine, theirs in zip(own, others, strict=True):
            for box, score, class_id in zip(mine.xyxy, mine.score, mine.class_id, strict=True):
                if score < card.classes[class_id].threshold + 0.2:
                    continue
                same = theirs.xyxy[theirs.class_id == class_id]
                sure += 1
                seen += bool(len(same) and iou(box[None], same).max() > 0.7)
        assert seen >= 0.9 * sure


@pytest.mark.parametrize("name", NAMES)
def test_every_way_that_its_card_names_runs(name):
    image = cv2.imread(str(PATROL / "2026-11-02" / "p02.jpg"))
    for way in load_card(name).ways:
        engine = open_engine(f"{name}@{way}", threads=2)
        (found,) = engine.detect([image])
        assert engine.model.version.endswith(f"-{way}")
        thresholds = np.array([row.threshold for row in engine.model.classes])
        assert (found.score >= thresholds[found.class_id] - 1e-6).all()
        if name == "street":
            assert "garbage" in {found.names[i] for i in found.class_id}
