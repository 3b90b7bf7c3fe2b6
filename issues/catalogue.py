"""The table of categories that an office can edit: ``catalogue.yaml`` or its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Lang = Literal["en", "zh"]


class Category(BaseModel):
    """One kind of problem: what it is called and by which rules it becomes an issue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    group: str
    zh: str
    en: str
    event_code: str | None = None
    open311_code: str
    radius_m: float
    revisit_h: float


class Catalogue(BaseModel):
    """All categories and groups, and the rules that they share."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def categories(self) -> dict[str, Category]:
        """Code → category, in the order of the file."""
        raise NotImplementedError

    def label(self, code: str, lang: Lang) -> str:
        """The name of a category or group; the code itself where the table lacks it."""
        raise NotImplementedError


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The catalogue in a file; None: the one that ships. Raises CatalogueError by line."""
    raise NotImplementedError
