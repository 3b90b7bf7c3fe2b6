"""随手拍: one photo, its place and a note, from a phone. Nothing else is seen here.

The page holds no secret: the key comes in the part of the link after ``#``, which browsers don't
send, or from the session of who signed in. The script sends it as a bearer token.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.console.sheet import json_in_html
from api.console.visit import lang_for
from api.i18n import Lang, t
from api.services import Use

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="{html_lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{title} · tidycity</title>
<link rel="icon" href="/assets/favicon.svg"><link rel="stylesheet" href="/assets/console.css">
<link rel="stylesheet" href="/assets/sheet.css">
</head><body class="tc-snap"><main class="tc-card">
<h1>{title}</h1><p class="tc-muted">{intro}</p>
<form id="tc-snap">
<label class="tc-shoot" for="tc-photo">{shoot}</label>
<input id="tc-photo" type="file" accept="image/*" capture="environment" required>
<img id="tc-preview" alt="{preview}" hidden>
<p id="tc-place" role="status">{place}</p>
<label for="tc-note">{note}</label>
<textarea id="tc-note" maxlength="500" rows="3"></textarea>
<button type="submit">{send}</button>
</form>
<p id="tc-told" role="status" aria-live="polite"></p>
<p id="tc-kept" class="tc-muted" hidden></p>
<p class="tc-muted tc-small">{privacy}</p>
<nav><a href="/language/zh?next=/snap" lang="zh">中文</a>
<a href="/language/en?next=/snap" lang="en">English</a></nav>
</main>
<script type="application/json" id="tc-words">{words}</script>
<script src="/assets/snap.js" defer></script></body></html>"""


def _words(lang: Lang) -> dict[str, str]:
    return {
        "asking": t("Asking the phone for the place …", lang),
        "found": t(
            "Place from the phone (WGS-84), ±{n} m. GPS in the photo comes first.", lang
        ).replace("{n}", "#"),
        "none": t("No place from the phone: the photo's own GPS is used, if it has any.", lang),
        "sending": t("Sending …", lang),
        "sent": t("Thank you. The photo has arrived.", lang),
        "kept": t(
            "{n} photos wait on this phone and are sent when there is a network.", lang
        ).replace("{n}", "#"),
        "later": t("No network: the photo waits on this phone.", lang),
        "failed": t("Not sent: {why}", lang).replace("{why}", "#"),
        "nokey": t("This link has no valid key. Ask the office for a new one.", lang),
    }


@router.get("/snap")
def snap_page(request: Request, services: Use) -> HTMLResponse:
    """The page; who may send is found out when a photo is sent."""
    lang = lang_for(request, services)
    words = {name: escape(text) for name, text in _texts(lang).items()}
    html = _PAGE.format(
        html_lang="zh-CN" if lang == "zh" else "en", words=json_in_html(_words(lang)), **words
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _texts(lang: Lang) -> dict[str, str]:
    return {
        "title": t("Snap and report", lang),
        "intro": t("Photograph a problem in the street; the office looks after it.", lang),
        "shoot": t("Take a photo", lang),
        "preview": t("The photo to send", lang),
        "place": t("The place comes from the photo or the phone.", lang),
        "note": t("Note (optional)", lang),
        "send": t("Send", lang),
        "privacy": t("Faces are blurred before anyone outside the office sees a photo.", lang),
    }
