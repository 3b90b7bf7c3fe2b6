"""Rankings (排名): red and black list, charts, the table; every figure opens its issues."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import urlencode

from nicegui import ui

from api.bulletins import chosen_period, read_board
from api.console.layout import empty_html, page_frame
from api.console.visit import Visit
from issues.errors import QueryError
from issues.exports.bulletin import figure_link
from issues.exports.bulletin_words import BulletinWords
from issues.labels import label
from issues.scoring.board import EVERYWHERE, Board, PlaceLine
from issues.scoring.measures import LEVELS, Level, Measure
from issues.scoring.period import Period, period_of
from issues.scoring.points import load_points
from issues.scoring.ranking import Colour, Unranked
from issues.scoring.tally import Tally

WEEKS, MONTHS, CHARTED = 8, 6, 20
RATES = (Measure.FIXED_ON_TIME, Measure.REJECTED)


def _level(query: Mapping[str, str]) -> Level:
    return next((one for one in LEVELS if one == query.get("level")), "street")


def asked_board(visit: Visit, query: Mapping[str, str]) -> tuple[Board, str | None]:
    """The board that an address means, and what was wrong with its period."""
    services = visit.services
    now, wrong = services.now(), None
    try:
        at = datetime.fromisoformat(query["at"]) if query.get("at") else now
        now = at if at.tzinfo is not None else now
    except ValueError:
        pass
    try:
        first, last = query.get("first", ""), query.get("last", "")
        asked = f"{first}..{last}" if first and last else query.get("period")
        period = chosen_period(asked, services.catalogue, now)
    except QueryError as error:
        period, wrong = chosen_period(None, services.catalogue, now), error.message
    table = load_points(services.settings.points)
    level = _level(query)
    return read_board(services.store, services.catalogue, table, period, level, now), wrong


def words_of(visit: Visit) -> BulletinWords:
    """The words of bulletins in the reader's language."""
    return BulletinWords(visit.lang, visit.services.catalogue.calendar.zone)


async def rankings_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the rankings of a period."""
    t = visit.t
    board, wrong = await to_thread(asked_board, visit, query)
    words = words_of(visit)
    with page_frame(visit, "/rankings", t("Rankings")):
        ui.add_head_html('<link rel="stylesheet" href="/assets/rankings.css">')
        span = f"{board.period.first} – {board.period.last}"
        ui.html(
            f'<h1>{escape(t("Rankings"))} <span class="tc-muted">{span}</span></h1>',
            sanitize=False,
        )
        ui.html(_picker(visit, board, wrong), sanitize=False)
        if not board.lines:
            text = escape(t("Rankings need areas:")) + " <code>tidycity areas import FILE</code>"
            ui.html(
                empty_html(t("Nothing to rank yet"), text, [("/map", t("Open the map"))], mark="◎"),
                sanitize=False,
            )
            return
        with ui.element("div").classes("tc-rank-lists"):
            for colour in Colour:
                ui.html(_list(visit, words, board, colour), sanitize=False, tag="section").classes(
                    f"tc-card {colour.value}"
                )
            with ui.element("section").classes("tc-card"):
                if all(line.rank.rank is None for line in board.lines):
                    ui.label(t("Nowhere was looked at enough for a ranking.")).classes("tc-muted")
                else:
                    ui.echart(_chart(words, board)).classes("tc-rank-chart")
        with ui.element("section").classes("tc-card tc-rank-table"):
            ui.html(_table(visit, words, board), sanitize=False)
        ui.html(_notes(visit, words, board), sanitize=False).classes("tc-rank-note")


def _recent(visit: Visit, now: datetime) -> list[Period]:
    """Weeks and months to choose from, newest first."""
    zone = visit.services.catalogue.calendar.zone
    found = []
    for period, count in (
        (period_of(now, "week", zone), WEEKS),
        (period_of(now, "month", zone), MONTHS),
    ):
        one = period
        for _ in range(count):
            found.append(one)
            one = one.before()
    return found


def _option(value: str, text: str, *, chosen: bool) -> str:
    mark = " selected" if chosen else ""
    return f'<option value="{escape(value)}"{mark}>{escape(text)}</option>'


def _picker(visit: Visit, board: Board, wrong: str | None) -> str:
    t, name = visit.t, board.period.name
    names = [period.name for period in _recent(visit, visit.services.now())]
    if name not in names:
        names.insert(0, name)
    periods = "".join(_option(one, one, chosen=one == name) for one in names)
    levels = "".join(
        _option(one, label("ranked_by", one, visit.lang), chosen=one == board.level)
        for one in LEVELS
    )
    query = urlencode({"period": name, "level": board.level, "lang": visit.lang})
    files = "".join(
        f'<a class="tc-link" href="/api/v1/rankings/bulletin?format={kind}&{escape(query)}">'
        f"{escape(text)}</a>"
        for kind, text in (("html", t("Bulletin")), ("xlsx", "XLSX"), ("pdf", "PDF"))
    )
    said = f'<p class="tc-error">{escape(wrong)}</p>' if wrong else ""
    return (
        f'{said}<div class="tc-rank-top"><form method="get" action="/rankings">'
        f'<select name="period" aria-label="{escape(t("Period"))}" '
        f'onchange="this.form.submit()">{periods}</select>'
        f'<select name="level" aria-label="{escape(t("Ranked by"))}" '
        f'onchange="this.form.submit()">{levels}</select></form>'
        f'<form method="get" action="/rankings">'
        f'<input type="hidden" name="level" value="{board.level}">'
        f'<input type="date" name="first" required aria-label="{escape(t("From"))}" '
        f'value="{board.period.first}">'
        f'<input type="date" name="last" required aria-label="{escape(t("To"))}" '
        f'value="{board.period.last}"><button>{escape(t("Show"))}</button></form>'
        f'<div class="tc-rank-files">{files}</div></div>'
    )


def _list(visit: Visit, words: BulletinWords, board: Board, colour: Colour) -> str:
    rows = "".join(
        f"<li><span>{escape(words.rank(line.rank))}</span>"
        f"<b>{escape(words.place(line.place, line.name))}</b>"
        f"<span>{escape(words.tell('points_n', n=f'{line.score.points:g}'))}</span></li>"
        for line in board.colour(colour)
    )
    none = f'<p class="tc-muted">{escape(words.tell(f"{colour.value}_none"))}</p>'
    return f"<h2>{escape(label('list', colour, visit.lang))}</h2>" + (
        f"<ol>{rows}</ol>" if rows else none
    )


COLOURS = {Colour.RED: "#c0352b", Colour.BLACK: "#23282b", None: "#7aa394"}


def _chart(words: BulletinWords, board: Board) -> dict[str, Any]:
    """Points as bars, the best on top, in the colours of the lists."""
    lines = [line for line in board.lines if line.rank.rank is not None][:CHARTED][::-1]
    return {
        "title": {"text": words.tell("chart_points"), "textStyle": {"fontSize": 14}},
        "grid": {"left": 8, "right": 44, "top": 34, "bottom": 6, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}},
        "xAxis": {"type": "value", "max": board.table.highest, "splitNumber": 4},
        "yAxis": {
            "type": "category",
            "data": [words.place(line.place, line.name) for line in lines],
        },
        "series": [
            {
                "type": "bar",
                "barMaxWidth": 18,
                "label": {"show": True, "position": "right"},
                "data": [
                    {
                        "value": line.score.points,
                        "itemStyle": {"color": COLOURS[line.rank.colour]},
                    }
                    for line in lines
                ],
            }
        ],
    }


def _count(board: Board, place: str, measure: Measure, tally: Tally, change: int | None) -> str:
    n = tally.count(measure)
    moved = f"<small>{change:+d}</small>" if change else ""
    if not n:
        return f'<td class="zero">0{moved}</td>'
    link = figure_link(board, place, measure, "/")
    return f'<td><a href="{escape(link)}" data-figure="{n}">{n}</a>{moved}</td>'


def _table(visit: Visit, words: BulletinWords, board: Board) -> str:
    t, tell = visit.t, words.tell
    enough = board.table.enough.cases
    heads = [tell("points"), tell("change"), *(words.measure(one) for one in Measure)]
    heads += [tell("on_time_rate"), tell("false_rate"), tell("median"), tell("p90"), tell("looks")]
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    place = words.start(words.level(board.level))

    def rest(tally: Tally) -> str:
        hours = tally.hours(enough)
        cells = [words.rate(tally.rate(measure, enough)) for measure in RATES]
        cells += [words.hours(hours, "median"), words.hours(hours, "p90")]
        looks = tell("looks_spots", photos=tally.looks.photos, spots=tally.looks.spots)
        tips = [words.interval(tally.rate(measure, enough)) for measure in RATES]
        return "".join(
            f'<td title="{escape(tip)}">{escape(text)}</td>'
            for text, tip in zip([*cells, looks], [*tips, "", "", ""], strict=True)
        )

    def row(line: PlaceLine) -> str:
        kind = line.rank.colour.value if line.rank.colour else ""
        kind += "" if line.rank.rank is not None else " out"
        counts = "".join(
            _count(board, line.place, one, line.tally, line.difference(one)) for one in Measure
        )
        return (
            f'<tr class="{kind}"><td>{escape(words.rank(line.rank))}</td>'
            f'<td class="name">{escape(words.place(line.place, line.name))}{_why(words, line)}</td>'
            f"<td>{_points(words, board, line)}</td>"
            f"<td>{escape(words.delta(line.change.points))}</td>{counts}{rest(line.tally)}</tr>"
        )

    total = "".join(_count(board, EVERYWHERE, one, board.total, None) for one in Measure)
    return (
        f"<table><thead><tr><th>{escape(tell('rank'))}</th>"
        f'<th class="name">{escape(place)}</th>{head}</tr></thead><tbody>'
        + "".join(map(row, board.lines))
        + f'<tr class="sum"><td></td><td class="name">{escape(t("All"))}</td><td></td><td></td>'
        f"{total}{rest(board.total)}</tr></tbody></table>"
    )


def _why(words: BulletinWords, line: PlaceLine) -> str:
    if line.rank.why_not in (None, Unranked.NO_PLACE):
        return ""
    return f"<small>{escape(words.label('unranked', line.rank.why_not or ''))}</small>"


def _points(words: BulletinWords, board: Board, line: PlaceLine) -> str:
    """The points, which open to how they came about."""
    if line.rank.rank is None:
        return "—"
    parts = []
    for part in line.score.lines:
        what = words.measure(part.measure) if part.measure else ""
        if part.entry is not None:
            rule = board.table.manual[part.entry.code]
            what = f"{words.pick(rule.zh, rule.en)}: {part.entry.reason} ({part.entry.actor})"
        parts.append(f"<li>{part.points:+g} {escape(what)}</li>")
    shown = f"{line.score.points:g}"
    if not parts:
        return shown
    return f"<details><summary>{shown}</summary><ul>{''.join(parts)}</ul></details>"


def _notes(visit: Visit, words: BulletinWords, board: Board) -> str:
    notes = [words.tell("note_looks", n=board.table.enough.looks)]
    notes += [words.tell("note_few", n=board.table.enough.cases), words.tell("note_overdue")]
    if visit.services.settings.points is None:
        notes.insert(0, words.tell("note_weights"))
    return "<br>".join(map(escape, notes))
