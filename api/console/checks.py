"""What is to be checked (待核查): reported fixed, found clear by a patrol, or undecided."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from enum import StrEnum
from html import escape

from nicegui import ui

from api.console.facts import ago, area_text, chips_html, moment, unit_text
from api.console.layout import empty_html, page_frame
from api.console.shots import picture_url
from api.console.visit import Visit
from issues.issue import OPEN, Proposal, Status, Verdict
from issues.queries import IssueFilter, list_issues
from issues.rows import IssueRow

MOST = 500


class Check(StrEnum):
    """Why an issue is to be checked."""

    REPORTED = "reported"
    CLEAR = "clear"
    UNSURE = "unsure"


def to_check(visit: Visit) -> dict[Check, tuple[IssueRow, ...]]:
    """What waits, oldest first, at most 500 of each kind."""
    services, now = visit.services, visit.services.now()
    reported = IssueFilter(status=(Status.REPORTED_FIXED,))
    clear = IssueFilter(status=tuple(OPEN), proposal=Proposal.FIXED)
    with services.store.reading() as session:
        rows = {
            kind: list_issues(
                session, services.catalogue, which, sort="oldest", limit=MOST, now=now
            ).items
            for kind, which in ((Check.REPORTED, reported), (Check.CLEAR, clear))
        }
    both = {row.id: row for row in (*rows[Check.REPORTED], *rows[Check.CLEAR])}
    unsure = tuple(row for row in both.values() if row.verdict is Verdict.CANT_TELL)
    return {**rows, Check.UNSURE: unsure}


async def checks_page(visit: Visit, query: Mapping[str, str]) -> None:
    """Draws the queue."""
    t = visit.t
    found = await to_thread(to_check, visit)
    asked = query.get("kind", "")
    chosen = Check(asked) if asked in set(Check) else Check.REPORTED
    with page_frame(visit, "/checks", t("To be checked")):
        ui.html(
            f"<h1>{escape(t('To be checked'))}</h1>{_tabs(visit, found, chosen)}"
            f'<section class="tc-card tc-rows">{_rows(visit, found[chosen])}</section>',
            sanitize=False,
        )


def _tabs(visit: Visit, found: Mapping[Check, tuple[IssueRow, ...]], chosen: Check) -> str:
    t = visit.t
    words = {
        Check.REPORTED: t("Reported fixed, not verified yet"),
        Check.CLEAR: t("Found clear by a patrol"),
        Check.UNSURE: t("The photo doesn't tell"),
    }
    links = "".join(
        f'<a href="/checks?kind={kind}"{" aria-current=page" if kind is chosen else ""}>'
        f"{escape(word)} <b>{len(found[kind])}</b></a>"
        for kind, word in words.items()
    )
    return f'<nav class="tc-tabs" aria-label="{escape(t("Queues"))}">{links}</nav>'


def _rows(visit: Visit, rows: tuple[IssueRow, ...]) -> str:
    t = visit.t
    if not rows:
        text = escape(t("Fixes that units report and that photos show come here."))
        links = [("/issues", t("All issues"))]
        return empty_html(t("Nothing is to be checked"), text, links)
    return "".join(_row(visit, row) for row in rows)


def _row(visit: Visit, row: IssueRow) -> str:
    shown = row.after or row.best
    picture = '<span class="tc-noimg"></span>'
    if shown is not None and shown.stored:
        picture = f'<img loading="lazy" alt="" src="{picture_url(shown.sha256, 320)}">'
    since = row.reported_at or row.cleared_at or row.last_seen
    return (
        f'<a class="tc-row" href="/issues/{escape(row.number)}">{picture}'
        f"<span><b>{escape(visit.category(row.category))}</b><br>"
        f'<span class="tc-muted tc-small">{escape(row.number)}</span></span>'
        f"<span>{escape(area_text(visit, row))}<br>"
        f'<span class="tc-muted tc-small">{escape(unit_text(visit, row))}</span></span>'
        f"<span>{chips_html(visit, row)}</span>"
        f'<span class="tc-small">{escape(ago(visit, since))}<br>'
        f'<span class="tc-muted">{moment(visit, since)}</span></span></a>'
    )
