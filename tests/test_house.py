"""The rules of the house: who may import whom, and where vendor code may stand."""

from __future__ import annotations

import ast
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("detect", "issues", "api")
SOURCES = sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))

MAY_IMPORT = {
    "detect": {"detect"},
    "issues": {"issues", "detect"},
    "api": {"api", "issues", "detect"},
}

VENDORS = {
    "openvino": (
        "detect/engines/learned_view.py",
        "detect/engines/openvino.py",
        "detect/engines/second_look.py",
        "detect/training/",
    ),
    "ultralytics": ("detect/engines/ultralytics.py", "detect/training/"),
    "torch": ("detect/engines/ultralytics.py", "detect/training/"),
    "nncf": ("detect/training/",),
    "pycocotools": ("detect/training/",),
    "supervision": ("detect/supervision.py",),
    "pillow_heif": ("detect/",),
    "gpxpy": ("detect/track.py", "issues/round_files.py"),
    "alembic": ("issues/store/",),
    "httpcore2": ("api/feed/fetching.py",),
    "fsspec": ("api/feed/file_drop.py",),
    "sqlalchemy": ("issues/",),
    "h3": ("issues/place.py", "issues/cells.py", "issues/store/"),
    "shapely": ("issues/areas.py", "issues/geometry.py", "issues/cameras/zone.py"),
    "av": ("detect/stream/",),
    "prometheus_client": ("api/metrics.py",),
    "xlsxwriter": ("issues/exports/",),
    "python_calamine": ("issues/exports/",),
    "fastapi": ("api/",),
    "nicegui": ("api/console/", "api/app.py"),
    "uvicorn": ("api/cli/serve.py",),
    "typer": ("api/cli/",),
    "rich": ("api/cli/",),
}
"""Vendor package → the only places that may import it."""


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_imports_follow_the_arrows(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    for module, line in imports(ast.parse(path.read_text("utf-8"))):
        top = module.split(".")[0]
        if top in PACKAGES:
            assert top in MAY_IMPORT[package], f"{name_of(path)}:{line} imports {module}"
        for place in [VENDORS[top]] if top in VENDORS else []:
            assert name_of(path).startswith(place), f"{name_of(path)}:{line} imports {module}"


def test_the_rule_sees_a_forbidden_import() -> None:
    found = dict(imports(ast.parse("import issues.store\nfrom api.app import create_app")))
    assert found == {"issues.store": 1, "api.app": 2}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_are_small_nouns(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "misc", "common"}, name_of(path)
    lines = path.read_text("utf-8").count("\n")
    assert lines <= 440, f"{name_of(path)} has {lines} lines: about 400 is the limit"


def test_data_folders_hold_no_code() -> None:
    for folder in ("models", "datasets"):
        assert not list((ROOT / folder).rglob("*.py")), f"{folder}/ is data only"


def test_test_files_have_names_of_their_own() -> None:
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []


PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".heic", ".mp4", ".svg"}
PICTURES_LIE_IN = ("docs/screenshots/", "samples/", "api/console/static/")
"""Rendered, or drawn by us: photos of the data sets may not come in by chance."""


def test_pictures_lie_only_where_ours_do() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout: nothing says which files are committed")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    pictures = [name for name in listed.split("\0") if Path(name).suffix.lower() in PICTURES]
    assert pictures
    assert [name for name in pictures if not name.startswith(PICTURES_LIE_IN)] == []
