"""Small photos in which the tiny model finds red cells, and the command to look at them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from made_photos import encoded, exif
from PIL import Image
from tiny_model import save_model

PLACE = (31.2330, 117.2830)
Command = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


def street(found: int = 1, seed: int = 0) -> Image.Image:
    """A textured 640×640 street with this many red cells, which the tiny model finds."""
    rng = np.random.default_rng(seed)
    picture = rng.integers(60, 200, (640, 640, 3), np.uint8)
    for cell in range(found):
        x = 32 * (2 + 3 * cell)
        picture[320:352, x : x + 32] = (255, 0, 0)
    return Image.fromarray(picture)


def photo(
    found: int = 1,
    taken: str | None = "2026:11:02 09:00:00",
    place: tuple[float, float] | None = PLACE,
    seed: int = 0,
) -> bytes:
    """A JPEG of ``street`` with time and place."""
    return encoded(
        street(found, seed), block=exif(taken=taken, offset="+08:00", place=place), quality=90
    )


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("cli-models") / "tiny")


@pytest.fixture
def environment(tiny: Path, tmp_path: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TIDYCITY_")}
    return kept | {
        "TIDYCITY_MODEL": str(tiny),
        "TIDYCITY_CACHE": str(tiny.parent / "cache"),
        "TIDYCITY_DATA_DIR": str(tmp_path / "data"),
        "TIDYCITY_LANG": "en",
        "PYTHONWARNINGS": "error",
    }


@pytest.fixture
def tidycity(environment: dict[str, str], tmp_path: Path) -> Command:
    """Runs the command in a process of its own, in an empty folder."""

    def run(*arguments: object, **more: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-c", "from api.cli import main; main()", *map(str, arguments)],
            env=environment | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
