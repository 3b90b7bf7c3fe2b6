"""One person on one page: who they are, which language they read, what they may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import Principal, Scope
from api.i18n import Lang, default_lang, lang_of, t
from api.problems import Problem
from api.services import Services, services_of

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
    """The visit, or the redirect to the sign-in page for who isn't signed in."""
    services = services_of(request)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    try:
        who = services.door.identify(request)
    except Problem:
        who = None
    if who is None or not who.may(scope):
        return RedirectResponse(f"/sign-in?next={quote(here, safe='')}", 303)
    return Visit(services, who, lang_for(request, services), here)


Build = Callable[[Visit, Request], None]
