"""The part of an issue's page about what may be the same problem: merge, split, take back."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from functools import partial
from html import escape

from nicegui import ui

from api.console.facts import ago, chips_html, moment
from api.console.shots import picture_url
from api.console.visit import Visit
from detect.errors import TidycityError
from issues.merging import Hand, merge, split, unmerge, unsplit
from issues.rows import IssueDetail
from issues.store import Session
from issues.suggestions import Suggestion, suggestions


def _read(visit: Visit, number: str) -> tuple[Suggestion, ...]:
    with visit.services.store.reading() as session:
        services = visit.services
        return suggestions(session, services.catalogue, number, services.now())


async def show_same_place(visit: Visit, detail: IssueDetail) -> None:
    """Draws suggestions, and for reviewers the buttons; nothing where there is nothing to say."""
    found = await to_thread(_read, visit, detail.row.number)
    deeds = _deeds(visit, detail) if visit.who.may("review") else []
    if not found and not deeds:
        return
    t = visit.t
    with ui.element("section").classes("tc-card tc-section").style("margin-top:14px"):
        if found:
            ui.html(f"<h2>{escape(t('Perhaps the same problem'))}</h2>", sanitize=False)
        for one in found:
            _show(visit, detail, one)
        with ui.row():
            for word, deed in deeds:
                _button(word, partial(_do, visit, deed))
        if visit.who.may("review") and len(detail.observations) > 1:
            _show_split(visit, detail)


def _show(visit: Visit, detail: IssueDetail, one: Suggestion) -> None:
    t = visit.t
    words = {"same": t("same category"), "part": t("part of it"), "group": t("same group")}
    row = one.row
    picture = (
        f'<img loading="lazy" alt="" src="{picture_url(row.best.sha256, 320)}" '
        'style="width:84px;height:63px;object-fit:cover;border-radius:6px">'
        if row.best is not None and row.best.stored
        else ""
    )
    about = t("{n} m away, {kinship}", n=round(one.away_m), kinship=words[one.kinship])
    with ui.row().classes("items-center no-wrap").style("width:100%"):
        ui.html(
            f'<a class="tc-link" href="/issues/{escape(row.number)}">{picture}</a>'
            f'<div><a class="tc-link" href="/issues/{escape(row.number)}">'
            f"{escape(visit.category(row.category))} · {escape(row.number)}</a> "
            f"{chips_html(visit, row)}<br>"
            f'<span class="tc-muted tc-small">{escape(about)} · '
            f"{escape(ago(visit, row.last_seen))}</span></div>",
            sanitize=False,
        ).style("display:flex;gap:12px;align-items:center;flex:1")
        if visit.who.may("review"):
            _button(t("Merge into this one"), partial(_do, visit, _merging(visit, detail, one)))


def _merging(visit: Visit, detail: IssueDetail, one: Suggestion) -> Callable[[Session], object]:
    into, other = detail.row, one.row
    versions = {into.number: into.version, other.number: other.version}
    return lambda session: merge(session, into.number, [other.number], _hand(visit), versions)


def _deeds(visit: Visit, detail: IssueDetail) -> list[tuple[str, Callable[[Session], object]]]:
    """What can be taken back: a merge of this issue, or the split that made it."""
    t = visit.t
    row = detail.row
    found: list[tuple[str, Callable[[Session], object]]] = []
    if row.duplicate_of is not None:
        text = t("Take the merge into {number} back", number=row.duplicate_of)
        found.append((text, lambda s: unmerge(s, row.number, _hand(visit), row.version)))
    for event in detail.events:
        if event.kind == "split_from" and row.duplicate_of is None:
            text = t("Take the split from {number} back", number=str(event.data["number"]))
            found.append((text, lambda s: unsplit(s, row.number, _hand(visit), row.version)))
    return found


def _show_split(visit: Visit, detail: IssueDetail) -> None:
    """All findings with a box to tick: the ticked ones become an issue of their own."""
    t = visit.t
    own = [one for one in detail.observations if one.issue_id == detail.row.id]
    if len(own) < 1 or detail.row.duplicate_of is not None:
        return
    with ui.expansion(t("Split: some findings are another problem")).style("width:100%"):
        boxes: dict[int, ui.checkbox] = {}
        for one in own:
            with ui.row().classes("items-center"):
                boxes[one.id] = ui.checkbox()
                picture = f'<img loading="lazy" alt="" src="{picture_url(one.sha256, 320)}" '
                picture += 'style="width:84px;height:63px;object-fit:cover;border-radius:6px">'
                ui.html(picture if one.stored else "", sanitize=False)
                category, when = visit.category(one.category), moment(visit, one.taken_at)
                ui.label(f"{category} · {when} · {one.source}")

        def parted(session: Session) -> object:
            ticked = [key for key, box in boxes.items() if box.value]
            return split(session, detail.row.number, ticked, _hand(visit), detail.row.version)

        _button(t("Split off the ticked ones"), partial(_do, visit, parted))


def _button(word: str, on_click: Callable[..., object]) -> None:
    ui.button(word, on_click=on_click, color=None).props("unelevated no-caps").classes("tc-btn")


def _hand(visit: Visit) -> Hand:
    return Hand(visit.who.name, visit.services.now(), visit.services.catalogue)


async def _do(visit: Visit, deed: Callable[[Session], object]) -> None:
    t = visit.t

    def write() -> None:
        with visit.services.store.transaction() as session:
            deed(session)

    try:
        if not await to_thread(visit.may, "review"):
            ui.notify(t("Your key may not decide, or no longer."), type="warning")
            return
        await to_thread(write)
    except TidycityError as error:
        ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
        return
    ui.navigate.reload()
