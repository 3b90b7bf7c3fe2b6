"""The chart of a camera's hours: how many looks could be believed, and when nobody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape

from api.console.facts import moment
from api.console.visit import Visit
from issues.cameras.wall import CameraHour

SHOWN_HOURS = 48
_HEIGHT = 64
_STEP = 10


def hours_html(visit: Visit, found: Sequence[CameraHour]) -> str:
    """One bar an hour, oldest left; an hour without a look is hatched, not empty."""
    t = visit.t
    by_hour = {hour.hour: hour for hour in found}
    last = visit.services.now().replace(minute=0, second=0, microsecond=0)
    first = last - timedelta(hours=SHOWN_HOURS - 1)
    most = max((hour.looks for hour in found), default=1) or 1
    bars = []
    for n in range(SHOWN_HOURS):
        at = first + timedelta(hours=n)
        hour = by_hour.get(at)
        when = moment(visit, at)
        if hour is None:
            told = t("{when}: nobody looked", when=when)
            inner = f'<rect class="none" x="0" y="0" width="{_STEP - 1}" height="{_HEIGHT}"/>'
        else:
            told = t(
                "{when}: {usable} of {looks} looks could be believed",
                when=when,
                usable=hour.usable,
                looks=hour.looks,
            )
            inner = _bar("looks", hour.looks, most) + _bar("usable", hour.usable, most)
        bars.append(
            f'<g transform="translate({n * _STEP} 0)"><title>{escape(told)}</title>{inner}</g>'
        )
    seen = sum(hour.usable for hour in found)
    unseen = SHOWN_HOURS - len(by_hour)
    summary = t("{seen} looks that could be believed; {unseen} hours without a look", seen=seen,
                unseen=unseen)  # fmt: skip
    return (
        f'<svg class="tc-hours" viewBox="0 0 {SHOWN_HOURS * _STEP} {_HEIGHT}" role="img" '
        f'aria-label="{escape(summary)}" preserveAspectRatio="none"><defs>'
        '<pattern id="tc-hatch" width="5" height="5" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect width="5" height="5" fill="#f3eeee"/>'
        '<line x1="0" y1="0" x2="0" y2="5" stroke="#c9b8b5" stroke-width="2"/></pattern></defs>'
        f'{"".join(bars)}</svg><p class="tc-muted tc-small">{escape(summary)} · '
        f"{moment(visit, first)} – {moment(visit, last)}</p>"
    )


def _bar(kind: str, count: int, most: int) -> str:
    height = _HEIGHT * count / most
    return (
        f'<rect class="{kind}" x="0" y="{_HEIGHT - height:.1f}" width="{_STEP - 1}" '
        f'height="{height:.1f}"/>'
    )
