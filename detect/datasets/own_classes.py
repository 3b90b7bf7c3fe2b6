"""The names that a class map may go to: classes of the models and recipes here, and categories."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from detect.model_folder import CARD_NAME, load_card, models_dir
from detect.training.errors import RecipeError
from detect.training.recipe import read_recipe


def own_classes(categories: Iterable[str] = (), folder: Path | None = None) -> dict[str, str]:
    """Every name that may be written → the class that it means.

    A category means the first class that stands for it; one that no model knows stands for itself,
    so that a set may be labelled before there is a model.
    """
    known = {code: code for code in categories}
    names: dict[str, str] = {}
    of_category: dict[str, str] = {}
    for name, category in _classes(folder or models_dir()):
        names[name] = name
        if category is not None:
            of_category.setdefault(category, name)
    return known | of_category | names


def _classes(folder: Path) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    models = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    for model in sorted(models, key=lambda path: path.name != "street"):
        if (model / CARD_NAME).is_file():
            found += [(c.name, c.category) for c in load_card(model).classes]
        recipe = model / "recipe.yaml"
        if recipe.is_file():
            try:
                found += [(c.name, c.category) for c in read_recipe(recipe).classes]
            except RecipeError:
                continue
    return found
