"""Responsibility areas of the fictional town: a street office, two communities, four grid cells."""

from __future__ import annotations

import json
from pathlib import Path

Corner = tuple[float, float]

# Corners of the tiling (lon, lat), a little askew as surveyed borders are.
SW, S, SE = (117.28095, 31.23080), (117.28328, 31.23072), (117.28668, 31.23078)
W, MID, E = (117.28088, 31.23302), (117.28322, 31.23308), (117.28675, 31.23298)
NW, N, NE = (117.28100, 31.23425), (117.28330, 31.23432), (117.28662, 31.23420)

TILES: dict[str, tuple[Corner, ...]] = {
    "qs": (SW, S, SE, E, NE, N, NW, W),
    "qs-w": (SW, S, MID, N, NW, W),
    "qs-e": (S, SE, E, NE, N, MID),
    "qs-w-1": (SW, S, MID, W),
    "qs-w-2": (W, MID, N, NW),
    "qs-e-1": (S, SE, E, MID),
    "qs-e-2": (MID, E, NE, N),
}
# id: level, names, units, leader, phone (numbers that can't be dialled)
FACTS = {
    "qs": (
        "street",
        "清水街道",
        "Qingshui Street Office",
        "清水街道办事处",
        "Qingshui Street Office",
        "样例甲",
        "000-0000-0001",
    ),
    "qs-w": (
        "community",
        "东门社区",
        "East Gate Community",
        "东门社区居委会",
        "East Gate residents' committee",
        "样例乙",
        "000-0000-0002",
    ),
    "qs-e": (
        "community",
        "滨河社区",
        "Riverside Community",
        "滨河社区居委会",
        "Riverside residents' committee",
        "样例丙",
        "000-0000-0003",
    ),
    "qs-w-1": (
        "grid",
        "东门一网格",
        "East Gate grid 1",
        "环卫一队",
        "Sanitation team 1",
        "样例丁",
        "000-0000-0004",
    ),
    "qs-w-2": (
        "grid",
        "东门二网格",
        "East Gate grid 2",
        "环卫二队",
        "Sanitation team 2",
        "样例戊",
        "000-0000-0005",
    ),
    "qs-e-1": (
        "grid",
        "滨河一网格",
        "Riverside grid 1",
        "清水市容所",
        "Qingshui street-scene office",
        "样例己",
        "000-0000-0006",
    ),
    "qs-e-2": (
        "grid",
        "滨河二网格",
        "Riverside grid 2",
        "清水物业公司",
        "Qingshui property company",
        "样例庚",
        "000-0000-0007",
    ),
}
KEYS = ("level", "name_zh", "name_en", "unit_zh", "unit_en", "leader", "phone")


def write(path: Path) -> None:
    """The GeoJSON file."""
    features = [
        {
            "type": "Feature",
            "properties": {"id": name, **dict(zip(KEYS, FACTS[name], strict=True))},
            "geometry": {"type": "Polygon", "coordinates": [[*map(list, ring), list(ring[0])]]},
        }
        for name, ring in TILES.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def grid_of(lat: float, lon: float) -> str | None:
    """The grid cell that holds a point."""
    for name, ring in TILES.items():
        if FACTS[name][0] == "grid" and _inside(lat, lon, ring):
            return name
    return None


def _inside(lat: float, lon: float, ring: tuple[Corner, ...]) -> bool:
    held = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            held = not held
    return held
