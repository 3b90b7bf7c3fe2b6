"""Charts of a bulletin as inline SVG: plain shapes, readable in print and in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LABEL, NUMBER = 720, 170, 70
BAR, GAP = 15, 9


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its length's value, what is written at its end, and its class in the style."""

    value: float
    text: str
    kind: str = ""


def bar_chart(rows: Sequence[tuple[str, Sequence[Bar]]], title: str) -> str:
    """Rows of one or more bars under each other, each as long as its value; "" without rows."""
    if not rows:
        return ""
    longest = max((bar.value for _, bars in rows for bar in bars), default=0) or 1
    room = WIDTH - LABEL - NUMBER
    parts: list[str] = []
    top = 4.0
    for label, bars in rows:
        middle = top + len(bars) * BAR / 2
        shown = escape(label if len(label) <= 14 else label[:13] + "…")
        parts.append(
            f'<text class="name" x="{LABEL - 10}" y="{middle:.1f}">{shown}'
            f"<title>{escape(label)}</title></text>"
        )
        for bar in bars:
            length = max(room * bar.value / longest, 1 if bar.value else 0)
            parts.append(
                f'<rect class="bar {escape(bar.kind)}" x="{LABEL}" y="{top + 1.5:.1f}" '
                f'width="{length:.1f}" height="{BAR - 3}" rx="2"/>'
                f'<text class="value" x="{LABEL + length + 6:.1f}" y="{top + BAR / 2:.1f}">'
                f"{escape(bar.text)}</text>"
            )
            top += BAR
        top += GAP
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {top:.0f}" role="img" '
        f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
