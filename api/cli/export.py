"""``tidycity export``: what leaves the store as a file; ``export archive`` and checking one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.exporting import ExportKind, Written
    from issues.exports.archive_manifest import PhotosKept
    from issues.queries import IssueFilter

app = typer.Typer(invoke_without_command=True, no_args_is_help=False)


class Format(StrEnum):
    """What can be written."""

    XLSX = "xlsx"
    CSV = "csv"
    GEOJSON = "geojson"
    JSONL = "jsonl"
    HTML = "html"


class DatumChoice(StrEnum):
    """In which datum coordinates are written."""

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Photos(StrEnum):
    """Which photos an archive holds."""

    BLURRED = "blurred"
    ORIGINALS = "originals"
    NONE = "none"


Status = Annotated[list[str] | None, typer.Option(help=t("Only this status; may be given again"))]
Category = Annotated[
    list[str] | None, typer.Option(help=t("Only this category; may be given again"))
]
Area = Annotated[list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))]
Unit = Annotated[list[str] | None, typer.Option(help=t("Only this unit; may be given again"))]
Confirmed = Annotated[bool, typer.Option("--confirmed", help=t("Only what a person confirmed"))]
Since = Annotated[
    datetime | None, typer.Option(help=t("Only last seen at or after this day, office time"))
]
Until = Annotated[datetime | None, typer.Option(help=t("Only last seen before this day"))]
Office = Annotated[str, typer.Option(help=t("The office's name, for the heading"))]
DatumOption = Annotated[DatumChoice, typer.Option(help=t("Datum of the coordinates"))]


@app.callback(invoke_without_command=True)
def export(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=t("File to write; its suffix may say how"))
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help=t("xlsx (rectification list), csv, geojson, jsonl, html")),
    ] = None,
    status: Status = None,
    category: Category = None,
    area: Area = None,
    unit: Unit = None,
    since: Since = None,
    until: Until = None,
    confirmed: Confirmed = False,
    datum: DatumOption = DatumChoice.WGS84,
    office: Office = "",
) -> None:
    """Writes issues as a rectification list, a table, a map or a report."""
    if context.invoked_subcommand is not None:
        return
    kind = _kind(format_, output)
    target = output or Path(f"rectification-list.{kind}" if kind == "xlsx" else f"issues.{kind}")
    which = _Asked(status, category, area, unit, since, until, confirmed)
    made = _write(context, kind, target, which, datum=datum, office=office)
    typer.echo(t("{n} issues written to {path}", n=made.issues, path=target))
    if made.unconfirmed:
        typer.echo(t("{n} of them no person has confirmed yet: tidycity serve", n=made.unconfirmed))


@app.command(name="archive", help=t("Write the archive bundle: photos, history, pages, the list."))
def archive(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", "-o", help=t("The zip file to write"))],
    status: Status = None,
    category: Category = None,
    area: Area = None,
    unit: Unit = None,
    since: Since = None,
    until: Until = None,
    confirmed: Confirmed = False,
    datum: DatumOption = DatumChoice.WGS84,
    office: Office = "",
    photos: Annotated[
        Photos, typer.Option(help=t("blurred copies, unblurred originals (keep inside), or none"))
    ] = Photos.BLURRED,
) -> None:
    """Writes an archive, whole or not at all."""
    which = _Asked(status, category, area, unit, since, until, confirmed)
    made = _write(context, "archive", out, which, datum=datum, office=office, photos=photos.value)
    typer.echo(t("{n} issues written to {path}", n=made.issues, path=out))
    if photos is Photos.ORIGINALS:
        typer.echo(t("It holds unblurred originals: do not hand it out."), err=True)


@app.command(name="verify-archive", help=t("Check every file of an archive against its manifest."))
def verify_archive_(
    path: Annotated[Path, typer.Argument(help=t("An archive"))],
) -> None:
    """Reads the whole archive; ends with 1 where it isn't what its manifest says."""
    from issues.exports.archive_manifest import verify_archive

    found = verify_archive(path)
    for text, names in (
        (t("missing: {name}"), found.missing),
        (t("changed: {name}"), found.changed),
        (t("not in the manifest: {name}"), found.unlisted),
    ):
        for name in names:
            typer.echo(text.format(name=name), err=True)
    if not found.whole:
        typer.echo(t("{path} is not what its manifest says", path=path), err=True)
        raise typer.Exit(1)
    size_mb = f"{found.size_bytes / 1e6:.1f}"
    typer.echo(t("{path} is whole: {n} files, {size} MB", path=path, n=found.files, size=size_mb))


class _Asked:
    """The options that choose issues, as they came."""

    def __init__(
        self,
        status: list[str] | None,
        category: list[str] | None,
        area: list[str] | None,
        unit: list[str] | None,
        since: datetime | None,
        until: datetime | None,
        confirmed: bool,
    ) -> None:
        self.status = status
        self.category = category
        self.area = area
        self.unit = unit
        self.since = since
        self.until = until
        self.confirmed = confirmed


def _write(
    context: typer.Context,
    kind: ExportKind,
    target: Path,
    asked: _Asked,
    *,
    datum: DatumChoice,
    office: str,
    photos: PhotosKept = "blurred",
) -> Written:
    from api.exporting import write_export
    from detect.errors import BadInput
    from issues.catalogue import load_catalogue

    session = session_of(context)
    settings = session.settings()
    if not target.parent.exists():
        raise BadInput(
            t("no folder {path}", path=target.parent),
            code="no_folder",
            mend=t("Make it first, or write elsewhere with --output."),
        )
    catalogue = load_catalogue(settings.catalogue)
    which = _filter(asked, catalogue.calendar.zone)
    store = session.store(settings)
    try:
        return write_export(
            kind,
            store,
            catalogue,
            target,
            session.lang,
            which=which,
            blur=settings.blur_faces,
            cache=settings.data_dir / "cache" / "pictures",
            office=office,
            datum=datum.value,
            photos=photos,
        )
    finally:
        store.close()


def _kind(format_: Format | None, output: Path | None) -> ExportKind:
    from detect.errors import BadInput

    if format_ is not None:
        return format_.value
    suffix = (output.suffix.lstrip(".").lower() if output else "") or "xlsx"
    suffix = {"json": "geojson", "htm": "html", "ndjson": "jsonl"}.get(suffix, suffix)
    if suffix not in set(Format):
        raise BadInput(
            t("no format goes by .{suffix}", suffix=suffix),
            code="unknown_format",
            mend=t("Say --format xlsx, csv, geojson, jsonl or html."),
        )
    return cast("ExportKind", suffix)


def _filter(asked: _Asked, zone: object) -> IssueFilter | None:
    from datetime import tzinfo

    from detect.errors import BadInput
    from issues.issue import Status
    from issues.queries import EVERYTHING, IssueFilter

    assert isinstance(zone, tzinfo)
    try:
        states = tuple(Status(s) for s in asked.status or ())
    except ValueError as error:
        raise BadInput(
            t("no status goes by {got}", got=str(error).split(" is ")[0]),
            code="unknown_status",
            mend=t("Known: {names}", names=", ".join(Status)),
        ) from error
    which = IssueFilter(
        status=states,
        category=tuple(asked.category or ()),
        area=tuple(asked.area or ()),
        unit=tuple(asked.unit or ()),
        since=asked.since.replace(tzinfo=zone) if asked.since else None,
        until=asked.until.replace(tzinfo=zone) if asked.until else None,
        confirmed=True if asked.confirmed else None,
    )
    return None if which == EVERYTHING else which
