"""Pest inspections: entered, listed, voided; rates and levels with their denominators."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Literal

from fastapi import APIRouter, File, Header, Query, Response, UploadFile
from fastapi import Path as UrlPath
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Reader, Reviewer
from api.i18n import default_lang
from api.problems import Problem, responses
from api.routes import API
from api.services import Services, Use
from issues.errors import IssueError
from issues.exports.pest_tables import write_pest_table
from issues.exports.words import Words
from issues.pest.counting import Measured
from issues.pest.entry_sheet import EntrySheet, read_entry_sheet
from issues.pest.inspection import Finding, Inspection, LookedFor
from issues.pest.rates import Counted
from issues.pest.recording import Kept, list_inspections, record_inspection, void_inspection
from issues.pest.report import PestReport, pest_report
from issues.pest.standards import LevelName, Standards, load_standards
from issues.store.pest_table import PestFilter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

router = APIRouter(tags=["pest"], prefix=f"{API}/pest")
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope", "invalid")


class FindingShape(BaseModel):
    """What was found, in which room."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    kind: str = Field(examples=["rodent.dropping"], max_length=32)
    room: str = Field(default="", max_length=100, description="So that a room counts once.")
    amount: int = Field(default=1, ge=1)
    photo_sha256: str | None = Field(default=None, max_length=64)
    issue: str | None = Field(default=None, max_length=64, description="Number of an issue.")


class InspectionShape(BaseModel):
    """One visit to one site. At least one of rooms, metres, facilities is the denominator."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    inspected_at: datetime
    site: str = Field(max_length=200)
    site_kind: str = Field(examples=["restaurant"], max_length=32)
    looked_for: list[LookedFor] = Field(min_length=1)
    inspector: str = Field(default="", max_length=200)
    area: str = Field(default="", max_length=64)
    rooms: int | None = Field(default=None, description="Rooms inspected; 15 m² are one.")
    metres: float | None = Field(default=None, description="Metres walked.")
    facilities: int | None = Field(default=None, description="Facilities checked.")
    findings: list[FindingShape] = Field(default=[], max_length=5000)
    note: str = Field(default="", max_length=2000)


class KeptShape(InspectionShape):
    """An inspection in the store."""

    id: int
    recorded_by: str
    recorded_at: datetime
    voided_at: datetime | None
    voided_by: str | None
    void_reason: str | None


class Entered(BaseModel):
    """The id of an inspection, and whether it is new."""

    id: int
    new: bool


class Reason(BaseModel):
    """Why an inspection is voided."""

    reason: str = Field(min_length=1, max_length=500)


class RateShape(BaseModel):
    """A rate with its denominator. ``level`` None: too little was inspected for one."""

    numerator: int
    denominator: float
    counted: Counted
    value: float
    low: float
    high: float
    level: LevelName | None
    likely: list[LevelName] = Field(description="Levels that the interval of 95 % reaches.")
    unchecked: bool = Field(description="A bound was not read up in the standard: shown as (?).")


class MeasureShape(BaseModel):
    """One measure. ``rate`` None: nothing was inspected for it, so there is no level either."""

    code: str
    zh: str
    en: str
    unit: str
    source: str
    inspections: int
    rate: RateShape | None


class PestReportShape(BaseModel):
    """Rates of a period. ``photo_candidates`` have no denominator and enter no rate."""

    since: datetime | None
    until: datetime | None
    inspections: int
    total: list[MeasureShape]
    by_area: dict[str, list[MeasureShape]]
    by_site: dict[str, list[MeasureShape]]
    photo_candidates: dict[str, int]


class LineShape(BaseModel):
    """Why a line of a table, and with it its visit, is left out."""

    model_config = ConfigDict(from_attributes=True)

    line: int
    code: str
    detail: str


class TableReport(BaseModel):
    """What a table of inspections holds, and what was entered of it."""

    applied: bool
    visits: int
    entered: int
    known: int = Field(description="Entered before from the same file.")
    problems: list[LineShape]


def standards_of(services: Services) -> Standards:
    """The table that inspections are measured by."""
    return load_standards(services.settings.pest_standards)


def filter_of(since: datetime | None, until: datetime | None, area: list[str] | None) -> PestFilter:
    """The inspections of a period. Raises Problem for times without a zone."""
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and moment.tzinfo is None:
            raise Problem("invalid", f"{name} needs a time zone.", "End it with Z or +08:00.")
    return PestFilter(since, until, tuple(area or ()))


Since = Annotated[datetime | None, Query(description="Inspected at or after.")]
Until = Annotated[datetime | None, Query(description="Inspected before.")]
Areas = Annotated[list[str] | None, Query(description="Ids of areas.")]


@router.get("/report", response_model=PestReportShape, summary="Rates", responses=_REFUSALS)
def get_report(
    services: Use, _who: Reader, since: Since = None, until: Until = None, area: Areas = None
) -> PestReportShape:
    """Rates and levels by the configured table, each with its denominator and interval."""
    standards = standards_of(services)
    with services.store.reading() as session:
        report = pest_report(session, standards, filter_of(since, until, area))
    return _report(report, standards)


@router.get(
    "/report.xlsx",
    response_class=Response,
    summary="Rates and inspections as a spreadsheet",
    responses=_REFUSALS,
)
def get_report_file(
    services: Use,
    _who: Reader,
    since: Since = None,
    until: Until = None,
    area: Areas = None,
    lang: Annotated[Literal["zh", "en"] | None, Query(description="Language.")] = None,
) -> Response:
    """The report with every denominator, and the inspections that it counts."""
    standards, which = standards_of(services), filter_of(since, until, area)
    with services.store.reading() as session:
        report = pest_report(session, standards, which)
        kept = list_inspections(session, which)
    words = Words(
        lang or services.settings.lang or default_lang(), services.catalogue.calendar.zone
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "pest.xlsx"
        write_pest_table(path, report, kept, standards, words, made_at=services.now())
        data = path.read_bytes()
    headers = {"Content-Disposition": 'attachment; filename="pest.xlsx"'}
    return Response(data, media_type=XLSX, headers=headers)


@router.get(
    "/inspections", response_model=list[KeptShape], summary="Inspections", responses=_REFUSALS
)
def get_inspections(
    services: Use,
    _who: Reader,
    since: Since = None,
    until: Until = None,
    area: Areas = None,
    voided: Annotated[bool, Query(description="Voided ones too.")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[KeptShape]:
    """Inspections, the latest first."""
    which = filter_of(since, until, area)
    which = PestFilter(which.since, which.until, which.area, voided)
    with services.store.reading() as session:
        return [_kept(one) for one in list_inspections(session, which, limit=limit)]


@router.post(
    "/inspections",
    response_model=Entered,
    status_code=201,
    summary="Enter an inspection",
    responses=_REFUSALS,
)
def post_inspection(
    body: InspectionShape,
    services: Use,
    who: Reviewer,
    response: Response,
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Entered:
    """Enters one inspection; one without rooms, metres or facilities is refused."""
    key = f"api:{who.name}:{idempotency_key}" if idempotency_key else None
    try:
        with services.store.transaction() as session:
            number, new = record_inspection(
                session,
                standards_of(services),
                inspection_of(body),
                who.name,
                now=services.now(),
                entry_key=key,
            )
    except IssueError as error:
        raise Problem("invalid", error.message, error.mend, cause=error.code) from error
    response.status_code = 201 if new else 200
    return Entered(id=number, new=new)


@router.post(
    "/inspections/{inspection}/void",
    status_code=204,
    summary="Void an inspection",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid"),
)
def post_void(
    inspection: Annotated[int, UrlPath(description="The id of the inspection.")],
    body: Reason,
    services: Use,
    who: Reviewer,
) -> None:
    """Takes an inspection out of every rate, for a reason; it stays in the store."""
    with services.store.transaction() as session:
        void_inspection(session, inspection, who.name, body.reason, now=services.now())


@router.post("/tables", response_model=TableReport, summary="Enter a table", responses=_REFUSALS)
def post_table(
    services: Use,
    who: Reviewer,
    file: Annotated[UploadFile, File(description="CSV, one line a finding.")],
    apply_: Annotated[bool, Query(alias="apply", description="False: only check.")] = False,
) -> TableReport:
    """Enters the inspections of a CSV file; a dry run unless `apply=true`."""
    standards = standards_of(services)
    zone = services.catalogue.calendar.zone
    try:
        sheet = read_entry_sheet(file.file.read(), standards, zone=zone, now=services.now())
        new, known = enter_sheet(services, sheet, who.name) if apply_ else (0, 0)
    except IssueError as error:
        raise Problem("invalid", error.message, error.mend, cause=error.code) from error
    return TableReport(
        applied=apply_,
        visits=len(sheet.visits),
        entered=new,
        known=known,
        problems=[LineShape.model_validate(problem) for problem in sheet.problems],
    )


def enter_sheet(services: Services, sheet: EntrySheet, actor: str) -> tuple[int, int]:
    """Enters all visits in one transaction: how many were new, and how many known."""
    new = 0
    with services.store.transaction() as session:
        for key, visit in sheet.visits:
            _, is_new = record_inspection(
                session,
                standards_of(services),
                visit,
                actor,
                now=services.now(),
                entry_key=key,
            )
            new += is_new
    return new, len(sheet.visits) - new


def inspection_of(body: InspectionShape) -> Inspection:
    """The inspection that a body means."""
    given = body.model_dump(exclude={"findings", "looked_for"})
    findings = tuple(Finding(**finding.model_dump()) for finding in body.findings)
    return Inspection(**given, looked_for=tuple(body.looked_for), findings=findings)


def _kept(one: Kept) -> KeptShape:
    shape = InspectionShape.model_validate(one.inspection)
    return KeptShape(
        **shape.model_dump(),
        id=one.id,
        recorded_by=one.recorded_by,
        recorded_at=one.recorded_at,
        voided_at=one.voided_at,
        voided_by=one.voided_by,
        void_reason=one.void_reason,
    )


def _report(report: PestReport, standards: Standards) -> PestReportShape:
    def shapes(lines: tuple[Measured, ...]) -> list[MeasureShape]:
        return [_measure(line, standards) for line in lines]

    return PestReportShape(
        since=report.which.since,
        until=report.which.until,
        inspections=report.inspections,
        total=shapes(report.total),
        by_area={area: shapes(lines) for area, lines in report.by_area.items()},
        by_site={site: shapes(lines) for site, lines in report.by_site.items()},
        photo_candidates=dict(report.photo_candidates),
    )


def _measure(line: Measured, standards: Standards) -> MeasureShape:
    rule = standards.measures[line.code]
    rate = None
    if line.rate is not None and line.grade is not None:
        low, high = line.rate.interval
        rate = RateShape(
            numerator=line.rate.numerator,
            denominator=line.rate.denominator.amount,
            counted=line.rate.denominator.counted,
            value=line.rate.value,
            low=low,
            high=high,
            level=line.grade.level,
            likely=list(line.grade.likely),
            unchecked=line.grade.unchecked,
        )
    return MeasureShape(
        code=line.code,
        zh=rule.zh,
        en=rule.en,
        unit=rule.unit,
        source=rule.source,
        inspections=line.inspections,
        rate=rate,
    )
