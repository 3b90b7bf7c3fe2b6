"""Plain pages: no websocket, one small script each; they ask the API with the visitor's session."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib.metadata import version
from urllib.parse import quote

from starlette.responses import HTMLResponse

from api.console.visit import Visit

_PAGE = """<!doctype html>
<html lang="{html_lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · tidycity</title>
<link rel="icon" href="/assets/favicon.svg">
<link rel="stylesheet" href="/assets/console.css?{stamp}">
<link rel="stylesheet" href="/assets/sheet.css?{stamp}">
</head><body>
<header class="tc-header"><a class="tc-logo" href="/"><img src="/assets/favicon.svg" width="26"
 height="26" alt=""><span>tidycity</span></a><nav aria-label="{title}"></nav>
<div class="tc-who"><a href="/language/{other}?next={here}" lang="{other}">{language}</a>
<span class="tc-name">{name}</span>{leave}</div></header>
<main class="tc-main tc-sheet"><h1>{title}</h1>{body}</main>
<script type="application/json" id="tc-words">{words}</script>
<script src="/assets/{script}?{stamp}" defer></script></body></html>"""


def sheet(
    visit: Visit, title: str, body: str, *, script: str, words: Mapping[str, object]
) -> HTMLResponse:
    """A page with a header; ``body`` is HTML, ``words`` what its script says."""
    other, language = ("en", "English") if visit.lang == "zh" else ("zh", "中文")
    leave = f'<form method="post" action="/sign-out"><button>{escape(visit.t("Sign out"))}</button>'
    html = _PAGE.format(
        html_lang="zh-CN" if visit.lang == "zh" else "en",
        title=escape(title),
        stamp=version("tidycity"),
        other=other,
        here=quote(visit.path, safe=""),
        language=language,
        name=escape(visit.who.name),
        leave="" if visit.services.door.open_house else f"{leave}</form>",
        body=body,
        words=json_in_html(words),
        script=script,
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def json_in_html(value: object) -> str:
    """JSON that can stand in a script element.

    >>> json_in_html({"a": "</script>"})
    '{"a": "\\\\u003c/script>"}'
    """
    return json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
