"""What may be done with an issue: a button for each move, a form for those that need more."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from nicegui import ui

from api.console.visit import Visit
from detect.errors import TidycityError
from issues.details import Fields
from issues.issue import Action, Status
from issues.labels import action_label, label
from issues.lifecycle import NEEDS, REASONS
from issues.moves import move
from issues.queries import list_areas
from issues.rows import AreaRow, IssueDetail

AT_ONCE = frozenset(
    {Action.CONFIRM, Action.NOT_FIXED, Action.REOPEN, Action.RESUME, Action.UNSUPERVISE}
    | {Action.CLOSE, Action.UNDO}
)
"""Moves that need nothing but a click; all others ask for their fields."""

SELDOM = (
    *(Action.SEND_BACK, Action.EXTEND, Action.HOLD, Action.SUPERVISE, Action.UNSUPERVISE),
    *(Action.REJECT, Action.DUPLICATE, Action.CHANGE_CATEGORY),
)
"""Moves that stand in a menu, so that the next step of the work is seen first."""


def spoken(visit: Visit, action: Action) -> str:
    """The move's name as a button says it."""
    text = action_label(action, visit.lang)
    return text[:1].upper() + text[1:]


def show_moves(visit: Visit, detail: IssueDetail) -> None:
    """Draws the buttons."""
    if not visit.who.may("review"):
        return
    first = [a for a in detail.actions if a not in SELDOM and a is not Action.UNDO]
    seldom = [a for a in detail.actions if a in SELDOM]
    if detail.row.status is Status.CANDIDATE and Action.REJECT in seldom:
        seldom.remove(Action.REJECT)
        first.append(Action.REJECT)
    if detail.row.status in (Status.ASSIGNED, Status.REWORK):
        first.remove(Action.ASSIGN)  # to another unit
        seldom.insert(0, Action.ASSIGN)
    with ui.element("div").classes("tc-actions tc-moves"):
        for n, action in enumerate(first):
            kind = "danger" if action is Action.REJECT else "primary" if n == 0 else ""
            _button(visit, detail, action, kind)
        if seldom:
            _menu(visit, detail, seldom)
        if Action.UNDO in detail.actions:
            _button(visit, detail, Action.UNDO, "quiet wide")


def _button(visit: Visit, detail: IssueDetail, action: Action, kind: str) -> None:
    more = "" if action in AT_ONCE else " …"
    ui.button(
        spoken(visit, action) + more, on_click=partial(_begin, visit, detail, action), color=None
    ).props(f'unelevated no-caps data-move="{action}"').classes(f"tc-btn {kind}")


def _menu(visit: Visit, detail: IssueDetail, actions: list[Action]) -> None:
    t = visit.t
    with (
        ui.button(t("More") + " …", color=None)
        .props("unelevated no-caps data-move=more")
        .classes("tc-btn"),
        ui.menu(),
    ):
        for action in actions:
            ui.menu_item(
                spoken(visit, action), on_click=partial(_begin, visit, detail, action)
            ).props(f'data-move="{action}"')


async def _begin(visit: Visit, detail: IssueDetail, action: Action) -> None:
    if action in AT_ONCE:
        await make(visit, detail, action, {})
    else:
        areas = await to_thread(_areas, visit) if action is Action.ASSIGN else ()
        _Form(visit, detail, action, areas).open()


def _areas(visit: Visit) -> tuple[AreaRow, ...]:
    with visit.services.store.reading() as session:
        return list_areas(session)


def _move(visit: Visit, detail: IssueDetail, action: Action, fields: Fields) -> None:
    with visit.services.store.transaction() as session:
        move(
            session,
            detail.row.number,
            action,
            visit.who.name,
            catalogue=visit.services.catalogue,
            now=visit.services.now(),
            expected_version=detail.row.version,
            **fields,
        )


async def make(visit: Visit, detail: IssueDetail, action: Action, fields: Fields) -> None:
    """Makes the move and shows the page anew, or says why it can't be made."""
    t = visit.t
    try:
        if not await to_thread(visit.may, "review"):
            ui.notify(t("Your key may not decide, or no longer."), type="warning")
            return
        await to_thread(_move, visit, detail, action, fields)
    except TidycityError as error:
        ui.notify(t("Not saved: {why}", why=f"{error} {error.mend}"), type="warning")
        return
    ui.navigate.reload()


@dataclass
class _Form:
    """The fields of one move, in a dialog."""

    visit: Visit
    detail: IssueDetail
    action: Action
    areas: tuple[AreaRow, ...]
    inputs: dict[str, Any] = field(default_factory=dict)

    def open(self) -> None:
        """Draws it and opens it."""
        t, needs = self.visit.t, NEEDS[self.action]
        with ui.dialog() as dialog, ui.element("div").classes("tc-card tc-form"):
            ui.label(spoken(self.visit, self.action)).classes("tc-form-title")
            for name in (*needs.needed, *needs.optional):
                self._draw(name, must=name in needs.needed)
            with ui.element("div").classes("tc-form-ends"):
                ui.button(t("Cancel"), on_click=dialog.close, color=None).props(
                    "unelevated no-caps"
                ).classes("tc-btn quiet")
                ui.button(spoken(self.visit, self.action), on_click=self._send, color=None).props(
                    "unelevated no-caps data-move=send"
                ).classes("tc-btn primary")
        dialog.open()

    def _draw(self, name: str, *, must: bool) -> None:
        mark = " *" if must else ""
        made: Any
        match name:
            case "reason":
                made = self._select(self._reasons(), mark)
            case "unit":
                made = self._units()
            case "photo":
                made = self._photos()
            case "category":
                table = self.visit.services.catalogue
                codes = {code: self.visit.category(code) for code in table.categories}
                made = ui.select(codes, label=self._word(name) + mark, with_input=True)
            case "until" | "deadline":
                made = ui.input(self._word(name) + mark).props(
                    "type=datetime-local stack-label outlined dense"
                )
            case "hours":
                made = ui.number(self._word(name), min=0.5, step=0.5)
            case _:
                made = ui.input(self._word(name) + mark)
        self.inputs[name] = made.props(f'outlined dense data-field="{name}"').classes("tc-field")

    def _select(self, options: dict[str, str], mark: str) -> ui.select:
        return ui.select(options, label=self._word("reason") + mark)

    def _reasons(self) -> dict[str, str]:
        kind = f"{self.action}_reason"
        return {str(code): label(kind, code, self.visit.lang) for code in REASONS[self.action]}

    def _units(self) -> ui.input:
        """The units of the areas to choose from, and any other by its name."""
        row, lang = self.detail.row, self.visit.lang
        names = [area.unit_zh if lang == "zh" else area.unit_en for area in self.areas]
        own = row.unit(lang) if row.status is not Status.SENT_BACK else ""
        return ui.input(
            self._word("unit"),
            value=own or "",
            autocomplete=sorted({name for name in names if name}),
        )

    def _photos(self) -> ui.select:
        """The photos of the place, newest first: one of them shows the fix."""
        zone = self.visit.services.catalogue.calendar.zone
        looks = {
            look.sha256: f"{look.taken_at.astimezone(zone):%Y-%m-%d %H:%M} · {look.source}"
            for look in reversed(self.detail.looks)
        }
        return ui.select(looks, label=self._word("photo"), clearable=True)

    def _word(self, name: str) -> str:
        t = self.visit.t
        extending = self.action is Action.EXTEND
        return {
            "reason": t("Why"),
            "note": t("Note"),
            "unit": t("Unit"),
            "photo": t("After photo"),
            "category": t("Category"),
            "until": t("On hold until"),
            "deadline": t("New deadline") if extending else t("Deadline, if not by the table"),
            "hours": t("or working hours more") if extending else t("or in working hours"),
            "supervisor": t("Supervised by"),
            "duplicate_of": t("Number of the other issue"),
        }[name]

    async def _send(self) -> None:
        t = self.visit.t
        fields: Fields = {}
        for name, one in self.inputs.items():
            value = one.value.strip() if isinstance(one.value, str) else one.value
            if value in ("", None):
                if name in NEEDS[self.action].needed:
                    ui.notify(t("{what} is missing.", what=self._word(name)), type="warning")
                    return
                continue
            fields[name] = self._moment(value) if name in ("until", "deadline") else value  # type: ignore[literal-required]
        await make(self.visit, self.detail, self.action, fields)

    def _moment(self, text: str) -> datetime:
        """What was picked, in the office's zone."""
        zone = self.visit.services.catalogue.calendar.zone
        return datetime.fromisoformat(text).replace(tzinfo=zone)
