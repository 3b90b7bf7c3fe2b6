"""The list of issues, filtered by what stands in the address, so that a view can be shared."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from urllib.parse import urlencode

from nicegui import ui

from api.console.bulk import show_bulk
from api.console.facts import ago, area_text, chips_html, deadline_mark, moment, unit_text
from api.console.layout import empty_html, page_frame
from api.console.shots import picture_url
from api.console.visit import Visit
from issues.catalogue import Catalogue
from issues.errors import QueryError
from issues.issue import OPEN, Proposal, Status
from issues.labels import label, status_label
from issues.queries import IssueFilter, Sort, list_areas, list_issues
from issues.risk import load_risk
from issues.rows import AreaRow, IssueRow, Page
from issues.workload import due_soon, list_units, to_escalate

PAGE = 50
SORTS: tuple[Sort, ...] = (
    *("recent", "newest", "oldest", "deadline", "risk", "recurrences", "score"),
)


def filter_of(query: Mapping[str, str], catalogue: Catalogue, now: datetime) -> IssueFilter:
    """The filter that the address means; what it doesn't understand it leaves out."""
    status = query.get("status", "")
    statuses: tuple[Status, ...] = ()
    if status == "open":
        statuses = tuple(OPEN)
    elif status in set(Status):
        statuses = (Status(status),)
    area = query.get("area", "")
    which = IssueFilter(
        status=statuses,
        proposal=Proposal.FIXED if status == "fixed" else None,
        category=(query["category"],) if query.get("category") else (),
        area=("" if area == "none" else area,) if area else (),
        has_place=False if query.get("place") == "none" else None,
        q=query.get("q") or None,
        unit=(query["unit"],) if query.get("unit") else (),
        supervised=True if query.get("due") == "supervised" else None,
    )
    match query.get("due"):
        case "overdue":
            return replace(which, overdue_at=now)
        case "soon":
            return due_soon(catalogue, now, which)
        case "escalate":
            return to_escalate(catalogue, now, which)
        case _:
            return which


@dataclass(frozen=True, slots=True)
class _Found:
    """One page of the list, and what its filters offer."""

    page: Page[IssueRow]
    areas: tuple[AreaRow, ...]
    units: tuple[tuple[str, str], ...]


def _read(visit: Visit, query: Mapping[str, str]) -> _Found:
    sort: Sort = next((one for one in SORTS if one == query.get("sort")), "recent")
    with visit.services.store.reading() as session:
        areas = list_areas(session)
        table, now = visit.services.catalogue, visit.services.now()
        units = list_units(session)
        which = filter_of(query, table, now)
        risk = load_risk(visit.services.settings.risk) if sort == "risk" else None
        try:
            page = list_issues(
                session,
                table,
                which,
                sort=sort,
                cursor=query.get("cursor"),
                limit=PAGE,
                with_total=True,
                now=now,
                risk=risk,
            )
        except QueryError:
            page = list_issues(
                session, table, which, sort=sort, limit=PAGE, with_total=True, now=now, risk=risk
            )
    return _Found(page, areas, units)


async def list_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the list."""
    t = visit.t
    found = await to_thread(_read, visit, query)
    page = found.page
    with page_frame(visit, "/issues", t("Issues")):
        ui.html(f"<h1>{escape(t('Issues'))} {_total(page)}</h1>", sanitize=False)
        ui.html(_filters(visit, query, found), sanitize=False)
        may_move = visit.who.may("review") and bool(page.items)
        with ui.element("section").classes("tc-card tc-rows"):
            rows = _rows(visit, page.items, picked=may_move)
            ui.html(rows or _nothing(visit, query), sanitize=False)
        if may_move:
            show_bulk(visit, [name for pair in found.units for name in pair])
        if page.next_cursor:
            more = urlencode({**query, "cursor": page.next_cursor})
            link = f'<a class="tc-link" href="/issues?{escape(more)}">{escape(t("Next page"))}</a>'
            ui.html(link, sanitize=False).classes("tc-more")


def _total(page: Page[IssueRow]) -> str:
    return f'<span class="tc-muted">{page.total}</span>' if page.total is not None else ""


def _nothing(visit: Visit, query: Mapping[str, str]) -> str:
    t = visit.t
    names = ("status", "category", "area", "unit", "due", "q", "place")
    if any(query.get(name) for name in names):
        text = escape(t("Loosen the filter, or look at everything."))
        return empty_html(t("No issue fits"), text, [("/issues", t("Show all"))], mark="∅")
    text = escape(t("Analyse photos first:")) + " <code>tidycity analyze PATH</code>"
    return empty_html(t("No issues yet"), text, [("/upload", t("Upload photos"))], mark="◎")


def _select(name: str, chosen: str, options: list[tuple[str, str]], title: str) -> str:
    rows = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>'
        f"{escape(text)}</option>"
        for value, text in options
    )
    return (
        f'<select name="{name}" aria-label="{escape(title)}" onchange="this.form.submit()">'
        f"{rows}</select>"
    )


def _filters(visit: Visit, query: Mapping[str, str], found: _Found) -> str:
    t = visit.t
    statuses = [
        ("", t("Any status")),
        ("open", t("Open ones")),
        ("fixed", label("proposal", "fixed", visit.lang)),
        *((status.value, status_label(status, visit.lang)) for status in Status),
    ]
    table = visit.services.catalogue
    categories = [
        ("", t("Any category")),
        *((code, table.label(code, visit.lang)) for code in table.categories),
    ]
    places = [
        ("", t("Any area")),
        ("none", t("no area")),
        *((row.id, row.name_zh if visit.lang == "zh" else row.name_en) for row in found.areas),
    ]
    lang = 0 if visit.lang == "zh" else 1
    units = [("", t("Any unit")), *((pair[lang], pair[lang]) for pair in found.units)]
    dues = [
        ("", t("Any deadline")),
        ("soon", t("Due soon")),
        ("overdue", t("Overdue")),
        ("escalate", t("To be supervised")),
        ("supervised", t("Supervised")),
    ]
    sorts = {
        "recent": t("Last seen first"),
        "newest": t("Newest first"),
        "oldest": t("Oldest first"),
        "deadline": t("By deadline"),
        "risk": t("Most pressing first"),
        "recurrences": t("Most often back"),
        "score": t("Surest first"),
    }
    q = escape(query.get("q", ""))
    return (
        '<form class="tc-filters" method="get" action="/issues" role="search">'
        + _select("status", query.get("status", ""), statuses, t("Status"))
        + _select("category", query.get("category", ""), categories, t("Category"))
        + _select("area", query.get("area", ""), places, t("Area"))
        + _select("unit", query.get("unit", ""), units, t("Unit"))
        + _select("due", query.get("due", ""), dues, t("Deadline"))
        + _select("sort", query.get("sort", "recent"), list(sorts.items()), t("Order"))
        + f'<input name="q" value="{q}" placeholder="{escape(t("Number, area, unit, photo"))}" '
        f'aria-label="{escape(t("Search"))}"><button>{escape(t("Search"))}</button></form>'
    )


def _rows(visit: Visit, rows: tuple[IssueRow, ...], *, picked: bool) -> str:
    """The rows; ``picked`` puts a box before each, to move several at once."""
    if not picked:
        return "".join(_row(visit, row) for row in rows)
    return "".join(
        f'<div class="tc-picked"><label><input type="checkbox" data-number="{escape(row.number)}" '
        f'data-version="{row.version}" aria-label="{escape(row.number)}"></label>'
        f"{_row(visit, row)}</div>"
        for row in rows
    )


def _row(visit: Visit, row: IssueRow) -> str:
    t = visit.t
    picture = (
        f'<img loading="lazy" alt="" src="{picture_url(row.best.sha256, 320)}">'
        if row.best is not None and row.best.stored
        else '<span class="tc-noimg"></span>'
    )
    back = f" · {escape(t('came back {n}×', n=row.recurrences))}" if row.recurrences else ""
    unit = unit_text(visit, row) if row.area or row.unit_zh else ""
    mark = deadline_mark(visit, row)
    deadline = f"{escape(t('Deadline'))} {moment(visit, row.deadline)}" if row.deadline else ""
    return (
        f'<a class="tc-row" href="/issues/{escape(row.number)}">{picture}'
        f"<span><b>{escape(visit.category(row.category))}</b><br>"
        f'<span class="tc-muted tc-small">{escape(row.number)}{back}</span></span>'
        f"<span>{escape(area_text(visit, row))}<br>"
        f'<span class="tc-muted tc-small">{escape(unit)}</span></span>'
        f"<span>{chips_html(visit, row)}</span>"
        f'<span class="tc-small">{escape(ago(visit, row.last_seen))}<br>'
        f'<span class="tc-due {mark[0] if mark else "tc-muted"}">{deadline}</span></span></a>'
    )
