"""The committed sample patrol, read once."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


@pytest.fixture(scope="session")
def patrol() -> Path:
    return SAMPLES / "patrol"


@pytest.fixture(scope="session")
def truth(patrol: Path) -> dict[str, Any]:
    return json.loads((patrol / "truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def areas(samples: Path) -> list[dict[str, Any]]:
    body = json.loads((samples / "areas.geojson").read_text(encoding="utf-8"))
    assert body["type"] == "FeatureCollection"
    return body["features"]


@pytest.fixture(scope="session")
def sidecar(patrol: Path) -> list[dict[str, str]]:
    with (patrol / "locations.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
