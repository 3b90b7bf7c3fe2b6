"""The table of imports of areas: what each did, and what was odd about its file."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from issues.store.schema import Base


class AreaImportRecord(Base):
    """One import. ``version`` is that of the areas afterwards; ``report`` what was told."""

    __tablename__ = "area_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    source: Mapped[str]
    datum: Mapped[str]
    version: Mapped[int]
    report: Mapped[dict[str, Any]]
