"""GeoJSON in another datum: for Chinese maps, which shift every point by some 500 m."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from detect.datum import Datum, from_wgs84


def in_datum(collection: Mapping[str, Any], datum: Datum) -> dict[str, Any]:
    """A FeatureCollection in WGS-84 in another datum, which a member ``datum`` then names.

    >>> point = {"type": "Point", "coordinates": [120.0, 40.0]}
    >>> shifted = in_datum({"features": [{"geometry": point}]}, "gcj02")
    >>> shifted["datum"], shifted["features"][0]["geometry"]["coordinates"]
    ('gcj02', [120.0056757, 40.0013048])
    """
    if datum == "wgs84":
        return dict(collection)
    features = [
        {**feature, "geometry": _moved(feature["geometry"], datum)}
        for feature in collection["features"]
    ]
    return {**collection, "datum": datum, "features": features}


def _moved(geometry: Mapping[str, Any] | None, datum: Datum) -> dict[str, Any] | None:
    if geometry is None:
        return None
    return {**geometry, "coordinates": _shifted(geometry["coordinates"], datum)}


def _shifted(coordinates: Any, datum: Datum) -> Any:
    if coordinates and isinstance(coordinates[0], int | float):
        lat, lon = from_wgs84(coordinates[1], coordinates[0], datum)
        return [round(lon, 7), round(lat, 7), *coordinates[2:]]
    return [_shifted(part, datum) for part in coordinates]
