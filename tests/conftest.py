"""What holds for all tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """The language that a command sets for its process is gone after the test."""
    monkeypatch.setenv("TIDYCITY_LANG", "en")
    monkeypatch.delenv("TIDYCITY_LANG")
