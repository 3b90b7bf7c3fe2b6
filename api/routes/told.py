"""Pages of lists as JSON, straight from their rows.

A page has hundreds of things with dozens of members: making a model of each, to check what the
store has just said, would take longer than asking the store. ``api/routes/shapes.py`` says what the
members are, and tests hold these answers against it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson
from fastapi import Response

from api.routes import shapes
from issues.catalogue import Catalogue
from issues.deadlines import due_soon_until
from issues.rows import IssueRow, ObservationRow, Page, PhotoRow

Told = dict[str, Any]

_OBSERVATION = tuple(shapes.Observation.model_fields)
_PHOTO = tuple(shapes.Photo.model_fields)
_of_observation, _of_photo = attrgetter(*_OBSERVATION), attrgetter(*_PHOTO)


def issues(rows: Sequence[IssueRow], catalogue: Catalogue, now: datetime) -> list[Told]:
    """A page of issues; what is the same for all of them is reckoned once."""
    soon = due_soon_until(catalogue, now)
    return [shapes.issue_told(row, catalogue, now, soon) for row in rows]


def observations(rows: Sequence[ObservationRow]) -> list[Told]:
    """A page of findings."""
    return [dict(zip(_OBSERVATION, _of_observation(row), strict=True)) for row in rows]


def photos(rows: Sequence[PhotoRow]) -> list[Told]:
    """A page of photos."""
    return [dict(zip(_PHOTO, _of_photo(row), strict=True)) for row in rows]


def features(
    rows: Page[IssueRow], catalogue: Catalogue, now: datetime, names: Collection[str] | None
) -> Told:
    """A page of issues as GeoJSON points; ``names``: with these properties only."""
    points = []
    for row, told in zip(rows.items, issues(rows.items, catalogue, now), strict=True):
        del told["place"]
        properties = told if names is None else _cut(told, names)
        geometry = shapes.point(row.lat, row.lon)
        points.append(
            {"type": "Feature", "id": row.number, "geometry": geometry, "properties": properties}
        )
    return {"type": "FeatureCollection", "features": points, "next_cursor": rows.next_cursor}


def page(rows: Page[Any], items: Sequence[Told], names: Collection[str] | None = None) -> Response:
    """The answer of a list: one page with its cursor; ``names``: with these members only."""
    kept = items if names is None else [_cut(item, names) for item in items]
    return answer({"items": kept, "next_cursor": rows.next_cursor, "total": rows.total})


def _cut(told: Told, names: Collection[str]) -> Told:
    return {name: member for name, member in told.items() if name in names}


def answer(told: Mapping[str, Any], media_type: str = "application/json") -> Response:
    """An answer with this as its body; times, in UTC, end in Z."""
    return Response(orjson.dumps(told, option=orjson.OPT_UTC_Z), media_type=media_type)
