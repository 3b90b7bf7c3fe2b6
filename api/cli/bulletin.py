"""``tidycity bulletin``: the ranking of a period as a page, a spreadsheet, a PDF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.bulletins import BulletinKind


class BulletinLevel(StrEnum):
    """What can be ranked."""

    CITY = "city"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"
    UNIT = "unit"


def bulletin(
    context: typer.Context,
    period: Annotated[
        str | None,
        typer.Option(help=t("2026-W45, 2026-11 or 2026-11-01..2026-11-15 [the last whole week]")),
    ] = None,
    level: Annotated[
        BulletinLevel, typer.Option(help=t("What is ranked: areas of a level, or units"))
    ] = BulletinLevel.STREET,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            "--out", "-o", help=t("File (.html, .xlsx, .pdf) or folder; may be given again")
        ),
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help=t("Print a PDF too, with a browser that is here"))
    ] = False,
    office: Annotated[str, typer.Option(help=t("The office's name, for the heading"))] = "",
    base_url: Annotated[
        str, typer.Option(help=t("Address of the console that figures link to"))
    ] = "",
    points: Annotated[
        Path | None, typer.Option(help=t("Table of points [the shipped example]"))
    ] = None,
) -> None:
    """Writes the bulletin of a period."""
    from api.bulletins import chosen_period, read_board, write_bulletins
    from issues.catalogue import load_catalogue
    from issues.clock import SystemClock
    from issues.exports.bulletin import Look
    from issues.scoring.points import load_points

    session = session_of(context)
    settings = session.settings(points=points)
    catalogue, table = load_catalogue(settings.catalogue), load_points(settings.points)
    now = SystemClock().now()
    chosen = chosen_period(period, catalogue, now)
    files = _files(out or [], f"bulletin-{chosen.name.replace('..', '_')}-{level.value}", pdf=pdf)
    _refuse_without_browser(files)
    store = session.store(settings)
    try:
        board = read_board(store, catalogue, table, chosen, level.value, now)
        write_bulletins(
            store,
            catalogue,
            board,
            files,
            session.lang,
            look=Look(office, base_url),
            blur=settings.blur_faces,
            cache=settings.data_dir / "cache" / "pictures",
            written=lambda path: typer.echo(t("written: {path}", path=path)),
        )
    finally:
        store.close()
    ranked = sum(line.rank.rank is not None for line in board.lines)
    typer.echo(t("{n} ranked, {m} not looked at enough", n=ranked, m=len(board.lines) - ranked))
    if settings.points is None:
        typer.echo(t("Points follow the shipped example; set your own with --points."))


def _refuse_without_browser(files: dict[BulletinKind, Path]) -> None:
    """Says at once that no PDF can be made, before anything is computed or written."""
    from issues.exports.bulletin_pdf import BROWSERS, PrintError, find_browser

    if "pdf" in files and find_browser() is None:
        raise PrintError(
            t("no browser to print a PDF with; looked for {names}", names=", ".join(BROWSERS)),
            code="no_browser",
            mend=t("Install chromium, or write .html and print it from any browser."),
        )


def _files(out: list[Path], stem: str, *, pdf: bool) -> dict[BulletinKind, Path]:
    """Kind → file. A folder gets page and spreadsheet; so does nothing, in the working folder."""
    from detect.errors import BadInput

    files: dict[BulletinKind, Path] = {}
    for path in out or [Path()]:
        kind = path.suffix.lstrip(".").lower()
        if kind in ("html", "pdf", "xlsx"):
            files[kind] = path  # type: ignore[index]
        elif path.is_dir() or not path.suffix:
            files |= {"html": path / f"{stem}.html", "xlsx": path / f"{stem}.xlsx"}
            if pdf:
                files["pdf"] = path / f"{stem}.pdf"
        else:
            raise BadInput(
                t("no bulletin goes by {suffix}", suffix=path.suffix),
                code="unknown_format",
                mend=t("Name files .html, .xlsx or .pdf, or a folder."),
            )
    if pdf and "pdf" not in files:
        first = next(iter(files.values()))
        files["pdf"] = first.with_suffix(".pdf")
    return files
