"""What the pages point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    p
    for p in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "models").rglob("*.md")]
)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} points to {target}"


@pytest.mark.parametrize(
    "page", [p for p in PAGES if p.parent == ROOT / "docs" or p.name == "README.md"]
)
def test_pages_exist_in_both_languages(page: Path) -> None:
    name = page.name.replace(".zh-CN.md", ".md")
    if page.parent in {ROOT, ROOT / "docs"}:
        assert (page.parent / name).exists()
        assert (page.parent / name.replace(".md", ".zh-CN.md")).exists()
