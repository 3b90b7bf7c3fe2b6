"""Places: distances, the cells that find what is near, and the middle of several points.

Distances are great-circle metres on a sphere: good to 0.5 %, which is centimetres at the few dozen
metres that matter here. Cells are H3 at resolution 10, about 130 m across.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import h3.api.basic_int as h3

from issues.issue import Place

EARTH_RADIUS_M = 6_371_008.8
DEGREE_M = math.radians(EARTH_RADIUS_M)
RESOLUTION = 10
SHORTEST_EDGE_M = 55.0
"""No edge of a cell is shorter, anywhere on earth (the shortest found is 56.4)."""


def distance_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Metres between two points in degrees.

    >>> round(distance_m(31.2, 121.4, 31.2009, 121.4))
    100
    """
    phi1, phi2 = math.radians(lat1), math.radians(lat2)
    half_lat = (phi2 - phi1) / 2
    half_lon = math.radians(lon2 - lon1) / 2
    h = math.sin(half_lat) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


def cell_of(lat: float, lon: float) -> int:
    """The cell that a point lies in."""
    return int(h3.latlng_to_cell(lat, lon, RESOLUTION))


def cells_near(lat: float, lon: float, reach_m: float) -> list[int]:
    """All cells that hold any point within ``reach_m`` of this one (and some further ones)."""
    rings = max(1, math.ceil((reach_m / SHORTEST_EDGE_M + 0.5) / 1.5))
    return list(h3.grid_disk(cell_of(lat, lon), rings))


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle in degrees that holds the circle around a point; ``wraps`` at the date line."""

    south: float
    north: float
    west: float
    east: float

    @property
    def wraps(self) -> bool:
        """Whether the rectangle crosses the date line or a pole, so that longitudes say nothing."""
        return self.west < -180 or self.east > 180 or self.south < -89 or self.north > 89


def window(lat: float, lon: float, reach_m: float) -> Window:
    """The rectangle around everything within ``reach_m`` of a point, with a little to spare."""
    dlat = math.degrees((reach_m * 1.01 + 0.1) / EARTH_RADIUS_M)
    dlon = dlat / max(0.01, math.cos(math.radians(min(89.0, abs(lat) + dlat))))
    return Window(lat - dlat, lat + dlat, lon - dlon, lon + dlon)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far apart two points of one place may lie: a category's radius and what GPS adds."""

    radius_m: float
    accuracy_cap_m: float
    assumed_accuracy_m: float

    @property
    def longest_m(self) -> float:
        """No match is ever further away than this."""
        return self.radius_m + self.accuracy_cap_m

    def between_m(self, one: float | None, other: float | None) -> float:
        """The reach for two points of these accuracies in metres (None: not stated)."""
        known = [self.assumed_accuracy_m if a is None else a for a in (one, other)]
        return self.radius_m + min(sum(known), self.accuracy_cap_m)


def middle(points: Sequence[tuple[float, float, float | None]], assumed_m: float) -> Place:
    """The middle of points (lat, lon, accuracy in metres), the accurate ones weighing more.

    The order of the points does not change the answer, to the last bit.

    >>> middle([(10.0, 20.0, 5.0), (10.0, 20.0, None)], 8.0)
    Place(lat=10.0, lon=20.0, accuracy_m=5.0)
    """
    if not points:
        raise ValueError("the middle of no points is nowhere: give at least one")
    accuracies = [assumed_m if accuracy is None else accuracy for *_, accuracy in points]
    weights = [1 / max(accuracy, 1.0) ** 2 for accuracy in accuracies]
    lat0, lon0 = min((lat, lon) for lat, lon, _ in points)
    total = math.fsum(weights)
    north = _mean(((lat - lat0) for lat, _, _ in points), weights, total)
    east = _mean((_turn(lon - lon0) for _, lon, _ in points), weights, total)
    return Place(lat0 + north, _turn(lon0 + east), min(accuracies))


def _mean(values: Iterable[float], weights: Sequence[float], total: float) -> float:
    return math.fsum(v * w for v, w in zip(values, weights, strict=True)) / total


def _turn(degrees: float) -> float:
    """The same angle within -180..180."""
    return (degrees + 180) % 360 - 180 if not -180 <= degrees <= 180 else degrees
