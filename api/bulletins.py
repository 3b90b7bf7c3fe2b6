"""One door to boards and bulletins, for the command line, the API and the console."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Literal

from api.i18n import Lang
from issues.catalogue import Catalogue
from issues.exports.bulletin import Look, write_bulletin
from issues.exports.bulletin_content import gather_bulletin
from issues.exports.bulletin_pdf import print_pdf
from issues.exports.bulletin_words import BulletinWords
from issues.exports.bulletin_workbook import write_bulletin_workbook
from issues.exports.pictures import Pictures
from issues.scoring.board import Board, make_board
from issues.scoring.measures import Level
from issues.scoring.period import Period, parse_period, period_of
from issues.scoring.points import PointsTable
from issues.store import Store

BulletinKind = Literal["html", "pdf", "xlsx"]


def chosen_period(text: str | None, catalogue: Catalogue, now: datetime) -> Period:
    """The period that a text names; without one the last whole week. Raises QueryError."""
    zone = catalogue.calendar.zone
    return parse_period(text, zone) if text else period_of(now, "week", zone).before()


def read_board(
    store: Store,
    catalogue: Catalogue,
    table: PointsTable,
    period: Period,
    level: Level,
    now: datetime,
) -> Board:
    """The board as of now. Raises StoreError."""
    with store.reading() as session:
        return make_board(session, catalogue, table, period, level, now=now)


def write_bulletins(
    store: Store,
    catalogue: Catalogue,
    board: Board,
    files: dict[BulletinKind, Path],
    lang: Lang,
    *,
    look: Look,
    blur: bool = True,
    cache: Path | None = None,
    written: Callable[[Path], None] = lambda _: None,
) -> None:
    """Writes the bulletin in each kind asked for. Raises ExportError, PrintError."""
    words = BulletinWords(lang, catalogue.calendar.zone)
    pictures = Pictures(store.evidence, blur=blur, cache=cache)
    with store.reading() as session:
        content = gather_bulletin(session, catalogue, board)
    if "xlsx" in files:
        write_bulletin_workbook(files["xlsx"], content, words, look=look)
        written(files["xlsx"])
    page = files.get("html")
    if page is not None:
        write_bulletin(page, content, catalogue, words, pictures=pictures, look=look)
        written(page)
    if "pdf" in files:
        draft = page or files["pdf"].with_name(f".{files['pdf'].stem}.print.html")
        try:
            if page is None:
                write_bulletin(draft, content, catalogue, words, pictures=pictures, look=look)
            print_pdf(draft, files["pdf"])
        finally:
            if page is None:
                draft.unlink(missing_ok=True)
        written(files["pdf"])
