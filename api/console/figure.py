"""The issues behind one figure of the rankings."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from nicegui import ui

from api.console.facts import ago, area_text, chips_html
from api.console.layout import page_frame
from api.console.rankings import asked_board, words_of
from api.console.shots import picture_url
from api.console.visit import Visit
from issues.errors import NotFound
from issues.rows import IssueRow, Page
from issues.scoring.board import EVERYWHERE, Board, cell_issues
from issues.scoring.measures import Measure

PAGE = 50


def _figure(
    visit: Visit, query: Mapping[str, str]
) -> tuple[Board, Measure, str, Page[IssueRow] | None]:
    board, _ = asked_board(visit, query)
    asked = query.get("measure", "")
    measure = Measure(asked) if asked in set(Measure) else Measure.FOUND
    place = query.get("place", EVERYWHERE)
    try:
        ids = board.cell(place, measure)
    except NotFound:
        return board, measure, place, None
    with visit.services.store.reading() as session:
        page = cell_issues(
            session,
            visit.services.catalogue,
            ids,
            cursor=query.get("cursor"),
            limit=PAGE,
        )
    return board, measure, place, page


async def figure_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the list of the issues behind one figure."""
    t = visit.t
    board, measure, place, page = await to_thread(_figure, visit, query)
    words = words_of(visit)
    names = {line.place: words.place(line.place, line.name) for line in board.lines}
    where = names.get(place, words.tell("everywhere") if place == EVERYWHERE else place)
    total = page.total if page is not None else 0
    back = urlencode({"period": board.period.name, "level": board.level})
    with page_frame(visit, "/rankings", t("Rankings")):
        ui.html(
            f"<h1>{escape(where)} · {escape(words.measure(measure))} "
            f'<span class="tc-muted" id="tc-total">{total}</span> '
            f'<span class="tc-muted">{escape(board.period.name)}</span></h1>'
            f'<p><a href="/rankings?{escape(back)}">← {escape(t("Rankings"))}</a></p>',
            sanitize=False,
        )
        with ui.element("section").classes("tc-card tc-rows"):
            ui.html(_lines(visit, page), sanitize=False)
        if page is not None and page.next_cursor:
            more = urlencode({**query, "cursor": page.next_cursor})
            link = f"/rankings/issues?{escape(more)}"
            text = f'<a class="tc-link" href="{link}">{escape(t("Next page"))}</a>'
            ui.html(text, sanitize=False).classes("tc-more")


def _lines(visit: Visit, page: Page[IssueRow] | None) -> str:
    return "".join(_line(visit, row) for row in page.items) if page is not None else ""


def _line(visit: Visit, row: IssueRow) -> str:
    picture = '<span class="tc-noimg"></span>'
    if row.best is not None and row.best.stored:
        picture = f'<img loading="lazy" alt="" src="{picture_url(row.best.sha256, 320)}">'
    return (
        f'<a class="tc-row" href="/issues/{escape(row.number)}">{picture}'
        f"<span><b>{escape(visit.category(row.category))}</b><br>"
        f'<span class="tc-muted tc-small">{escape(row.number)}</span></span>'
        f"<span>{escape(area_text(visit, row))}</span><span>{chips_html(visit, row)}</span>"
        f'<span class="tc-small">{escape(ago(visit, row.last_seen))}</span></a>'
    )
