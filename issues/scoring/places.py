"""Which place of a level answers for an issue or a look: by the finest area that holds it.

An area belongs to the area of the level that holds a point of it. What lies in a coarser area only
has no place at a finer level.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from issues.areas import LEVELS, Area, AreaMap
from issues.geometry import PolygonIndex
from issues.rows import AreaRow
from issues.scoring.measures import Level
from issues.scoring.tally import NO_PLACE, Looks


@dataclass(frozen=True, slots=True)
class PlaceName:
    """A place as people know it. ``area`` is None for units and for what has no place."""

    zh: str
    en: str
    area: AreaRow | None = None


@dataclass(frozen=True)
class Places:
    """All places of a level in these areas."""

    areas: AreaMap
    level: Level

    @cached_property
    def names(self) -> Mapping[str, PlaceName]:
        """The places: area id or unit → its name."""
        if self.level == "unit":
            units = {a.row.unit_zh: a.row.unit_en for a in self.areas.areas if a.row.unit_zh}
            return {zh: PlaceName(zh, units[zh] or zh) for zh in sorted(units)}
        rows = sorted((a.row for a in self.areas.areas if a.row.level == self.level), key=_code)
        return {row.id: PlaceName(row.name_zh, row.name_en, row) for row in rows}

    @cached_property
    def _by_key(self) -> Mapping[int, str]:
        if self.level == "unit":
            return {area.key: area.row.unit_zh for area in self.areas.areas}
        depth = LEVELS.index(self.level)
        coarse = AreaMap([area for area in self.areas.areas if area.depth <= depth])
        return {area.key: self._above(area, depth, coarse) for area in self.areas.areas}

    def _above(self, area: Area, depth: int, coarse: AreaMap) -> str:
        if area.depth == depth:
            return area.row.id
        if area.depth < depth:
            return NO_PLACE
        holder = coarse.at(*area.polygon.inside)
        return holder.row.id if holder is not None and holder.depth == depth else NO_PLACE

    def of_area(self, key: int | None) -> str:
        """The place that an area belongs to, by the store's key of the area."""
        return NO_PLACE if key is None else self._by_key.get(key, NO_PLACE)

    def of_issue(self, area_key: int | None, unit: str | None) -> str:
        """The place of an issue: for units whom it was assigned to, else its area's."""
        return unit if self.level == "unit" and unit else self.of_area(area_key)

    def looks(self, seen: Sequence[tuple[float, float, int]]) -> dict[str, Looks]:
        """How often each place was looked at: (lat, lon, cell) of every usable photo."""
        areas = self.areas.areas
        order = sorted(range(len(areas)), key=lambda i: (-areas[i].depth, areas[i].row.id))
        ranks = [0] * len(areas)
        for rank, i in enumerate(order):
            ranks[i] = rank
        index = PolygonIndex([area.polygon for area in areas])
        held = index.first_each([(lat, lon) for lat, lon, _ in seen], ranks)
        place_of: dict[int | None, str] = {None: NO_PLACE}
        place_of |= {rank: self.of_area(areas[i].key) for rank, i in enumerate(order)}
        places = [place_of[rank] for rank in held]
        photos = Counter(places)
        spots = Counter(place for place, _ in {*zip(places, (c for *_, c in seen), strict=True)})
        return {place: Looks(n, spots[place]) for place, n in photos.items()}


def _code(row: AreaRow) -> str:
    return row.id
