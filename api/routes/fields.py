"""``fields=``: an answer with only the members that were asked for.

A list's items, one thing, or a GeoJSON feature's properties are cut to them; what pages a list
(`next_cursor`, `total`) stays. OpenAPI tells of the cut answers as parts of the whole ones.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, create_model

from api.problems import Problem
from api.routes.shapes import Issue, IssueWhole, Observation, Shape

Asked = Annotated[
    str | None,
    Query(
        alias="fields",
        max_length=1000,
        description="Only these members of each thing, with commas between; none: all of them.",
        openapi_examples={"some": {"value": "id,category"}},
    ),
]


def part_of(whole: type[BaseModel]) -> type[Shape]:
    """The same members, none of which must be there."""
    members: dict[str, Any] = {
        name: (field.annotation, field.merge_field_infos(field, default=None))
        for name, field in whole.model_fields.items()
    }
    told = f"The members of {whole.__name__} that `fields` names."
    return create_model(f"{whole.__name__}Part", __base__=Shape, __doc__=told, **members)


IssuePart = part_of(Issue)
IssueWholePart = part_of(IssueWhole)
ObservationPart = part_of(Observation)


def chosen(asked: str | None, whole: type[BaseModel]) -> frozenset[str] | None:
    """The members that a query names; None: all. Raises Problem for one that there isn't."""
    if asked is None:
        return None
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in whole.model_fields]
    if unknown:
        raise Problem(
            "invalid",
            f"fields names {unknown[0][:50]!r}, which is no member of {whole.__name__}.",
            f"Use some of: {', '.join(whole.model_fields)}.",
        )
    return frozenset(names)


def cut(thing: BaseModel, names: Collection[str], etag: str | None = None) -> Response:
    """One thing with these members only."""
    headers = {"ETag": etag} if etag is not None else None
    text = thing.model_dump_json(include=set(names))
    return Response(text, media_type="application/json", headers=headers)
