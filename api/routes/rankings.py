"""Rankings: the board of a period, the issues behind each figure, bulletins, entries by hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.background import BackgroundTask

from api.auth import Reader, Reviewer
from api.bulletins import BulletinKind, chosen_period, read_board, write_bulletins
from api.i18n import Lang
from api.problems import Problem, responses
from api.routes import API, told
from api.routes.shapes import Issue, Listing, Shape
from api.services import Services, Use
from issues.exports.bulletin import Look
from issues.scoring.board import EVERYWHERE, Board, PlaceLine, cell_issues
from issues.scoring.entries import EntryRow, add_entry, list_entries, withdraw_entry
from issues.scoring.measures import SHARE_OF, Level, Measure
from issues.scoring.points import PointsTable, load_points
from issues.scoring.tally import Tally

router = APIRouter(prefix=f"{API}/rankings", tags=["rankings"])
_REFUSALS = ("not_signed_in", "wrong_key", "missing_scope", "bad_query", "invalid")

PeriodText = Annotated[
    str | None,
    Query(
        max_length=40,
        description="A week, a month or days: `2026-W45`, `2026-11`, `2026-11-01..2026-11-15`; "
        "none: the last whole week.",
    ),
]
LevelOf = Annotated[Level, Query(description="Areas of this level, or units.")]
At = Annotated[
    datetime | None,
    Query(description="As of when overdue ones are counted, with a zone; none: now."),
]


class Count(Shape):
    """A figure and where its issues are."""

    n: int
    url: str = Field(description="The issues that make it: as many as `n`.")
    before: int | None = Field(description="In the period before; null: can't be compared.")


class RateShape(Shape):
    """A rate with what it is of. `value` is null where there are too few cases."""

    n: int
    of: int
    value: float | None
    low: float = Field(description="95 % interval, lower end.")
    high: float = Field(description="95 % interval, upper end.")


class Hours(Shape):
    """Working hours to a fix, of `n` fixes; null where there are too few."""

    n: int
    median: float | None
    p90: float | None


class LooksShape(Shape):
    """How often a place was looked at."""

    photos: int
    spots: int = Field(description="Cells of about 130 m with a usable photo.")


class Part(Shape):
    """One line of how points came about; deductions are below 0."""

    points: float
    measure: Measure | None
    entry: int | None = Field(description="Id of the entry by hand.")
    reason: str | None


class Figures(Shape):
    """All figures of one place."""

    counts: dict[Measure, Count]
    rates: dict[Measure, RateShape]
    hours: Hours
    looks: LooksShape


class Ranked(Figures):
    """One place of the board. `rank` is null where it wasn't looked at enough (`why_not`)."""

    place: str
    zh: str
    en: str
    rank: int | None
    tied: bool
    why_not: str | None
    list: Literal["red", "black"] | None
    points: float
    points_change: float | None
    rank_change: int | None = Field(description="Ranks gained since the period before.")
    parts: tuple[Part, ...]


class Rankings(Shape):
    """The board of a period, the best first."""

    period: str
    first: date
    last: date
    level: Level
    made_at: datetime
    places: list[Ranked]
    total: Figures


class EntryShape(Shape):
    """Points that a person entered."""

    id: int
    level: Level
    place: str
    code: str
    day: date
    reason: str
    actor: str
    created_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str | None


class NewEntry(Shape):
    """Points to enter: by which rule of the table, for whom, why."""

    level: Level
    place: str = Field(min_length=1, max_length=200)
    code: str = Field(max_length=64, examples=["provincial_exposure"])
    day: date
    reason: str = Field(min_length=1, max_length=1000)


def table_of(services: Services) -> PointsTable:
    """The office's table of points, else the example that ships."""
    return load_points(services.settings.points)


def board_of(services: Services, period: str | None, level: Level, at: datetime | None) -> Board:
    """The board that a request asks for. Raises Problem, QueryError."""
    if at is not None and at.tzinfo is None:
        raise Problem("invalid", "`at` needs a time zone", "Write it as 2026-11-09T08:00:00Z.")
    now = at or services.now()
    chosen = chosen_period(period, services.catalogue, now)
    return read_board(services.store, services.catalogue, table_of(services), chosen, level, now)


def _query(board: Board, place: str, measure: Measure) -> str:
    return urlencode(
        {
            "period": board.period.name,
            "level": board.level,
            "place": place,
            "measure": measure.value,
            "at": board.made_at.isoformat(),
        }
    )


def _figures(board: Board, place: str, tally: Tally, line: PlaceLine | None) -> dict[str, Any]:
    enough = board.table.enough.cases
    rates = {measure: tally.rate(measure, enough) for measure in SHARE_OF}
    return {
        "counts": {
            measure: Count(
                n=tally.count(measure),
                url=f"/api/v1/rankings/issues?{_query(board, place, measure)}",
                before=None
                if line is None or line.difference(measure) is None
                else line.before.count(measure),
            )
            for measure in Measure
        },
        "rates": {
            measure: RateShape(
                n=rate.n, of=rate.of, value=rate.value, low=rate.interval[0], high=rate.interval[1]
            )
            for measure, rate in rates.items()
        },
        "hours": Hours.model_validate(tally.hours(enough)),
        "looks": LooksShape.model_validate(tally.looks),
    }


def _ranked(board: Board, line: PlaceLine) -> Ranked:
    return Ranked(
        place=line.place,
        zh=line.name.zh,
        en=line.name.en,
        rank=line.rank.rank,
        tied=line.rank.tied,
        why_not=line.rank.why_not,
        list=line.rank.colour.value if line.rank.colour else None,
        points=line.score.points,
        points_change=line.change.points,
        rank_change=line.change.rank,
        parts=tuple(
            Part(
                points=part.points,
                measure=part.measure,
                entry=part.entry.id if part.entry else None,
                reason=part.entry.reason if part.entry else None,
            )
            for part in line.score.lines
        ),
        **_figures(board, line.place, line.tally, line),
    )


@router.get(
    "", response_model=Rankings, summary="The board of a period", responses=responses(*_REFUSALS)
)
def get_rankings(
    services: Use, _who: Reader, period: PeriodText = None, level: LevelOf = "street", at: At = None
) -> Rankings:
    """Every place with its figures, its points and how they came about, and its rank.

    A place with fewer photos than the table of points asks for has no rank.
    """
    board = board_of(services, period, level, at)
    return Rankings(
        period=board.period.name,
        first=board.period.first,
        last=board.period.last,
        level=board.level,
        made_at=board.made_at,
        places=[_ranked(board, line) for line in board.lines],
        total=Figures(**_figures(board, EVERYWHERE, board.total, None)),
    )


@router.get(
    "/issues",
    response_model=Listing[Issue],
    summary="The issues behind a figure",
    responses=responses(*_REFUSALS, "not_found"),
)
def get_figure_issues(
    services: Use,
    _who: Reader,
    measure: Annotated[Measure, Query(description="The figure.")],
    place: Annotated[str, Query(max_length=200, description="`*`: all; empty: in none.")],
    period: PeriodText = None,
    level: LevelOf = "street",
    at: At = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="How many at most.")] = 50,
) -> Response:
    """The issues that make one figure of the board; `total` is the figure itself."""
    ids = board_of(services, period, level, at).cell(place, measure)
    with services.store.reading() as session:
        page = cell_issues(session, services.catalogue, ids, cursor=cursor, limit=limit)
    return told.page(page, told.issues(page.items, services.catalogue, services.now()))


_MEDIA: dict[BulletinKind, str] = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.get(
    "/bulletin",
    summary="The bulletin as a file",
    response_class=FileResponse,
    responses=responses(*_REFUSALS, "no_browser"),
)
def get_bulletin(
    services: Use,
    _who: Reader,
    format: Annotated[BulletinKind, Query(description="html, xlsx or pdf.")] = "html",  # noqa: A002
    period: PeriodText = None,
    level: LevelOf = "street",
    lang: Annotated[Lang, Query(description="zh or en.")] = "zh",
    office: Annotated[str, Query(max_length=100, description="For the heading.")] = "",
) -> Response:
    """The bulletin of a period, as a page for A4, a spreadsheet, or a PDF."""
    board = board_of(services, period, level, None)
    folder = tempfile.TemporaryDirectory(prefix="tidycity-bulletin-")
    path = Path(folder.name) / f"bulletin-{board.period.name.replace('..', '_')}-{level}.{format}"
    settings = services.settings
    try:
        write_bulletins(
            services.store,
            services.catalogue,
            board,
            {format: path},
            lang,
            look=Look(office),
            blur=settings.blur_faces,
            cache=settings.data_dir / "cache" / "pictures",
        )
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path, media_type=_MEDIA[format], filename=path.name, background=_removal(folder)
    )


def _removal(folder: tempfile.TemporaryDirectory[str]) -> BackgroundTask:
    return BackgroundTask(folder.cleanup)


def _entries(rows: tuple[EntryRow, ...]) -> Iterator[EntryShape]:
    return (EntryShape.model_validate(row) for row in rows)


@router.get(
    "/entries",
    response_model=list[EntryShape],
    summary="Points entered by hand",
    responses=responses(*_REFUSALS),
)
def get_entries(services: Use, _who: Reader) -> list[EntryShape]:
    """All entries, the withdrawn ones too, newest day first."""
    with services.store.reading() as session:
        return list(_entries(list_entries(session)))


@router.post(
    "/entries",
    response_model=EntryShape,
    status_code=201,
    summary="Enter points by hand",
    responses=responses(*_REFUSALS, "foreign_origin"),
)
def post_entry(body: NewEntry, services: Use, who: Reviewer) -> EntryShape:
    """Enters an exposure, a commendation … by a rule of the table, with its reason."""
    with services.store.transaction() as session:
        row = add_entry(
            session,
            table_of(services),
            level=body.level,
            place=body.place,
            code=body.code,
            day=body.day,
            reason=body.reason,
            actor=who.name,
            now=services.now(),
            today=services.now().astimezone(services.catalogue.calendar.zone).date(),
        )
    return EntryShape.model_validate(row)


EntryId = Annotated[int, PathParameter(description="The entry's id.", ge=1)]


@router.delete(
    "/entries/{entry}",
    response_model=EntryShape,
    summary="Withdraw points entered by hand",
    responses=responses(*_REFUSALS, "foreign_origin", "not_found"),
)
def delete_entry(entry: EntryId, services: Use, who: Reviewer) -> EntryShape:
    """The entry stays on record with who withdrew it, and counts no more."""
    with services.store.transaction() as session:
        return EntryShape.model_validate(withdraw_entry(session, entry, who.name, services.now()))
