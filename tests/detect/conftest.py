from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_model import save_model


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch) -> None:
    """Compiled networks of tests stay out of the user's cache."""
    monkeypatch.setenv("TIDYCITY_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory) -> Path:
    """The folder of a model that finds red cells (a category) and blue ones (context)."""
    return save_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def make_model(tmp_path) -> Callable[..., Path]:
    """Makes such a model with other properties: see tiny_model.save_model."""

    def make(name: str = "other", *args: Any, **kwargs: Any) -> Path:
        return save_model(tmp_path / name, *args, **kwargs)

    return make
