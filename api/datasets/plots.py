"""Plots of counts as inline SVG: bars, a map of where boxes lie."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH, LEFT, ROW = 560, 150, 24
CELL = 30


def count_bars(rows: Sequence[tuple[str, int]], label: str) -> str:
    """One bar a row, as long as its count."""
    most = max((count for _, count in rows), default=0) or 1
    span = WIDTH - LEFT - 70
    parts = []
    for place, (name, count) in enumerate(rows):
        y, length = ROW * place + 4, count / most * span
        parts.append(f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(name)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="16"/>')
        parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{y + 13}">{count}</text>')
    return _svg(WIDTH, ROW * len(rows) + 8, label, parts)


def heat(grid: Sequence[Sequence[int]], label: str) -> str:
    """A cell a part of the picture, the darker the more boxes have their centre there."""
    most = max((count for row in grid for count in row), default=0) or 1
    parts = []
    for y, row in enumerate(grid):
        for x, count in enumerate(row):
            parts.append(
                f'<rect x="{x * CELL}" y="{y * CELL}" width="{CELL - 1}" height="{CELL - 1}" '
                f'fill-opacity="{0.06 + 0.94 * count / most:.2f}"><title>{count}</title></rect>'
            )
    side = CELL * len(grid)
    return _svg(side, side, label, parts)


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )
