"""What a reviewer can do with the issue in hand: buttons, lists to choose from, the keys."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from nicegui import events, ui

from api.console.queue import QueueName
from api.console.shots import picture_url
from api.console.visit import Visit
from issues.catalogue import Catalogue
from issues.issue import RejectReason
from issues.labels import reason_label, status_label
from issues.suggestions import Suggestion

if TYPE_CHECKING:
    from api.console.review import ReviewPage

REASONS = tuple(RejectReason)
DIGITS = 9


def likely(catalogue: Catalogue, category: str, *, own: bool) -> tuple[str, ...]:
    """The categories to offer by digit: those of the group first; ``own``: this one too.

    >>> from issues.catalogue import load_catalogue
    >>> likely(load_catalogue(), "litter.pile", own=False)[:2]
    ('litter.scattered', 'litter.bagged')
    """
    enabled = list(catalogue.enabled)
    group = catalogue.category(category).group
    kin = [code for code in enabled if catalogue.category(code).group == group]
    rest = [code for code in enabled if code not in kin]
    found = [code for code in (*kin, *rest) if own or code != category]
    if own and category in found:
        found.insert(0, found.pop(found.index(category)))
    return tuple(found[:DIGITS])


def one_key_match(near: Sequence[Suggestion]) -> Suggestion | None:
    """What M merges with: the nearest of the same category, or one that it is a part of."""
    return next((one for one in near if one.kinship != "group"), None)


def show_choices(page: ReviewPage) -> None:
    """What the page asks for now."""
    if page.mode == "reject":
        _reasons(page)
    elif page.mode == "duplicate":
        _neighbours(page)
    elif page.mode in ("category", "name"):
        _categories(page)
    else:
        _same(page)
        _actions(page)


def button(
    text: str,
    key: str,
    handler: Callable[[], Awaitable[None]] | None,
    classes: str,
    script: str = "",
) -> None:
    """One button with its key; ``script`` runs in the browser instead of a handler."""
    made = ui.button(on_click=handler, color=None).props("unelevated no-caps")
    made.classes(f"tc-btn {classes}")
    made.on("click", js_handler=f"() => {{ document.activeElement?.blur(); {script} }}")
    with made:
        ui.html(f"{escape(text)}<kbd>{escape(key)}</kbd>", sanitize=False)


def undo_button(page: ReviewPage) -> None:
    """Takes back the last deed of this sitting."""
    t = page.visit.t
    button(t("Undo the last decision"), "U", page.undo, "quiet wide")


def _actions(page: ReviewPage) -> None:
    t = page.visit.t
    fixed = page.queue.name is QueueName.FIXED
    with ui.element("div").classes("tc-actions"):
        if page.visit.who.may("review"):
            accept = t("Fixed: close") if fixed else t("Accept")
            button(accept, "A", page.accept, "primary")
            refuse = t("Not fixed") if fixed else t("Reject")
            button(refuse, "R", page.refuse, "danger")
            if not fixed:
                button(t("Duplicate"), "D", page.ask_duplicate, "")
                button(t("Category"), "C", page.ask_category, "")
                button(t("Adjust box"), "E", None, "", "tcEdit('adjust')")
                button(t("Draw a box"), "B", None, "", "tcEdit('draw')")
        else:
            ui.label(t("Your key may look but not decide.")).classes("wide tc-muted tc-small")
        button(t("Skip"), "→", partial(page.step, 1), "")
        if page.queue.done:
            undo_button(page)


def _same(page: ReviewPage) -> None:
    """The issue that this one most likely repeats, to be merged with by one key."""
    match = one_key_match(page.near)
    if match is None or not page.visit.who.may("review"):
        return
    t = page.visit.t
    with ui.element("div").classes("tc-same"):
        text = f"<b>{escape(t('Perhaps the same:'))}</b><br>{_about(page.visit, match)}"
        ui.html(f"{_picture(match)}<span>{text}</span>", sanitize=False).style(
            "display:flex;gap:10px;align-items:center;flex:1"
        )
        button(t("Merge"), "M", page.merge, "")


def _reasons(page: ReviewPage) -> None:
    t = page.visit.t
    with ui.element("div").classes("tc-choices"):
        ui.html(f"<strong>{escape(t('Why is it no issue?'))}</strong>", sanitize=False)
        for i, reason in enumerate(REASONS, 1):
            text = escape(reason_label(reason, page.visit.lang))
            _choice(f"<kbd>{i}</kbd> {text}", partial(page.reject, reason))
        _cancel(page)


def _neighbours(page: ReviewPage) -> None:
    t = page.visit.t
    with ui.element("div").classes("tc-choices"):
        title = t("Which issue is it the same as?") if page.near else t("No issue is near.")
        ui.html(f"<strong>{escape(title)}</strong>", sanitize=False)
        for i, one in enumerate(page.near, 1):
            html = f"<kbd>{i}</kbd> {_picture(one)}<span>{_about(page.visit, one)}</span>"
            _choice(html, partial(page.same_as, one))
        _cancel(page)


def _picture(one: Suggestion) -> str:
    best = one.row.best
    if best is None or not best.stored:
        return ""
    return f'<img src="{picture_url(best.sha256, 160)}" alt="">'


def _about(visit: Visit, one: Suggestion) -> str:
    status = status_label(one.row.status, visit.lang)
    return (
        f"{escape(visit.category(one.row.category))}<br>"
        f'<span class="tc-muted tc-small">{escape(one.row.number)} · {one.away_m:.0f} m · '
        f"{escape(status)}</span>"
    )


def _categories(page: ReviewPage) -> None:
    t = page.visit.t
    naming = page.mode == "name"
    with ui.element("div").classes("tc-choices"):
        title = t("What is in the box?") if naming else t("Which category is it?")
        ui.html(f"<strong>{escape(title)}</strong>", sanitize=False)
        for i, code in enumerate(page.offered, 1):
            html = f"<kbd>{i}</kbd> {escape(page.visit.category(code))}"
            _choice(html, partial(page.categorise, code))

        async def chosen(event: events.GenericEventArguments) -> None:
            await page.categorise(str(event.args))

        every = ui.element("select").props(f'aria-label="{escape(t("All categories"))}"')
        with every:
            ui.html(_options(page.visit), sanitize=False, tag="optgroup").props(
                f'label="{escape(t("All categories"))}"'
            )
        every.on("change", chosen, js_handler="(event) => emit(event.target.value)")
        _cancel(page)


def _options(visit: Visit) -> str:
    t = visit.t
    first = f'<option value="" selected>{escape(t("All categories"))} …</option>'
    return first + "".join(
        f'<option value="{escape(code)}">{escape(visit.category(code))}</option>'
        for code in visit.services.catalogue.enabled
    )


def _choice(html: str, handler: Callable[[], Awaitable[None]]) -> None:
    with ui.button(on_click=handler, color=None).props("flat no-caps").classes("tc-choice"):
        ui.html(html, sanitize=False).style("display:flex;gap:8px;align-items:center")


def _cancel(page: ReviewPage) -> None:
    t = page.visit.t
    button(t("Cancel"), "Esc", page.back, "quiet")


def help_dialog(visit: Visit) -> ui.dialog:
    """The keys, over the page."""
    t = visit.t
    keys = [
        ("A", "Enter", t("accept; in “Proposed as fixed”: close")),
        ("R", "", t("reject, then a digit for the reason; or “not fixed”")),
        ("M", "", t("merge with the issue that is suggested")),
        ("D", "", t("duplicate, then a digit for the other issue")),
        ("C", "", t("change the category, then a digit")),
        ("E", "", t("put the box right: drag, or arrows and Shift+arrows; Enter keeps")),
        ("B", "", t("draw a box round a problem that was missed, then name it")),
        ("←", "→", t("previous, next")),
        ("U", "", t("undo the last decision")),
        ("Z", "", t("look closer at the finding")),
        ("+", "−", t("zoom in and out; 0: the whole picture; drag to move it")),
        ("Esc", "?", t("cancel; this help")),
    ]
    rows = "".join(
        f"<dt><kbd>{a}</kbd>{f'<kbd>{b}</kbd>' if b else ''}</dt><dd>{escape(text)}</dd>"
        for a, b, text in keys
    )
    title = escape(t("Keys"))
    whole = ui.dialog().props(f'aria-label="{title}"')
    with whole as dialog, ui.element("div").classes("tc-help tc-card"):
        ui.html(f"<h2>{title}</h2><dl>{rows}</dl>", sanitize=False)
    return dialog
