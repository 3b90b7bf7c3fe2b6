from __future__ import annotations

from pathlib import Path

import pytest

from detect.training.errors import RecipeError
from detect.training.recipe import read_recipe

MODELS = Path(__file__).parents[3] / "models"
TEXT = """
model: tiny
weights: yolo26n.pt
classes:
  - {name: garbage, category: litter.pile, names: {zh: 暴露垃圾, en: garbage}}
datasets: [drawn]
split: {seed: 1, val: 0.2, test: 0.2}
train: {epochs: 2, image_px: 64}
"""


def write(folder: Path, text: str = TEXT) -> Path:
    (folder / "recipe.yaml").write_text(text)
    return folder / "recipe.yaml"


@pytest.mark.parametrize(
    "path", sorted(MODELS.glob("*/recipe*.yaml")), ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_every_shipped_recipe_is_right(path: Path) -> None:
    recipe = read_recipe(path)
    assert recipe.model == path.parent.name
    for dataset in recipe.datasets:
        assert (MODELS.parent / "datasets" / f"{dataset}.yaml").is_file()


def test_a_recipe_is_read_with_defaults(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path))
    assert recipe.class_names == ["garbage"]
    assert recipe.classes[0].status == "experimental"
    assert (recipe.train.epochs, recipe.train.precision) == (2, "auto")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("model: tiny", "modell: tiny", "unknown key 'modell'"),
        ("weights: yolo26n.pt", "", "'weights' is missing"),
        ("epochs: 2", "epoch: 2", "unknown key 'epoch'"),
        ("epochs: 2", "epochs: 0", "1 or more"),
        ("image_px: 64", "image_px: 65", "multiples of 32"),
        ("image_px: 64", "precision: int8", "precision must be"),
        ("image_px: 64", "budget_min: 0", "above 0"),
        ("image_px: 64", "validate_min: 0", "above 0"),
        ("image_px: 64", "patience: 2", "wants validate_min"),
        ("image_px: 64", "head_only: {pictures: 3}", "wants steps"),
        ("image_px: 64", "head_only: {stepps: 3}", "unknown key 'stepps'"),
        ("image_px: 64", "learning_rate: 0", "above 0"),
        ("{epochs: 2, image_px: 64}", "[1]", "expected a mapping"),
        ("category: litter.pile, ", "", "category"),
        ("datasets: [drawn]", "datasets: []", "'datasets' is missing or empty"),
    ],
)
def test_a_wrong_recipe_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(RecipeError, match=words):
        read_recipe(write(tmp_path, TEXT.replace(old, new)))


def test_a_class_named_twice_is_refused(tmp_path: Path) -> None:
    row = "  - {name: garbage, category: null, names: {}}\n"
    with pytest.raises(RecipeError, match="twice"):
        read_recipe(write(tmp_path, TEXT.replace("datasets:", row + "datasets:")))


def test_no_file_and_no_mapping_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="can't be read"):
        read_recipe(tmp_path / "none.yaml")
    with pytest.raises(RecipeError, match="mapping"):
        read_recipe(write(tmp_path, "- a"))
