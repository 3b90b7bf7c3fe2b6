"""The card that training writes is one that the engine's side can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from detect.errors import ModelError
from detect.model_folder import load_card, read_registry
from detect.training.evaluation import Picture
from detect.training.measure import look, measure
from detect.training.model_release import card_data, low_threshold_copy, write_card
from detect.training.recipe import read_recipe

ROOT = Path(__file__).parents[3]
STREET = ROOT / "models" / "street"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.xml").write_text("<net/>")
    (tmp_path / "m" / "model.bin").write_bytes(b"\0" * 8)
    recipe = read_recipe(STREET / "recipe.yaml")
    thresholds = dict.fromkeys(recipe.class_names, 0.456)
    data = card_data(recipe, tmp_path / "m", "1", 640, "raw", thresholds)
    write_card(tmp_path / "m", data)
    return tmp_path / "m"


def test_a_written_card_is_read_and_verified(folder: Path) -> None:
    card = load_card(folder)
    assert card.class_names == ("garbage", "bin", "overflow", "litter", "bag")
    assert card.classes[0].threshold == 0.46
    assert not list(folder.glob("*.part"))
    (folder / "model.bin").write_bytes(b"other")
    with pytest.raises(ModelError, match="sha256"):
        load_card(folder)


def test_a_copy_for_measuring_reports_low_scores(folder: Path, tmp_path: Path) -> None:
    copy = load_card(low_threshold_copy(folder, tmp_path))
    assert {row.threshold for row in copy.classes} == {0.01}
    assert load_card(folder).classes[0].threshold == 0.46


def test_the_shipped_models_are_whole() -> None:
    registry = read_registry(ROOT / "models")
    for name, entry in registry.models.items():
        card = load_card(ROOT / "models" / entry.path)
        assert card.id == name
        assert card.status == entry.status
        size = sum(path.stat().st_size for path in card.folder.glob("model.*"))
        assert size <= 8_000_000
        for row in card.classes:
            assert {"zh", "en"} <= set(row.names)


def test_the_street_models_categories_are_in_the_catalogue() -> None:
    catalogue = (ROOT / "issues" / "catalogue.yaml").read_text(encoding="utf-8")
    for row in load_card(STREET).classes:
        assert row.category is None or row.category in catalogue


def test_the_street_model_runs_from_end_to_end(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((300, 400, 3), 120, np.uint8))
    none = np.zeros((0, 4)), np.zeros(0, np.int64)
    everything = frozenset(load_card(STREET).class_names)
    pictures = [Picture(path, "d", 0, everything, *none)]
    report = measure(load_card(STREET), pictures, look(STREET, pictures), draws=0)
    assert report["clean"] == {
        "pictures": 1,
        "candidates": 0,
        "pictures_with_candidates": 0,
        "candidates_per_100": 0.0,
        "per_100_interval": [0.0, 300.0],
    }
