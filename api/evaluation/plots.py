"""Plots as inline SVG: bars with intervals, curves of precision over recall, reliability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

WIDTH, LEFT, TOP = 620, 150, 14
ROW = 30
SQUARE, MARGIN = 190, 34


def bars(rows: Sequence[tuple[str, float | None, Sequence[float] | None]], label: str) -> str:
    """One bar a row: name, value 0..1 (None: nothing to draw), interval or None."""
    height = TOP + ROW * len(rows) + 24
    span = WIDTH - LEFT - 60
    parts = [_grid_x(span, height)]
    for place, (name, value, interval) in enumerate(rows):
        y = TOP + ROW * place
        parts.append(_text(LEFT - 8, y + 17, name, "end"))
        if value is None:
            continue
        parts.append(f'<rect x="{LEFT}" y="{y + 5}" width="{value * span:.1f}" height="16"/>')
        if interval is not None:
            low, high = (LEFT + bound * span for bound in interval)
            parts.append(
                f'<path class="whisker" d="M{low:.1f} {y + 13}H{high:.1f}'
                f'M{low:.1f} {y + 8}v10M{high:.1f} {y + 8}v10"/>'
            )
        end = max(value, interval[1] if interval else 0)
        parts.append(_text(LEFT + end * span + 6, y + 17, f"{value:.2f}"))
    return _svg(WIDTH, height, label, parts)


def reliability(bins: Sequence[Mapping[str, Any]], title: str) -> str:
    """The true share over the score; the diagonal is a model whose scores say the truth."""
    most = max((row["count"] for row in bins), default=1)
    dots = [
        f'<circle cx="{_x(row["score"]):.1f}" cy="{_y(row["true"]):.1f}" '
        f'r="{2 + 5 * (row["count"] / most) ** 0.5:.1f}">'
        f"<title>{row['score']:.2f} → {row['true']:.2f} ({row['count']})</title></circle>"
        for row in bins
    ]
    points = [(row["score"], row["true"]) for row in bins]
    diagonal = f'<path class="faint" d="M{_x(0)} {_y(0)}L{_x(1)} {_y(1)}"/>'
    return _square(title, [diagonal, _line(points), *dots])


def curve(points: Sequence[Sequence[float]], mark: tuple[float, float] | None, title: str) -> str:
    """Precision over recall, with the working point."""
    parts = [_line(points)]
    if mark is not None:
        parts.append(f'<circle cx="{_x(mark[0]):.1f}" cy="{_y(mark[1]):.1f}" r="5"/>')
    return _square(title, parts)


def _square(title: str, parts: Sequence[str]) -> str:
    side = SQUARE + 2 * MARGIN
    frame = f'<rect class="frame" x="{MARGIN}" y="{MARGIN}" width="{SQUARE}" height="{SQUARE}"/>'
    ticks = [
        _text(_x(v), MARGIN + SQUARE + 15, f"{v:g}", "middle")
        + _text(28, _y(v) + 4, f"{v:g}", "end")
        for v in (0, 0.5, 1)
    ]
    heading = _text(MARGIN + SQUARE / 2, 20, title, "middle", "title")
    return _svg(side, side, title, [frame, *ticks, heading, *parts])


def _line(points: Sequence[Sequence[float]]) -> str:
    if not points:
        return ""
    path = "L".join(f"{_x(point[0]):.1f} {_y(point[1]):.1f}" for point in points)
    return f'<path class="line" d="M{path}"/>'


def _grid_x(span: float, height: float) -> str:
    lines = []
    for step in range(0, 11, 2):
        x = LEFT + span * step / 10
        lines.append(f'<path class="faint" d="M{x:.1f} {TOP}V{height - 20}"/>')
        lines.append(_text(x, height - 5, f"{step / 10:g}", "middle"))
    return "".join(lines)


def _x(value: float) -> float:
    return MARGIN + value * SQUARE


def _y(value: float) -> float:
    return MARGIN + (1 - value) * SQUARE


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> str:
    name = f' class="{kind}"' if kind else ""
    return f'<text{name} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, label: str, parts: Sequence[str]) -> str:
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" '
        f'aria-label="{escape(label, quote=True)}">{"".join(parts)}</svg>'
    )
