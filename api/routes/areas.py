"""Responsibility areas: read, put in force with a report, and the queues of what nobody answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from api.auth import Admin, Reader
from api.geojson import in_datum
from api.problems import Problem, responses
from api.routes import API
from api.routes.shapes import Area, FeatureCollection, Shape, area
from api.services import Use
from detect.datum import Datum
from issues.area_check import checked
from issues.area_file import AreaFile, parse_areas
from issues.area_problems import AreaProblem
from issues.area_queues import area_queues
from issues.areas import AreaImport, area_version, load_areas, plan_import, put_areas, require_datum
from issues.errors import VersionConflict
from issues.queries import areas_geojson, list_areas
from issues.store.area_table import last_imports

router = APIRouter(prefix=API, tags=["areas"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope")
NAME = "the request"

OutDatum = Annotated[
    Datum, Query(description="Datum of the coordinates in the answer; wgs84 unless you say.")
]


class AreaProblemBody(Shape):
    """One thing that is wrong with a map of areas."""

    code: str = Field(examples=["overlap"])
    outcome: Literal["left_out", "mended", "told"]
    areas: list[str]
    at: tuple[float, float] | None = Field(description="Latitude, longitude: where to look.")
    square_m: float | None
    number: int | None = Field(description="Which feature of the file, from 1.")
    text: dict[str, str] = Field(description="In words, by language.")


class AreaMove(Shape):
    """So many issues go from one area to another; null: no area."""

    from_code: str | None
    to_code: str | None
    issues: int


class AreaReport(Shape):
    """What became of a map of areas, or would."""

    areas: int
    version: int = Field(description="Version of the areas in force; also the ETag.")
    dry_run: bool
    issues_moved: int
    moves: list[AreaMove]
    problems: list[AreaProblemBody]


class AreaImportBody(Shape):
    """An import that was made."""

    at: datetime
    actor: str
    source: str
    datum: str
    version: int
    report: dict[str, Any]


class AreaQueueBody(Shape):
    """Open issues that no single unit answers for, and who looks at them."""

    name: Literal["no_area", "unplaced", "disputed"]
    issues: int
    desk: dict[str, str] = Field(description="Whose desk it is, by language.")


class DisputedIssue(Shape):
    """An open issue that two areas claim; the first of `areas` has it."""

    number: str
    category: str
    lat: float
    lon: float
    areas: list[str]


class AreaQueues(Shape):
    """The queues, and the disputed issues (at most 200)."""

    queues: list[AreaQueueBody]
    disputed: list[DisputedIssue]


@router.get("/areas", response_model=list[Area], summary="List areas", responses=_REFUSALS)
def get_areas(services: Use, _who: Reader, response: Response) -> list[Area]:
    """All areas in force, coarsest level first, without their borders."""
    with services.store.reading() as session:
        response.headers["ETag"] = f'"{area_version(session)}"'
        return [area(row) for row in list_areas(session)]


@router.get(
    "/areas.geojson",
    response_model=FeatureCollection,
    summary="Areas as GeoJSON",
    responses=_REFUSALS,
)
def get_areas_geojson(services: Use, _who: Reader, datum: OutDatum = "wgs84") -> JSONResponse:
    """All areas in force with their borders, in WGS-84 or the datum asked for.

    In another datum than WGS-84 the collection says so in a member `datum`; importing it again
    needs no more than that.
    """
    with services.store.reading() as session:
        version = area_version(session)
        body = in_datum(areas_geojson(session), datum)
    headers = {"ETag": f'"{version}"'}
    return JSONResponse(body, media_type="application/geo+json", headers=headers)


@router.put(
    "/areas",
    response_model=AreaReport,
    summary="Put areas in force",
    responses={
        **_REFUSALS,
        **responses(
            "invalid", "version_conflict", "version_mismatch", "foreign_origin", "store_unavailable"
        ),
    },
)
def put_all_areas(
    services: Use,
    who: Admin,
    response: Response,
    collection: Annotated[dict[str, Any], Body(description="A GeoJSON FeatureCollection.")],
    datum: Annotated[
        Datum | None, Query(description="Of its coordinates; needed unless it says so itself.")
    ] = None,
    dry_run: Annotated[bool, Query(description="Only tell what would happen.")] = False,
    if_match: Annotated[str | None, Header(description="The ETag of the areas.")] = None,
) -> AreaReport:
    """Replaces all areas; issues move to their new ones, with a line of history each.

    Features that can't be used are left out and told. Send the `ETag` of the areas that you looked
    at as `If-Match`: it is answered with 412 when somebody else imported others meanwhile.
    """
    file = read_collection(collection, datum)
    known = _version_of(if_match)
    try:
        with services.store.transaction() as session:
            outcome = (
                plan_import(session, file)
                if dry_run
                else put_areas(
                    session, file, who.name, services.now(), source="api", expected_version=known
                )
            )
    except VersionConflict as error:
        raise Problem("version_mismatch", error.message, error.mend) from error
    response.headers["ETag"] = f'"{outcome.version}"'
    return report_of(outcome, dry_run=dry_run)


def read_collection(collection: object, datum: Datum | None) -> AreaFile:
    """A collection, checked; refused where nobody says its datum. Raises AreaError."""
    file = parse_areas(collection, NAME, datum)
    require_datum(file, NAME)
    return checked(file)


def report_of(outcome: AreaImport, *, dry_run: bool) -> AreaReport:
    """The outcome of an import as JSON."""
    return AreaReport(
        areas=outcome.areas,
        version=outcome.version,
        dry_run=dry_run,
        issues_moved=outcome.issues_moved,
        moves=[AreaMove.model_validate(move) for move in outcome.moves],
        problems=[_problem(problem) for problem in outcome.problems],
    )


def _problem(problem: AreaProblem) -> AreaProblemBody:
    return AreaProblemBody.model_validate(problem.plain())


def _version_of(if_match: str | None) -> int | None:
    text = (if_match or "*").strip().removeprefix("W/").strip('"')
    if text == "*":
        return None
    if not text.isdigit():
        raise Problem(
            "version_mismatch",
            f"If-Match is the ETag of the areas, got {text[:50]!r}",
            "Read the areas and send their ETag as it came.",
        )
    return int(text)


@router.get(
    "/areas/imports",
    response_model=list[AreaImportBody],
    summary="Imports of areas",
    responses=_REFUSALS,
)
def get_imports(services: Use, _who: Reader) -> list[AreaImportBody]:
    """The last ten imports with their reports, newest first."""
    with services.store.reading() as session:
        return [AreaImportBody.model_validate(row) for row in last_imports(session)]


@router.get(
    "/areas/queues",
    response_model=AreaQueues,
    summary="What nobody answers for",
    responses=_REFUSALS,
)
def get_queues(services: Use, _who: Reader) -> AreaQueues:
    """Open issues without an area, without a position, or claimed by two areas, and whose desk."""
    with services.store.reading() as session:
        queues, told = area_queues(session, load_areas(session), services.catalogue)
    return AreaQueues(
        queues=[
            AreaQueueBody(name=q.name, issues=q.issues, desk=q.desk.model_dump()) for q in queues
        ],
        disputed=[DisputedIssue.model_validate(one) for one in told],
    )
