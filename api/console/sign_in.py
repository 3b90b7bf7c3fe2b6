"""Signing in with a key, signing out, and the choice of language: plain pages without scripts."""

from __future__ import annotations

import time
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from api.access import first_page
from api.console.visit import LANG_COOKIE, lang_for, local_path
from api.guard import address_of, same_origin
from api.i18n import Lang, t
from api.problems import Problem
from api.services import Use
from api.session import COOKIE, LIFETIME_S

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="{html_lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · tidycity</title>
<link rel="icon" href="/assets/favicon.svg"><link rel="stylesheet" href="/assets/console.css">
</head><body class="tc-signin"><main>
<form method="post" action="/sign-in" class="tc-card">
<div class="tc-brand"><img src="/assets/favicon.svg" alt="" width="36" height="36">
<div><strong>tidycity</strong><span>{tagline}</span></div></div>
{error}
<label for="key">{label}</label>
<input id="key" name="key" type="password" autocomplete="current-password" autofocus required
 placeholder="tck_…" spellcheck="false">
<input type="hidden" name="next" value="{next}">
<button type="submit">{submit}</button>
<p class="tc-hint">{hint}</p>
</form>
<nav><a href="/language/zh?next={here}" lang="zh" {zh}>中文</a>
<a href="/language/en?next={here}" lang="en" {en}>English</a></nav>
</main></body></html>"""


def _page(lang: Lang, next_path: str, error: str = "", status: int = 200) -> HTMLResponse:
    current = 'aria-current="true"'
    html = _PAGE.format(
        html_lang="zh-CN" if lang == "zh" else "en",
        title=t("Sign in", lang),
        tagline=t("Review console", lang),
        error=f'<p class="tc-error" role="alert">{escape(error)}</p>' if error else "",
        label=t("API key", lang),
        next=escape(next_path),
        submit=t("Sign in", lang),
        hint=t("The first start of “tidycity serve” prints an admin key.", lang),
        here=escape(f"/sign-in?next={next_path}"),
        zh=current if lang == "zh" else "",
        en=current if lang == "en" else "",
    )
    return HTMLResponse(html, status, headers={"Cache-Control": "no-store"})


@router.get("/sign-in")
def sign_in_page(request: Request, services: Use, next: str = "/") -> HTMLResponse:  # noqa: A002
    """The form."""
    return _page(lang_for(request, services), local_path(next))


@router.post("/sign-in", response_model=None)
def sign_in(
    request: Request,
    services: Use,
    key: Annotated[str, Form(max_length=200)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",  # noqa: A002
) -> HTMLResponse | RedirectResponse:
    """Starts a session for a valid key."""
    lang, target = lang_for(request, services), local_path(next)
    if not same_origin(request.headers):
        return _page(lang, target, t("Please sign in from this page.", lang), 403)
    try:
        who = services.door.check_key(key.strip(), address_of(request))
    except Problem as problem:
        return _page(lang, target, _told(problem, lang), problem.status)
    start = first_page(who.roles)
    if start == "/sign-in":
        told = t("This key is for a camera or a tracker, not for the console.", lang)
        return _page(lang, target, told, 403)
    answer = RedirectResponse(start if target == "/" else target, 303)
    answer.set_cookie(
        COOKIE,
        services.door.signer.sign(who.key_id, now_s=time.time()),
        max_age=LIFETIME_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


def _told(problem: Problem, lang: Lang) -> str:
    if problem.code == "too_many_attempts":
        wait_s = problem.headers.get("Retry-After", "60")
        return t("Too many wrong keys. Wait {n} seconds.", lang, n=wait_s)
    return t("This key is unknown, revoked or expired.", lang)


@router.post("/sign-out")
def sign_out(request: Request) -> RedirectResponse:
    """Ends the session in this browser."""
    answer = RedirectResponse("/sign-in", 303)
    if same_origin(request.headers):
        answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


@router.get("/language/{lang}")
def choose_language(lang: Lang, next: str = "/") -> RedirectResponse:  # noqa: A002
    """Remembers the language and goes back to the page."""
    answer = RedirectResponse(local_path(next), 303)
    answer.set_cookie(LANG_COOKIE, lang, max_age=365 * 86400, httponly=True, samesite="lax")
    return answer
