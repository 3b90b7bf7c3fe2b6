"""Exports: started, listed, fetched; and the office's own list read back."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

from fastapi import APIRouter, File, Path, Query, Request, Response, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from api.auth import Principal, Reader, Reviewer
from api.export_shelf import WAITING_LIMIT, Export, new_export_id
from api.exporting import SUFFIX, ExportKind
from api.i18n import default_lang
from api.problems import Problem, responses
from api.routes import API
from api.routes.issues import Which
from api.services import Services, Use
from detect.datum import Datum
from issues.errors import IssueError
from issues.exports.archive import plain_filter
from issues.exports.archive_manifest import PhotosKept
from issues.exports.returned_list import Code, ListReport, Outcome, apply, plan
from issues.exports.returned_reading import ColumnCode, read_list
from issues.issue import Action
from issues.queries import EVERYTHING, IssueFilter

ExportId = Annotated[str, Path(description="The id of the export.")]

router = APIRouter(prefix=API, tags=["exports"])
log = logging.getLogger("tidycity.audit")

Language = Annotated[Literal["zh", "en"] | None, Query(description="None: as the settings say.")]

_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "jsonl": "application/jsonl",
    "html": "text/html; charset=utf-8",
    "zip": "application/zip",
}
_NAMES: dict[ExportKind, str] = {
    "xlsx": "rectification-list",
    "csv": "issues",
    "geojson": "issues",
    "jsonl": "issues",
    "html": "report",
    "archive": "archive",
}


def begin_export(
    services: Services,
    who: Principal,
    kind: ExportKind,
    which: IssueFilter,
    *,
    lang: Literal["zh", "en"] | None,
    datum: Datum = "wgs84",
    photos: PhotosKept = "blurred",
) -> Export:
    """Puts an export into the queue. Raises Problem."""
    if photos == "originals" and not who.may("admin"):
        raise Problem(
            "missing_scope",
            f"The key {who.name!r} may not take unblurred originals.",
            "Use a key with the scope admin, or leave out photos=originals.",
        )
    if services.exports.waiting() >= WAITING_LIMIT:
        raise Problem(
            "too_many_attempts",
            f"{WAITING_LIMIT} exports are waiting already.",
            "Wait until some of them are done.",
        )
    now = services.now()
    day = now.astimezone(services.catalogue.calendar.zone)
    export = Export(
        id=new_export_id(),
        kind=kind,
        lang=lang or services.settings.lang or default_lang(),
        datum=datum,
        photos=photos,
        filter=plain_filter(which),
        created_at=now,
        created_by=who.name,
        filename=f"{_NAMES[kind]}-{day:%Y%m%d-%H%M}.{SUFFIX[kind]}",
    )
    if photos == "originals":
        log.warning("%s (key %d) exports unblurred originals", who.name, who.key_id)
    return services.exports.add(export, None if which == EVERYTHING else which)


@router.post(
    "/exports",
    response_model=Export,
    status_code=202,
    summary="Start an export",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid"),
)
def post_export(
    services: Use,
    who: Reader,
    which: Which,
    response: Response,
    kind: Annotated[ExportKind, Query(description="xlsx is the rectification list (整改清单).")],
    lang: Language = None,
    datum: Annotated[Datum, Query(description="Of coordinates in the file.")] = "wgs84",
    photos: Annotated[
        PhotosKept, Query(description="In archives; originals are for admins only.")
    ] = "blurred",
) -> Export:
    """Makes a file in the background: poll `Location`, then fetch `…/file`.

    The filter is that of `GET /issues`. Without any, the list holds open issues, the rest all.
    """
    export = begin_export(services, who, kind, which, lang=lang, datum=datum, photos=photos)
    response.headers["Location"] = f"/api/v1/exports/{export.id}"
    return export


@router.get(
    "/exports",
    response_model=list[Export],
    summary="List exports",
    responses=responses("not_signed_in", "wrong_key", "missing_scope"),
)
def get_exports(services: Use, who: Reader) -> list[Export]:
    """Exports of the last seven days, the newest first; originals are shown to admins only."""
    return [one for one in services.exports.all() if _may_have(who, one)]


@router.get(
    "/exports/{export}",
    response_model=Export,
    summary="One export",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_export(export: ExportId, services: Use, who: Reader) -> Export:
    """How far it is."""
    found = services.exports.get(export)
    if found is None or not _may_have(who, found):
        raise Problem(
            "not_found", f"There is no export {export[:50]}.", "Exports are kept for seven days."
        )
    return found


@router.get(
    "/exports/{export}/file",
    response_class=FileResponse,
    summary="The file of an export",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_export_file(export: ExportId, request: Request, services: Use, who: Reader) -> FileResponse:
    """The file, once the export is done."""
    found = get_export(export, services, who)
    path = services.exports.file(found)
    if found.status != "done" or not path.is_file():
        raise Problem("not_found", f"The export is {found.status}.", "Wait until it is done.")
    if found.photos == "originals":
        services.trail.write(who, "original export", found.id, request)
    log.info("%s (key %d) took the export %s", who.name, who.key_id, found.id)
    return FileResponse(path, media_type=_TYPES[SUFFIX[found.kind]], filename=found.filename)


def _may_have(who: Principal, export: Export) -> bool:
    return export.photos != "originals" or who.may("admin")


class ListRow(BaseModel):
    """What becomes of one row of a list that came back."""

    sheet: str
    line: int
    number: str
    outcome: Outcome
    code: Code | None = None
    detail: str = ""
    action: Action | None = None
    note: str = ""
    reason: str | None = None
    photo: str | None = None
    by_date: bool = Field(default=False, description="Taken as fixed for its date alone.")


class ListColumn(BaseModel):
    """Something about the columns: renamed, missing, unknown, twice or moved."""

    sheet: str
    code: ColumnCode
    heading: str
    column: str | None = Field(default=None, description="The column it is, or may be meant for.")


class ReturnedListReport(BaseModel):
    """What a list that came back changes, or changed."""

    sha256: str
    applied: bool
    counts: dict[Outcome, int]
    rows: list[ListRow]
    columns: list[ListColumn]
    skipped_sheets: list[str]


@router.post(
    "/lists",
    response_model=ReturnedListReport,
    summary="Read a filled-in list back",
    responses=responses(
        "not_signed_in", "wrong_key", "missing_scope", "foreign_origin", "too_large", "invalid"
    ),
)
def post_list(
    services: Use,
    who: Reviewer,
    file: Annotated[UploadFile, File(description="The list: XLSX, XLS or ODS.")],
    apply_: Annotated[
        bool, Query(alias="apply", description="False: only tell what it would change.")
    ] = False,
    lang: Language = None,
) -> ReturnedListReport:
    """Matches rows by number and reports fixes and send-backs; a dry run unless `apply=true`.

    The same file a second time changes nothing. Rows whose issue changed since the list was made
    are refused.
    """
    report = report_of(services, file.file.read(), who.name if apply_ else None, lang)
    return ReturnedListReport(
        sha256=report.sha256,
        applied=apply_,
        counts=dict(report.counts),
        rows=[ListRow.model_validate(row, from_attributes=True) for row in report.rows],
        columns=[ListColumn.model_validate(c, from_attributes=True) for c in report.columns],
        skipped_sheets=list(report.skipped_sheets),
    )


def report_of(
    services: Services, data: bytes, actor: str | None, lang: Literal["zh", "en"] | None
) -> ListReport:
    """The report of a list; with an ``actor`` it is applied. Raises Problem."""
    words = lang or services.settings.lang or default_lang()
    store, table, now = services.store, services.catalogue, services.now()
    try:
        returned = read_list(data)
    except IssueError as error:
        raise Problem("invalid", error.message, error.mend, cause=error.code) from error
    if actor is None:
        return plan(store, table, returned, now=now, lang=words)
    return apply(store, table, returned, actor, now=now, lang=words)
