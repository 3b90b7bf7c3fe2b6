"""``tidycity export``: what leaves the store as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.exporting import ExportKind
    from issues.queries import IssueFilter


class Format(StrEnum):
    """What can be written."""

    XLSX = "xlsx"
    CSV = "csv"
    GEOJSON = "geojson"
    HTML = "html"


def export(
    context: typer.Context,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help=t("File to write; its suffix may say how"))
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help=t("xlsx (rectification list), csv, geojson, html")),
    ] = None,
    status: Annotated[
        list[str] | None, typer.Option(help=t("Only this status; may be given again"))
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(help=t("Only this category; may be given again"))
    ] = None,
    area: Annotated[
        list[str] | None, typer.Option(help=t("Only this area's id; may be given again"))
    ] = None,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help=t("Only what a person confirmed"))
    ] = False,
) -> None:
    """Writes issues as a rectification list, a table, a map or a report."""
    from api.exporting import write_export
    from detect.errors import BadInput
    from issues.catalogue import load_catalogue

    session = session_of(context)
    settings = session.settings()
    kind = _kind(format_, output)
    target = output or Path(f"rectification-list.{kind}" if kind == "xlsx" else f"issues.{kind}")
    which = _filter(status, category, area, confirmed=confirmed)
    if not target.parent.exists():
        raise BadInput(
            t("no folder {path}", path=target.parent),
            code="no_folder",
            mend=t("Make it first, or write elsewhere with --output."),
        )
    catalogue = load_catalogue(settings.catalogue)
    store = session.store(settings)
    try:
        rows = write_export(
            kind,
            store,
            catalogue,
            target,
            session.lang,
            which=which,
            blur=settings.blur_faces,
            cache=settings.data_dir / "cache" / "pictures",
        )
    finally:
        store.close()
    typer.echo(t("{n} issues written to {path}", n=len(rows), path=target))
    unseen = sum(row.confirmed_at is None for row in rows)
    if unseen:
        typer.echo(t("{n} of them no person has confirmed yet: tidycity serve", n=unseen))


def _kind(format_: Format | None, output: Path | None) -> ExportKind:
    from detect.errors import BadInput

    if format_ is not None:
        return format_.value
    suffix = (output.suffix.lstrip(".").lower() if output else "") or "xlsx"
    suffix = {"json": "geojson", "htm": "html"}.get(suffix, suffix)
    if suffix not in set(Format):
        raise BadInput(
            t("no format goes by .{suffix}", suffix=suffix),
            code="unknown_format",
            mend=t("Say --format xlsx, csv, geojson or html."),
        )
    return cast("ExportKind", suffix)


def _filter(
    status: list[str] | None,
    category: list[str] | None,
    area: list[str] | None,
    *,
    confirmed: bool,
) -> IssueFilter | None:
    if not (status or category or area or confirmed):
        return None
    from detect.errors import BadInput
    from issues.issue import Status
    from issues.queries import IssueFilter

    try:
        states = tuple(Status(s) for s in status or ())
    except ValueError as error:
        raise BadInput(
            t("no status goes by {got}", got=str(error).split(" is ")[0]),
            code="unknown_status",
            mend=t("Known: {names}", names=", ".join(Status)),
        ) from error
    return IssueFilter(
        status=states,
        category=tuple(category or ()),
        area=tuple(area or ()),
        confirmed=True if confirmed else None,
    )
