"""One person on one page: who they are, which language they read, what they may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import PAGES, Scope, first_page, roles_for_page, roles_with
from api.auth import Principal
from api.guard import address_of
from api.i18n import Lang, default_lang, lang_of, t
from api.problems import Problem
from api.services import Services, services_of
from api.trail import AuditedStore

LANG_COOKIE = "tidycity_lang"


def lang_for(request: Request, services: Services) -> Lang:
    """What the person chose, else the settings, else the browser's first language."""
    return (
        lang_of(request.cookies.get(LANG_COOKIE))
        or services.settings.lang
        or lang_of(request.headers.get("accept-language", "").split(",")[0].strip())
        or default_lang()
    )


def local_path(path: str | None) -> str:
    """A path on this server to go to; anything else becomes the first page.

    >>> local_path("/issues?status=closed"), local_path("//evil.example/x")
    ('/issues?status=closed', '/')
    """
    given = path or "/"
    plain = given.startswith("/") and not given.startswith(("//", "/\\"))
    return given if plain and given.isprintable() else "/"


@dataclass(frozen=True)
class Visit:
    """What every page is built from."""

    services: Services
    who: Principal
    lang: Lang
    path: str

    def t(self, text: str, **values: object) -> str:
        """The text in the reader's language."""
        return t(text, self.lang, **values)

    def may(self, scope: Scope) -> bool:
        """Whether the person may do this, asked anew: keys can be revoked meanwhile."""
        if self.services.door.open_house:
            return True
        now = self.services.door.keys.by_id(self.who.key_id)
        return now is not None and now.may(scope)

    def category(self, code: str) -> str:
        """The name of a category or group."""
        return self.services.catalogue.label(code, self.lang)


def visit_of(request: Request, scope: Scope = "read") -> Visit | Response:
    """The visit; or the way to the sign-in page, or a refusal, as the table of pages says.

    ``scope`` counts for a page that the table doesn't name.
    """
    services = services_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    try:
        who = services.door.identify(request)
    except Problem:
        who = None
    if who is None:
        return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", 303)
    page = getattr(request.scope.get("route"), "path", request.url.path)
    if not who.roles & (roles_for_page(page) if page in PAGES else roles_with((scope,))):
        return _refusal(who, lang_for(request, services))
    store = AuditedStore(services.store, who, here, address_of(request), services.now)
    return Visit(replace(services, store=store), who, lang_for(request, services), here)


_REFUSAL = """<!doctype html>
<html lang="{html_lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · tidycity</title>
<link rel="icon" href="/assets/favicon.svg"><link rel="stylesheet" href="/assets/console.css">
</head><body class="tc-signin"><main><div class="tc-card tc-empty" style="max-width:460px">
<div class="tc-tick" aria-hidden="true">✕</div><h2>{title}</h2><p>{text}</p>
<div class="tc-links"><a class="primary" href="{start}">{back}</a></div></div></main></body></html>
"""


def _refusal(who: Principal, lang: Lang) -> HTMLResponse:
    html = _REFUSAL.format(
        html_lang="zh-CN" if lang == "zh" else "en",
        title=escape(t("This page isn't for your role", lang)),
        text=escape(t("The key {name} is for other work.", lang, name=who.name)),
        start=first_page(who.roles),
        back=escape(t("To your own page", lang)),
    )
    return HTMLResponse(html, 403)


Build = Callable[[Visit, Request], None]
