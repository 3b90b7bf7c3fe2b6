"""What all pages share: the header, the styles, the language, empty states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from importlib.metadata import version
from urllib.parse import quote

from nicegui import ui

from api.access import roles_for_page
from api.console.visit import Visit


def _nav(visit: Visit, current: str) -> str:
    t = visit.t
    places = [
        ("/review", t("Review")),
        ("/map", t("Map")),
        ("/issues", t("Issues")),
        ("/rounds", t("Return visits")),
        ("/cameras", t("Cameras")),
        ("/rankings", t("Rankings")),
        ("/exports", t("Exports")),
        ("/pest", t("Pests")),
        ("/upload", t("Upload")),
    ]
    if not visit.who.may("upload"):
        places.pop()
    return "".join(
        f'<a href="{path}"{" aria-current=page" if path == current else ""}>{escape(word)}</a>'
        for path, word in places
    )


def _more(visit: Visit, current: str) -> str:
    """The pages that are needed less often, under one word; each only for who may open it."""
    t = visit.t
    places = [
        ("/checks", t("To be checked")),
        ("/requests", t("Citizens' requests")),
        ("/sample-points", t("Sample points")),
        ("/hot-spots", t("Hot spots")),
        ("/areas", t("Areas")),
        ("/feed", t("Feed")),
        ("/keys", t("API keys")),
    ]
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if path == current else ""}>{escape(word)}</a>'
        for path, word in places
        if visit.who.roles & roles_for_page(path)
    )
    here = " current" if current in dict(places) else ""
    return f'<summary class="tc-more-word{here}">{escape(t("More"))}</summary><nav>{links}</nav>'


def _who(visit: Visit) -> str:
    t = visit.t
    other, word = ("en", "English") if visit.lang == "zh" else ("zh", "中文")
    back = quote(visit.path, safe="")
    leave = (
        ""
        if visit.services.door.open_house
        else '<form method="post" action="/sign-out">'
        f"<button>{escape(t('Sign out'))}</button></form>"
    )
    return (
        f'<a href="/language/{other}?next={back}" lang="{other}">{word}</a>'
        f'<span class="tc-name">{escape(visit.who.name)}</span>{leave}'
    )


def add_head(visit: Visit, title: str) -> None:
    """Title, styles, scripts and the language of the page."""
    ui.page_title(f"{title} · tidycity")
    stamp = version("tidycity")
    tag = "zh-CN" if visit.lang == "zh" else "en"
    ui.add_head_html(
        f'<link rel="stylesheet" href="/assets/console.css?{stamp}">'
        f'<script src="/assets/console.js?{stamp}" defer></script>'
        f'<script>document.documentElement.lang = "{tag}"</script>'
    )


@contextmanager
def page_frame(visit: Visit, current: str, title: str, *, bare: bool = False) -> Iterator[None]:
    """Header and main part; ``bare`` leaves the main part without margins, for maps."""
    add_head(visit, title)
    with ui.element("header").classes("tc-header"):
        logo = '<img src="/assets/favicon.svg" width="26" height="26" alt=""><span>tidycity</span>'
        ui.html(f'<a class="tc-logo" href="/">{logo}</a>', sanitize=False)
        ui.html(_nav(visit, current), sanitize=False, tag="nav")
        ui.html(_more(visit, current), sanitize=False, tag="details").classes("tc-more-menu")
        ui.html(_who(visit), sanitize=False).classes("tc-who")
    with ui.element("main").classes("" if bare else "tc-main").style("width:100%"):
        yield


def empty_html(title: str, text: str, links: list[tuple[str, str]], *, mark: str = "✓") -> str:
    """An empty state that says what to do next; the first link is the main one."""
    buttons = "".join(
        f'<a href="{escape(path)}" class="{"primary" if i == 0 else ""}">{escape(word)}</a>'
        for i, (path, word) in enumerate(links)
    )
    return (
        f'<div class="tc-empty"><div class="tc-tick" aria-hidden="true">{mark}</div>'
        f"<h2>{escape(title)}</h2><p>{text}</p>"
        f'<div class="tc-links">{buttons}</div></div>'
    )
