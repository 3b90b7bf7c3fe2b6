from __future__ import annotations

import pytest
from pydantic import ValidationError

from api.settings import Settings


def test_environment_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDYCITY_PORT", "9000")
    assert Settings().port == 9000


def test_unknown_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDYCITY_PROT", "9000")
    with pytest.raises(ValidationError, match="TIDYCITY_PROT, which is no setting"):
        Settings()


def test_unknown_keyword_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Settings(prot=9000)  # type: ignore[call-arg]


def test_model_folder_variable_is_not_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDYCITY_MODELS", "/srv/models")
    assert "models" not in Settings().model_dump()
