"""The parts of a camera's picture that matter, drawn by a person as polygons.

A finding is in a zone when the middle of its lower edge is: that is where it stands on the ground.

>>> kerb = Zone("kerb", ((0, 0.5), (1, 0.5), (1, 1), (0, 1)))
>>> kerb.holds((0.4, 0.2, 0.6, 0.7)), kerb.holds((0.4, 0.1, 0.6, 0.4))
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from shapely import Point, Polygon
from shapely.validation import explain_validity

from issues.errors import CameraError

Box = tuple[float, float, float, float]
"""Normalised xyxy, 0..1 of the picture."""

WHOLE = "*"
"""The name of the zone that a camera without drawn zones has: the whole picture."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon in a camera's picture: corners as (x, y) in 0..1 from the upper left.

    ``kind`` is what the catalogue's rules ask for ("pavement", "shop_line", ...); ``categories``
    are those looked for in it, empty for all. Raises CameraError for a polygon that can't be.
    """

    name: str
    corners: tuple[tuple[float, float], ...]
    kind: str = ""
    categories: frozenset[str] = frozenset()
    _polygon: Polygon = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.name:
            raise CameraError("a zone needs a name", code="bad_zone", mend="Name it.")
        if len(self.corners) < 3:
            raise CameraError(
                f"zone {self.name} has {len(self.corners)} corners",
                code="bad_zone",
                mend="Draw at least three.",
            )
        outside = [c for c in self.corners if not (0 <= c[0] <= 1 and 0 <= c[1] <= 1)]
        if outside:
            raise CameraError(
                f"zone {self.name} has a corner at {outside[0]}, outside the picture",
                code="bad_zone",
                mend="Corners are fractions of the picture: 0..1 from the upper left.",
            )
        polygon = Polygon(self.corners)
        if not polygon.is_valid or polygon.area <= 0:
            raise CameraError(
                f"zone {self.name} crosses itself or is empty: {explain_validity(polygon)}",
                code="bad_zone",
                mend="Draw the corners in order around the zone.",
            )
        object.__setattr__(self, "_polygon", polygon)

    def holds(self, box: Box) -> bool:
        """Whether what a box (normalised xyxy) shows stands in this zone."""
        x1, _, x2, y2 = box
        return bool(self._polygon.intersects(Point((x1 + x2) / 2, y2)))

    def looks_for(self, category: str) -> bool:
        """Whether this category is looked for in it."""
        return not self.categories or category in self.categories


def whole_picture() -> Zone:
    """The zone of a camera for which nobody has drawn any."""
    return Zone(WHOLE, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))


def zones_of(box: Box, category: str, zones: Sequence[Zone]) -> tuple[Zone, ...]:
    """The zones that a finding stands in and that look for its category, as they were drawn."""
    return tuple(zone for zone in zones if zone.looks_for(category) and zone.holds(box))
