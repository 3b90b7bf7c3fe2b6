"""Sample points: where assessments look, what is on record there, the sheets."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.background import BackgroundTask

from api.auth import Reader, Reviewer
from api.i18n import Lang
from api.problems import responses
from api.routes import API
from api.routes.shapes import Shape
from api.services import Services, Use
from issues.exports.bulletin_sheet import write_sheet
from issues.exports.bulletin_words import BulletinWords
from issues.scoring.sample_points import (
    Checklist,
    OnRecord,
    SamplePoint,
    assess,
    latest_assessment,
    list_sample_points,
    load_checklist,
    on_record,
    put_sample_points,
)

router = APIRouter(prefix=f"{API}/sample-points", tags=["sample points"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query")
_FOUND = responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "bad_query")

Code = Annotated[str, PathParameter(description="The point's code.", max_length=64)]


class SheetLine(Shape):
    """One line of the checklist with the open issues that belong to it."""

    code: str
    clause: str
    zh: str
    en: str
    points: float
    by_eye: bool = Field(description="Nothing in the store belongs to it: see for yourself.")
    open: list[str] = Field(description="Numbers of open issues within the radius.")


class Mark(Shape):
    """A person's mark for one line; null: not rated."""

    mark: float | None = None
    note: str = Field(default="", max_length=500)


class Done(Shape):
    """A sheet as it was filled in. `score` is of the lines that were rated, of `out_of`."""

    at: datetime
    actor: str
    marks: dict[str, Mark]
    known: dict[str, Any] = Field(description="What was on record then.")
    score: float
    out_of: float
    note: str


class PointWhole(Shape):
    """A point with what is on record there now, and the last sheet."""

    point: SamplePoint
    lines: list[SheetLine]
    last_look: datetime | None
    photos: int = Field(description="Usable photos within the recent days.")
    recent_days: int
    last: Done | None


class Filled(Shape):
    """A sheet to keep: line → mark."""

    marks: dict[str, Mark]
    note: str = Field(default="", max_length=2000)


def _checklist(services: Services) -> Checklist:
    return load_checklist(services.settings.checklist)


@router.get("", response_model=list[SamplePoint], summary="List points", responses=_REFUSALS)
def get_points(services: Use, _who: Reader) -> list[SamplePoint]:
    """All sample points in force, by code."""
    with services.store.reading() as session:
        return list(list_sample_points(session))


@router.put(
    "", response_model=list[SamplePoint], summary="Put points in force", responses=_REFUSALS
)
def put_points(body: list[SamplePoint], services: Use, _who: Reviewer) -> list[SamplePoint]:
    """Puts these in force in place of all others; sheets that were filled in are kept."""
    with services.store.transaction() as session:
        put_sample_points(session, body, services.now())
        return list(list_sample_points(session))


def _known(services: Services, code: str) -> tuple[OnRecord, Any]:
    with services.store.reading() as session:
        checklist, now = _checklist(services), services.now()
        known = on_record(session, services.catalogue, checklist, code, now)
        return known, latest_assessment(session, code)


@router.get("/{code}", response_model=PointWhole, summary="One point", responses=_FOUND)
def get_point(code: Code, services: Use, _who: Reader) -> PointWhole:
    """What is on record within the point's radius, by line of the checklist."""
    known, last = _known(services, code)
    return PointWhole(
        point=known.point,
        lines=[
            SheetLine(
                code=line.item.code,
                clause=line.item.clause,
                zh=line.item.zh,
                en=line.item.en,
                points=line.item.points,
                by_eye=not line.item.categories,
                open=list(line.open),
            )
            for line in known.lines
        ],
        last_look=known.last_look,
        photos=known.photos,
        recent_days=known.recent_days,
        last=Done.model_validate(last) if last is not None else None,
    )


@router.get(
    "/{code}/sheet", summary="The sheet as a file", response_class=FileResponse, responses=_FOUND
)
def get_sheet(
    code: Code,
    services: Use,
    _who: Reader,
    format: Annotated[Literal["html", "xlsx"], Query(description="html or xlsx.")] = "html",  # noqa: A002
    lang: Annotated[Lang, Query(description="zh or en.")] = "zh",
    blank: Annotated[bool, Query(description="Without the marks of the last sheet.")] = False,
) -> Response:
    """The assessment sheet to print or to fill in."""
    known, last = _known(services, code)
    folder = tempfile.TemporaryDirectory(prefix="tidycity-sheet-")
    path = Path(folder.name) / f"assessment-{code}.{format}"
    words = BulletinWords(lang, services.catalogue.calendar.zone)
    write_sheet(path, known, None if blank else last, words)
    return FileResponse(path, filename=path.name, background=BackgroundTask(folder.cleanup))


@router.post(
    "/{code}/assessments",
    response_model=Done,
    status_code=201,
    summary="Keep a filled-in sheet",
    responses=_FOUND,
)
def post_assessment(code: Code, body: Filled, services: Use, who: Reviewer) -> Done:
    """Keeps the marks together with what was on record at that time."""
    marks = {item: (given.mark, given.note) for item, given in body.marks.items()}
    with services.store.transaction() as session:
        made = assess(
            session,
            services.catalogue,
            _checklist(services),
            code,
            marks,
            actor=who.name,
            now=services.now(),
            note=body.note,
        )
    return Done.model_validate(made)
