"""The bulletin (通报) as a self-contained page for A4: figures, lists, charts, cases with photos.

Each figure leads to its issues: in the console where ``base_url`` says where that is, else to the
numbers at the end of the page (which are not printed).
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from markupsafe import Markup

from issues.catalogue import Catalogue
from issues.exports.bulletin_charts import Bar, bar_chart
from issues.exports.bulletin_content import HANDLED, RANKED, BulletinContent
from issues.exports.bulletin_words import BulletinWords
from issues.exports.page import page
from issues.exports.pictures import PictureRequest, Pictures
from issues.exports.safe_text import printable
from issues.exports.whole_file import whole_file
from issues.scoring.board import EVERYWHERE, Board, PlaceLine
from issues.scoring.measures import Measure
from issues.scoring.ranking import Colour
from issues.scoring.tally import Tally

PICTURE_PX = 640
NUMBERS_SHOWN = 60
"""Numbers listed under a figure at the end of a page; a spreadsheet has all."""

CHARTED = 30
"""Places in a chart at most: the best, in the order of the ranking."""

ISSUES_PATH = "/rankings/issues"


@dataclass(frozen=True, slots=True)
class Look:
    """How a bulletin is made: whose it is, and where the console is (empty: not linked)."""

    office: str = ""
    base_url: str = ""


PLAIN = Look()


@dataclass(frozen=True, slots=True)
class Appendix:
    """The numbers behind one figure."""

    anchor: str
    place: str
    measure: Measure
    count: int
    shown: str
    more: int


def write_bulletin(
    path: Path,
    content: BulletinContent,
    catalogue: Catalogue,
    words: BulletinWords,
    *,
    pictures: Pictures,
    look: Look = PLAIN,
) -> None:
    """Writes the page to ``path`` (.html), whole or not at all. Raises ExportError."""
    text = bulletin_page(content, catalogue, words, pictures=pictures, look=look)
    with whole_file(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="replace")


def bulletin_page(
    content: BulletinContent,
    catalogue: Catalogue,
    words: BulletinWords,
    *,
    pictures: Pictures,
    look: Look = PLAIN,
) -> str:
    """The bulletin as HTML."""
    board = content.board
    whose = printable(look.office).strip()
    enough = board.table.enough.cases

    def rate_value(tally: Tally) -> str:
        rate = tally.rate(Measure.FIXED_ON_TIME, enough)
        return f"{rate.value:.0%}" if rate.value is not None else words.rate(rate)

    return page(
        "bulletin.html",
        "bulletin.css",
        words=words,
        tell=words.tell,
        heading=words.tell("title", office=whose) if whose else words.tell("title_plain"),
        board=board,
        content=content,
        enough=enough,
        ranked=RANKED,
        handled=HANDLED,
        red=board.colour(Colour.RED),
        black=board.colour(Colour.BLACK),
        points=lambda line: f"{line.score.points:g}",
        rate_value=rate_value,
        link=lambda place, measure: figure_link(board, place, Measure(measure), look.base_url),
        category=lambda code: words.start(catalogue.label(code, words.lang)),
        pictures=_data_uris(content, pictures),
        blurred=pictures.blur,
        base_url=look.base_url,
        appendix=tuple(_appendix(content, words)) if not look.base_url else (),
        chart_points=Markup(_points_chart(board, words)),
        chart_work=Markup(_work_chart(board, words)),
    )


def figure_link(board: Board, place: str, measure: Measure, base_url: str = "") -> str:
    """Where the issues behind a figure are: in the console, or further down the page."""
    if not base_url:
        return f"#{_anchor(board, place, measure)}"
    query = urlencode(
        {
            "period": board.period.name,
            "level": board.level,
            "place": place,
            "measure": measure.value,
            "at": board.made_at.isoformat(),
        }
    )
    return f"{base_url.rstrip('/')}{ISSUES_PATH}?{query}"


def _anchor(board: Board, place: str, measure: Measure) -> str:
    return f"n{board.order[place]}-{measure.value}"


def _appendix(content: BulletinContent, words: BulletinWords) -> Iterator[Appendix]:
    board = content.board
    names = {line.place: words.place(line.place, line.name) for line in board.lines}
    names[EVERYWHERE] = words.tell("everywhere")
    for place, measure, ids in content.cells():
        numbers = [content.numbers[one] for one in ids[:NUMBERS_SHOWN]]
        yield Appendix(
            _anchor(board, place, measure),
            names[place],
            measure,
            len(ids),
            " ".join(numbers),
            len(ids) - len(numbers),
        )


def _charted(board: Board) -> list[PlaceLine]:
    return [line for line in board.lines if line.rank.rank is not None][:CHARTED]


def _points_chart(board: Board, words: BulletinWords) -> str:
    rows = [
        (
            words.place(line.place, line.name),
            [Bar(line.score.points, f"{line.score.points:g}", line.rank.colour or "")],
        )
        for line in _charted(board)
    ]
    return bar_chart(rows, words.tell("chart_points"))


def _work_chart(board: Board, words: BulletinWords) -> str:
    rows = [
        (
            words.place(line.place, line.name),
            [
                Bar(count, str(count), measure.value)
                for measure in (Measure.FOUND, Measure.FIXED)
                for count in (line.tally.count(measure),)
            ],
        )
        for line in _charted(board)
    ]
    return bar_chart(rows, words.tell("chart_work"))


def _requests(content: BulletinContent) -> Iterator[tuple[tuple[str, str], PictureRequest]]:
    for shown in (*content.bad, *content.good):
        row = shown.row
        if row.best is not None:
            yield (row.id, row.best.sha256), PictureRequest(row.best.sha256, shown.boxes, row.group)
        if row.after is not None:
            yield (row.id, row.after.sha256), PictureRequest(row.after.sha256)


def _data_uris(content: BulletinContent, pictures: Pictures) -> dict[tuple[str, str], str]:
    wanted = dict(_requests(content))
    made = pictures.jpegs(wanted.values(), PICTURE_PX)
    return {
        key: f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
        for key, jpeg in zip(wanted, made, strict=True)
        if jpeg is not None
    }
