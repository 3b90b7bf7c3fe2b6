"""The review queue: a picture with its boxes, the facts beside it, one key a decision."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from importlib.metadata import version
from typing import Any, Literal

from nicegui import events, ui

from api.console.facts import facts_html
from api.console.layout import empty_html, page_frame
from api.console.queue import ACCEPTS, REFUSES, QueueName, ReviewQueue
from api.console.review_panel import (
    REASONS,
    help_dialog,
    likely,
    one_key_match,
    show_choices,
    undo_button,
)
from api.console.shots import Shot, picture_url, shots_for, show_shot
from api.console.visit import Visit
from detect.errors import TidycityError
from issues.errors import MoveNotAllowed, NotFound, VersionConflict
from issues.issue import Action, RejectReason
from issues.rows import Box, IssueDetail, ObservationRow
from issues.suggestions import Suggestion

Mode = Literal["decide", "reject", "duplicate", "category", "name"]


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
    near: tuple[Suggestion, ...]
    ahead: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BoxesTold:
    """What the browser tells of boxes: each with the id of its finding, 0 for a new one."""

    kind: Literal["draw", "adjust"]
    photo: str
    boxes: tuple[tuple[int, Box], ...]

    @classmethod
    def read(cls, told: Any) -> BoxesTold | None:
        """None where it isn't what ``boxes.js`` sends."""
        try:
            boxes = tuple((int(one["id"]), _box(one["box"])) for one in told["boxes"])
            kind, photo = told["kind"], str(told["photo"])
        except (KeyError, TypeError, ValueError):
            return None
        return cls(kind, photo, boxes) if boxes and kind in ("draw", "adjust") else None


def _box(values: Sequence[float]) -> Box:
    x1, y1, x2, y2 = (float(value) for value in values)
    return x1, y1, x2, y2


class ReviewPage:
    """One person reviewing one queue."""

    def __init__(self, visit: Visit, name: QueueName) -> None:
        self.visit = visit
        self.queue = ReviewQueue(visit.services, name, visit.who.name)
        self.mode: Mode = "decide"
        self.detail: IssueDetail | None = None
        self.near: tuple[Suggestion, ...] = ()
        self.offered: tuple[str, ...] = ()
        self._box: tuple[str, Box] | None = None
        self._busy = False
        self._turn = 0

    async def build(self) -> None:
        """Draws the page and begins."""
        t = self.visit.t
        self._client = ui.context.client
        with page_frame(self.visit, "/review", t("Review")):
            self._tabs = ui.element("nav").classes("tc-tabs").props(f'aria-label="{t("Queues")}"')
            self._body = ui.element("div").style("width:100%")
        ui.keyboard(self._on_key, repeating=False, ignore=["input", "select", "textarea"])
        ui.on("tcbox", self._on_box)
        ui.add_body_html(f'<script src="/assets/boxes.js?{version("tidycity")}" defer></script>')
        self._help = help_dialog(self.visit)
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
        self.detail, self.near = view.detail, view.near
        self._show_tabs(view.counts)
        self._body.clear()
        if view.detail is None:
            with self._body, ui.element("section").classes("tc-card"):
                ui.html(self._empty(view.counts), sanitize=False)
                if self.queue.done:
                    undo_button(self)
            return
        with self._body, ui.element("div").classes("tc-review"):
            self._show_stage(view.detail, view.shots, view.others)
            with ui.element("aside").classes("tc-side tc-card"):
                facts = facts_html(self.visit, view.detail.row)
                ui.html(facts, sanitize=False).classes("tc-facts")
                show_choices(self)
        for url in view.ahead:  # by the client: the button that was pressed may be gone
            self._client.run_javascript(f"(new Image()).src = '{url}'")

    def _read(self) -> View:
        name, detail = self.queue.name, self.queue.current()
        shots = shots_for(detail, name) if detail else ()
        others: tuple[ObservationRow, ...] = ()
        if detail and shots:
            others = self.queue.others_in_photo(shots[-1].frame.sha256, detail.row.number)
        coming = self.queue.following()
        ahead = [shot.frame for shot in shots_for(coming, name)] if coming else []
        urls = tuple(picture_url(frame.sha256) for frame in ahead if frame.stored)
        fixed = name is QueueName.FIXED
        near = self.queue.neighbours(detail.row) if detail and not fixed else ()
        return View(self.queue.counts(), detail, shots, others, near, urls)

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
            place += " · " + t("{n} decided", n=self.queue.decided)
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
                editable = shot is shots[-1] and self.queue.name is not QueueName.FIXED
                show_shot(self.visit, detail, shot, faint, editable=editable)

    def _empty(self, counts: dict[QueueName, int]) -> str:
        t = self.visit.t
        next_queues = [
            (f"/review?queue={name}", f"{queue_text(self.visit, name)} ({counts[name]})")
            for name in QueueName
            if counts[name] and name is not self.queue.name
        ]
        done = self.queue.decided
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

    # what happens ----------------------------------------------------------------------------

    async def _on_key(self, event: events.KeyEventArguments) -> None:
        held = event.modifiers
        if not event.action.keydown or held.ctrl or held.alt or held.meta:
            return
        key = str(event.key.name)
        number = int(key) if key.isdigit() else 0
        if key == "Escape":
            await self.back()
        elif key == "?":
            self._help.open()
        elif self.mode == "reject" and 1 <= number <= len(REASONS):
            await self.reject(REASONS[number - 1])
        elif self.mode == "duplicate" and 1 <= number <= len(self.near):
            await self.same_as(self.near[number - 1])
        elif self.mode in ("category", "name") and 1 <= number <= len(self.offered):
            await self.categorise(self.offered[number - 1])
        elif self.mode == "decide":
            await self._plain_key(key)

    async def _plain_key(self, key: str) -> None:
        handlers: dict[str, Callable[[], Awaitable[None]]] = {
            "a": self.accept,
            "enter": self.accept,
            "r": self.refuse,
            "d": self.ask_duplicate,
            "m": self.merge,
            "c": self.ask_category,
            "u": self.undo,
            "arrowright": partial(self.step, 1),
            "arrowleft": partial(self.step, -1),
        }
        handler = handlers.get(key.lower())
        if handler is not None:
            await handler()

    async def accept(self) -> None:
        """A: it is one; or it is fixed."""
        await self._decide(ACCEPTS[self.queue.name])

    async def refuse(self) -> None:
        """R: it is none, for a reason that is asked for; or it is not fixed."""
        if REFUSES[self.queue.name] is Action.REJECT:
            await self._ask("reject")
        else:
            await self._decide(REFUSES[self.queue.name])

    async def ask_duplicate(self) -> None:
        """D: asks which issue it repeats."""
        if self.queue.name is not QueueName.FIXED:
            await self._ask("duplicate")

    async def ask_category(self) -> None:
        """C: asks for its right category."""
        if self.detail is not None and self.queue.name is not QueueName.FIXED:
            table = self.visit.services.catalogue
            self.offered = likely(table, self.detail.row.category, own=False)
            await self._ask("category")

    async def _ask(self, mode: Mode) -> None:
        if self.detail is not None and self.visit.who.may("review"):
            self.mode = mode
            await self._show()

    async def back(self) -> None:
        """Esc: nothing is asked any more."""
        if self.mode != "decide":
            self.mode = "decide"
            await self._show()

    async def step(self, by: int) -> None:
        """The next or the one before, undecided."""
        self.queue.step(by)
        await self._show()

    async def reject(self, reason: RejectReason) -> None:
        """It is none, for this reason."""
        await self._decide(Action.REJECT, reason=reason)

    async def same_as(self, one: Suggestion) -> None:
        """It is the same as another issue."""
        await self._decide(Action.DUPLICATE, duplicate_of=one.row.number)

    async def merge(self) -> None:
        """M: it is the same as the issue that is suggested."""
        match = one_key_match(self.near)
        if match is not None and self.queue.name is not QueueName.FIXED:
            await self.same_as(match)

    async def categorise(self, code: str) -> None:
        """The category that was asked for: the issue's, or of the box just drawn."""
        row = self.detail.row if self.detail is not None else None
        if row is None or code not in self.visit.services.catalogue.enabled:
            return
        if self.mode == "category":
            await self._try(partial(self.queue.recategorise, row, code))
        elif self.mode == "name" and self._box is not None:
            photo, box = self._box
            await self._try(partial(self.queue.draw, row, photo, code, box))

    async def _on_box(self, event: events.GenericEventArguments) -> None:
        """What ``boxes.js`` tells: a box to be named, or boxes that were put right."""
        told = BoxesTold.read(event.args)
        if told is None or self.detail is None or self.mode != "decide":
            return
        if told.kind == "draw":
            self._box = (told.photo, told.boxes[0][1])
            table = self.visit.services.catalogue
            self.offered = likely(table, self.detail.row.category, own=True)
            await self._ask("name")
        else:
            await self._try(partial(self.queue.adjust, self.detail.row, told.boxes))

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

    async def undo(self) -> None:
        """U: takes back this sitting's last deed."""
        if self.queue.done:
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
            try:
                await self._show()
            finally:
                self._busy = False

    async def _refetch(self) -> None:
        here = self.queue.position
        await to_thread(self.queue.load)
        self.queue.position = min(here, max(len(self.queue.numbers) - 1, 0))
