"""Cells as people see them: outlines for maps, coarser cells, the cells of an area.

The store keeps H3 cells of resolution 10, about 130 m across; coarser ones hold seven each.
"""

from __future__ import annotations

from functools import lru_cache

import h3.api.basic_int as h3

from issues.place import RESOLUTION

COARSEST = 7


def cell_code(cell: int) -> str:
    """The cell as H3 libraries write it.

    >>> cell_code(0x8a30cc86c727fff)
    '8a30cc86c727fff'
    """
    return f"{cell:x}"


def coarser(cell: int, resolution: int) -> int:
    """The cell of this resolution that holds a cell; the cell itself at its own."""
    return cell if resolution >= RESOLUTION else int(h3.cell_to_parent(cell, resolution))


def middle_of(cell: int) -> tuple[float, float]:
    """Latitude and longitude of a cell's middle."""
    lat, lon = h3.cell_to_latlng(cell)
    return float(lat), float(lon)


def outline(cell: int) -> list[list[float]]:
    """A cell's border as a ring of GeoJSON: longitude first, the first point again at the end."""
    ring = [[round(lon, 6), round(lat, 6)] for lat, lon in h3.cell_to_boundary(cell)]
    return [*ring, ring[0]]


@lru_cache(maxsize=4096)
def cells_in(geometry: str) -> frozenset[int]:
    """The cells whose middle lies in a GeoJSON (Multi)Polygon, given as text."""
    import json

    shape = h3.geo_to_h3shape(json.loads(geometry))
    return frozenset(int(cell) for cell in h3.h3shape_to_cells(shape, RESOLUTION))
