"""Moving several issues of the list at once: assign them to one unit, close, confirm."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape

from nicegui import ui

from api.console.visit import Visit
from issues.issue import Action
from issues.labels import action_label

BULK = (Action.CONFIRM, Action.ASSIGN, Action.CLOSE)


def show_bulk(visit: Visit, units: Iterable[str]) -> None:
    """The bar that shows when rows are picked; the browser sends to the API itself."""
    t = visit.t
    words = {
        "picked": t("{n} picked", n="#"),
        "moved": t("{n} done", n="#"),
        "failed": t("Not saved: {why}", why="#"),
    }
    options = "".join(
        f'<option value="{action}"{" selected" if action is Action.ASSIGN else ""}>'
        f"{escape(action_label(action, visit.lang))}</option>"
        for action in BULK
    )
    known = "".join(f'<option value="{escape(name)}">' for name in sorted(set(units) - {""}))
    placeholder = escape(t("Unit; empty: the area's"))
    bar = (
        f'<form class="tc-bulk" id="tc-bulk" hidden data-words="{escape(json.dumps(words))}">'
        '<b class="tc-bulk-count" aria-live="polite"></b>'
        f'<select name="action" aria-label="{escape(t("Move"))}">{options}</select>'
        f'<input name="unit" list="tc-units" maxlength="200" placeholder="{placeholder}" '
        f'aria-label="{escape(t("Unit"))}"><datalist id="tc-units">{known}</datalist>'
        f"<button>{escape(t('Do it'))}</button>"
        f'<button type="button" class="quiet" data-all>{escape(t("Pick all"))}</button>'
        '<ul class="tc-bulk-told" role="alert"></ul></form>'
    )
    ui.html(bar, sanitize=False)
    ui.add_body_html('<script src="/assets/bulk.js" defer></script>')
