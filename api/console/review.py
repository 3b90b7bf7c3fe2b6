"""The review queue: a picture with its boxes, the facts beside it, one key a decision."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Literal

from nicegui import events, ui

from api.console.facts import facts_html
from api.console.layout import empty_html, page_frame
from api.console.queue import ACCEPTS, REFUSES, QueueName, ReviewQueue
from api.console.shots import Shot, picture_url, shots_for, show_shot
from api.console.visit import Visit
from detect.errors import TidycityError
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, RejectReason
from issues.labels import reason_label, status_label
from issues.rows import IssueDetail, IssueRow, ObservationRow

Mode = Literal["decide", "reject", "duplicate"]
REASONS = tuple(RejectReason)


def queue_text(visit: Visit, name: QueueName) -> str:
    """What a queue is called on its tab."""
    t = visit.t
    return {
        QueueName.NEW: t("New"),
        QueueName.FIXED: t("Proposed as fixed"),
        QueueName.RETURNED: t("Came back"),
    }[name]


@dataclass(frozen=True, slots=True)
class View:
    """All that one drawing of the page needs: ``ahead`` are pictures of the issue after this."""

    counts: dict[QueueName, int]
    detail: IssueDetail | None
    shots: tuple[Shot, ...]
    others: tuple[ObservationRow, ...]
    ahead: tuple[str, ...]


class ReviewPage:
    """One person reviewing one queue."""

    def __init__(self, visit: Visit, name: QueueName) -> None:
        self.visit = visit
        self.queue = ReviewQueue(visit.services, name, visit.who.name)
        self.mode: Mode = "decide"
        self.detail: IssueDetail | None = None
        self.near: list[tuple[IssueRow, float]] = []
        self._busy = False
        self._turn = 0

    async def build(self) -> None:
        """Draws the page and begins."""
        t = self.visit.t
        with page_frame(self.visit, "/review", t("Review")):
            self._tabs = ui.element("nav").classes("tc-tabs").props(f'aria-label="{t("Queues")}"')
            self._body = ui.element("div").style("width:100%")
        ui.keyboard(self._on_key, repeating=False, ignore=["input", "select", "textarea"])
        self._help = self._help_dialog()
        await to_thread(self.queue.load)
        await self._show()

    # what is shown -------------------------------------------------------------------------

    async def _show(self) -> None:
        """Reads, then draws at once, so that nobody sees or answers a half-drawn page."""
        self._turn += 1
        turn = self._turn
        view = await to_thread(self._read)
        if turn != self._turn:  # a later key was faster: its view is the one to show
            return
        self.detail = view.detail
        self._show_tabs(view.counts)
        self._body.clear()
        if view.detail is None:
            with self._body, ui.element("section").classes("tc-card"):
                ui.html(self._empty(view.counts), sanitize=False)
                if self.queue.decided:
                    self._undo_button()
            return
        with self._body, ui.element("div").classes("tc-review"):
            self._show_stage(view.detail, view.shots, view.others)
            with ui.element("aside").classes("tc-side tc-card"):
                facts = facts_html(self.visit, view.detail.row)
                ui.html(facts, sanitize=False).classes("tc-facts")
                self._show_choices()
        for url in view.ahead:
            ui.run_javascript(f"(new Image()).src = '{url}'")

    def _read(self) -> View:
        name, detail = self.queue.name, self.queue.current()
        shots = shots_for(detail, name) if detail else ()
        others: tuple[ObservationRow, ...] = ()
        if detail and shots:
            others = self.queue.others_in_photo(shots[-1].frame.photo_id, detail.row.number)
        coming = self.queue.following()
        ahead = [shot.frame for shot in shots_for(coming, name)] if coming else []
        urls = tuple(picture_url(frame.sha256) for frame in ahead if frame.stored)
        return View(self.queue.counts(), detail, shots, others, urls)

    def _show_tabs(self, counts: dict[QueueName, int]) -> None:
        t = self.visit.t
        links = "".join(
            f'<a href="/review?queue={name}"{" aria-current=page" if own else ""}>'
            f"{escape(queue_text(self.visit, name))} <b>{counts[name]}</b></a>"
            for name in QueueName
            for own in [name is self.queue.name]
        )
        place = ""
        if self.queue.numbers:
            at, n = self.queue.position + 1, len(self.queue.numbers)
            place = t("{at} of {n}", at=at, n=n)
        if self.queue.decided:
            place += " · " + t("{n} decided", n=len(self.queue.decided))
        self._tabs.clear()
        with self._tabs:
            ui.html(links, sanitize=False).style("display:contents")
            ui.label(place).classes("tc-progress tc-muted tc-small")
            ui.button("?", on_click=self._help.open, color=None).classes("tc-btn quiet").props(
                f'flat dense aria-label="{t("Keyboard help")}"'
            )

    def _show_stage(
        self, detail: IssueDetail, shots: Sequence[Shot], others: Sequence[ObservationRow]
    ) -> None:
        two = " tc-two" if len(shots) > 1 else ""
        with ui.element("div").classes(f"tc-stage{two}"):
            for shot in shots:
                faint = others if shot is shots[-1] or len(shots) == 1 else ()
                show_shot(self.visit, detail, shot, faint)

    def _empty(self, counts: dict[QueueName, int]) -> str:
        t = self.visit.t
        next_queues = [
            (f"/review?queue={name}", f"{queue_text(self.visit, name)} ({counts[name]})")
            for name in QueueName
            if counts[name] and name is not self.queue.name
        ]
        done = len(self.queue.decided)
        if done:
            title = t("All done: {n} decided", n=done)
            text = escape(t("Confirmed issues are on the map and on the rectification list."))
        elif self.queue.name is QueueName.NEW:
            title = t("Nothing new to review")
            text = escape(t("New photos bring new candidates:")) + (
                " <code>tidycity analyze PATH</code>"
            )
        elif self.queue.name is QueueName.FIXED:
            title = t("Nothing is proposed as fixed")
            text = escape(t("A place that is photographed again and found clear comes here."))
        else:
            title = t("Nothing came back")
            text = escape(t("A problem that is seen again after it was fixed comes here."))
        links = [*next_queues, ("/map", t("Open the map")), ("/issues", t("All issues"))]
        return empty_html(title, text, links)

    # what can be done -----------------------------------------------------------------------

    def _show_choices(self) -> None:
        if self.mode == "reject":
            self._show_reasons()
        elif self.mode == "duplicate":
            self._show_neighbours()
        else:
            self._show_actions()

    def _button(
        self, text: str, key: str, handler: Callable[[], Awaitable[None]], classes: str
    ) -> None:
        button = (
            ui.button(on_click=handler, color=None)
            .props("unelevated no-caps")
            .classes(f"tc-btn {classes}")
        )
        button.on("click", js_handler="() => document.activeElement?.blur()")
        with button:
            ui.html(f"{escape(text)}<kbd>{escape(key)}</kbd>", sanitize=False)

    def _show_actions(self) -> None:
        t = self.visit.t
        fixed = self.queue.name is QueueName.FIXED
        with ui.element("div").classes("tc-actions"):
            if self.visit.who.may("review"):
                accept = t("Fixed: close") if fixed else t("Accept")
                self._button(accept, "A", self._accept, "primary")
                refuse = t("Not fixed") if fixed else t("Reject")
                self._button(refuse, "R", self._refuse, "danger")
                if not fixed:
                    self._button(t("Duplicate"), "D", self._ask_duplicate, "")
            else:
                ui.label(t("Your key may look but not decide.")).classes("wide tc-muted tc-small")
            self._button(t("Skip"), "→", partial(self._step, 1), "")
            if self.queue.decided:
                self._undo_button()

    def _undo_button(self) -> None:
        t = self.visit.t
        self._button(t("Undo the last decision"), "U", self._undo, "quiet wide")

    def _show_reasons(self) -> None:
        t = self.visit.t
        with ui.element("div").classes("tc-choices"):
            ui.html(f"<strong>{escape(t('Why is it no issue?'))}</strong>", sanitize=False)
            for i, reason in enumerate(REASONS, 1):
                text = escape(reason_label(reason, self.visit.lang))
                self._choice(f"<kbd>{i}</kbd> {text}", partial(self._reject, reason))
            self._cancel()

    def _show_neighbours(self) -> None:
        t = self.visit.t
        with ui.element("div").classes("tc-choices"):
            title = t("Which issue is it the same as?") if self.near else t("No issue is near.")
            ui.html(f"<strong>{escape(title)}</strong>", sanitize=False)
            for i, (row, metres) in enumerate(self.near, 1):
                self._choice(self._neighbour_html(i, row, metres), partial(self._same_as, row))
            self._cancel()

    def _neighbour_html(self, i: int, row: IssueRow, metres: float) -> str:
        picture = (
            f'<img src="{picture_url(row.best.sha256, 160)}" alt="">'
            if row.best is not None and row.best.stored
            else ""
        )
        status = status_label(row.status, self.visit.lang)
        return (
            f"<kbd>{i}</kbd> {picture}<span>{escape(self.visit.category(row.category))}<br>"
            f'<span class="tc-muted tc-small">{escape(row.number)} · {metres:.0f} m · '
            f"{escape(status)}</span></span>"
        )

    def _choice(self, html: str, handler: Callable[[], Awaitable[None]]) -> None:
        with ui.button(on_click=handler, color=None).props("flat no-caps").classes("tc-choice"):
            ui.html(html, sanitize=False).style("display:flex;gap:8px;align-items:center")

    def _cancel(self) -> None:
        t = self.visit.t
        self._button(t("Cancel"), "Esc", self._back, "quiet")

    # what happens ----------------------------------------------------------------------------

    async def _on_key(self, event: events.KeyEventArguments) -> None:
        held = event.modifiers
        if not event.action.keydown or held.ctrl or held.alt or held.meta:
            return
        key = str(event.key.name)
        number = int(key) if key.isdigit() else 0
        if key == "Escape":
            await self._back()
        elif key == "?":
            self._help.open()
        elif self.mode == "reject" and 1 <= number <= len(REASONS):
            await self._reject(REASONS[number - 1])
        elif self.mode == "duplicate" and 1 <= number <= len(self.near):
            await self._same_as(self.near[number - 1][0])
        elif self.mode == "decide":
            await self._plain_key(key)

    async def _plain_key(self, key: str) -> None:
        handlers: dict[str, Callable[[], Awaitable[None]]] = {
            "a": self._accept,
            "enter": self._accept,
            "r": self._refuse,
            "d": self._ask_duplicate,
            "u": self._undo,
            "arrowright": partial(self._step, 1),
            "arrowleft": partial(self._step, -1),
        }
        handler = handlers.get(key.lower())
        if handler is not None:
            await handler()

    async def _accept(self) -> None:
        await self._decide(ACCEPTS[self.queue.name])

    async def _refuse(self) -> None:
        if REFUSES[self.queue.name] is Action.REJECT:
            await self._ask("reject")
        else:
            await self._decide(REFUSES[self.queue.name])

    async def _ask_duplicate(self) -> None:
        if self.detail is not None and self.queue.name is not QueueName.FIXED:
            self.near = await to_thread(self.queue.neighbours, self.detail.row)
            await self._ask("duplicate")

    async def _ask(self, mode: Mode) -> None:
        if self.detail is not None and self.visit.who.may("review"):
            self.mode = mode
            await self._show()

    async def _back(self) -> None:
        if self.mode != "decide":
            self.mode = "decide"
            await self._show()

    async def _step(self, by: int) -> None:
        self.queue.step(by)
        await self._show()

    async def _reject(self, reason: RejectReason) -> None:
        await self._decide(Action.REJECT, reason=reason)

    async def _same_as(self, row: IssueRow) -> None:
        await self._decide(Action.DUPLICATE, duplicate_of=row.number)

    async def _decide(
        self,
        action: Action,
        *,
        reason: RejectReason | None = None,
        duplicate_of: str | None = None,
    ) -> None:
        if self.detail is None:
            return
        decide = partial(
            self.queue.decide,
            self.detail.row,
            action,
            reason=reason,
            duplicate_of=duplicate_of,
        )
        await self._try(decide)

    async def _undo(self) -> None:
        if self.queue.decided:
            await self._try(self.queue.undo)

    async def _try(self, change: Callable[[], object]) -> None:
        """Makes one change at a time; keys pressed meanwhile are for a picture not yet seen."""
        t = self.visit.t
        if self._busy:
            return
        self._busy = True
        try:
            if not await to_thread(self.visit.may, "review"):
                ui.notify(t("Your key may not decide, or no longer."), type="warning")
                return
            await to_thread(change)
        except (VersionConflict, NotFound):
            ui.notify(t("Someone changed this issue meanwhile; here it is anew."), type="warning")
            await self._refetch()
        except MoveNotAllowed as error:
            ui.notify(t("This can't be done now: {why}", why=str(error)), type="warning")
            await self._refetch()
        except TidycityError as error:
            ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="negative")
        finally:
            self.mode = "decide"
            await self._show()
            self._busy = False

    async def _refetch(self) -> None:
        here = self.queue.position
        await to_thread(self.queue.load)
        self.queue.position = min(here, max(len(self.queue.numbers) - 1, 0))

    def _help_dialog(self) -> ui.dialog:
        t = self.visit.t
        keys = [
            ("A", "Enter", t("accept; in “Proposed as fixed”: close")),
            ("R", "", t("reject, then a digit for the reason; or “not fixed”")),
            ("D", "", t("duplicate, then a digit for the other issue")),
            ("←", "→", t("previous, next")),
            ("U", "", t("undo the last decision")),
            ("Z", "", t("look closer at the finding")),
            ("Esc", "", t("cancel")),
        ]
        rows = "".join(
            f"<dt><kbd>{a}</kbd>{f'<kbd>{b}</kbd>' if b else ''}</dt><dd>{escape(text)}</dd>"
            for a, b, text in keys
        )
        with ui.dialog() as dialog, ui.element("div").classes("tc-help tc-card"):
            ui.html(f"<h2>{escape(t('Keys'))}</h2><dl>{rows}</dl>", sanitize=False)
        return dialog
