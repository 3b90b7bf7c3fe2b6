"""The scripts that people run tell how they are used, and refuse what they don't know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(name: str, *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPTS / name, *given], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("name", ["setup", "check", "demo", "docs", "test"])
@pytest.mark.parametrize("asked", ["-h", "--help"])
def test_help_is_a_line_and_does_nothing(name: str, asked: str) -> None:
    done = run(name, asked)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: scripts/{name}")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("name", ["setup", "check", "demo", "docs"])
def test_what_there_is_not_is_refused(name: str) -> None:
    done = run(name, "--nonsense")
    assert done.returncode == 2
    assert "--nonsense" in done.stderr
    assert f"Usage: scripts/{name}" in done.stderr


def test_setup_knows_the_extras_of_pyproject() -> None:
    assert {"dev", "torch", "postgres", "ray"} <= set(run("setup", "--help").stdout.split())
