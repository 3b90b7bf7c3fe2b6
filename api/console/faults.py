"""What people see when an address leads nowhere or a page fails: plain pages, no inner details."""

from __future__ import annotations

import logging
from html import escape

import nicegui
from fastapi import Request
from fastapi.responses import HTMLResponse

from api.console.visit import lang_for
from api.i18n import t
from api.services import services_of

log = logging.getLogger("tidycity.console")

_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · tidycity</title>
<link rel="icon" href="/assets/favicon.svg"><link rel="stylesheet" href="/assets/console.css">
</head><body class="tc-signin"><main><div class="tc-card tc-empty" style="max-width:460px">
<div class="tc-tick" aria-hidden="true">{mark}</div><h2>{title}</h2><p>{text}</p>
<div class="tc-links"><a class="primary" href="/">{back}</a></div></div></main></body></html>"""


def _page(request: Request, status: int, mark: str, title: str, text: str) -> HTMLResponse:
    lang = lang_for(request, services_of(request))
    html = _PAGE.format(
        lang="zh-CN" if lang == "zh" else "en",
        mark=mark,
        title=escape(title),
        text=escape(text),
        back=escape(t("To the review queue", lang)),
    )
    return HTMLResponse(html, status)


async def nothing_here(request: Request, _error: Exception) -> HTMLResponse:
    """The page for an address that leads nowhere."""
    lang = lang_for(request, services_of(request))
    text = t("Perhaps the address is misspelt.", lang)
    return _page(request, 404, "∅", t("There is nothing here", lang), text)


async def went_wrong(request: Request, error: Exception) -> HTMLResponse:
    """The page for a fault of ours; its cause is in the log under the request's id."""
    request_id = request.scope.get("tidycity.request_id", "")
    log.error("page %s failed, request %s", request.url.path, request_id, exc_info=error)
    lang = lang_for(request, services_of(request))
    text = t("Try again. The log has the cause under {id}.", lang, id=request_id)
    return _page(request, 500, "!", t("This page failed", lang), text)


def replace_fault_pages() -> None:
    """Puts our pages in the place of NiceGUI's, which show the error itself."""
    nicegui.app.add_exception_handler(404, nothing_here)
    nicegui.app.add_exception_handler(Exception, went_wrong)
