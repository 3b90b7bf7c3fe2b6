"""The limits that verification decides by. All were set on one half of the scenes and measured on
the other (``scripts/bench_verify``, docs/verification.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Rules:
    """What counts as the same view, as a copy, as still there.

    ``view``: how much must speak for one place (``Alignment.support``), over at least ``spread``
    of both pictures: a printed sign is on many bins. ``view_alone``: the same where no position
    speaks for it: two blocks of one estate look alike. ``learned`` and ``learned_alone``: the same
    for learned keypoints, which were never measured without a position and don't count there.
    ``copy_share``: of the pieces of a picture
    that must lie over the older one's, where that covers ``copy_overlap`` of it. ``far_m``: beyond
    the reach of the category, from here on it is another place. ``clock_slack``: how wrong a
    camera's clock may be. ``visible``: of the region; ``region_px``: its least side.
    ``unchanged``: of its pieces that look as before. ``around`` and ``nearby``: how far beyond its
    sides a finding is still on it, or moved a little.
    """

    view: float = 3.5
    view_alone: float = 30.0
    learned: float = 20.0
    learned_alone: float = math.inf
    spread: float = 0.02
    copy_share: float = 0.82
    copy_overlap: float = 0.3
    far_m: float = 60.0
    clock_slack: timedelta = timedelta(hours=1)
    visible: float = 0.7
    region_px: float = 24.0
    unchanged: float = 0.6
    around: float = 0.35
    nearby: float = 1.0

    def same_place(self, support: float) -> float:
        """How likely one place is, 0..1, from how much speaks for it (``Alignment.support``).

        >>> Rules().same_place(0) < 0.5 < Rules().same_place(3.5) < Rules().same_place(20)
        True
        """
        return 1 / (1 + math.exp(2.6 - 1.3 * support))


RULES = Rules()
