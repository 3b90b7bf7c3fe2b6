"""Pages of HTML that are printed or kept: templates and style sheets, each filled in once read."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def page(template: str, style: str, **content: Any) -> str:
    """The template filled in; ``style`` names the sheet that goes into its head.

    Everything is escaped; a name that the template wants and nobody gave raises jinja2's
    UndefinedError.
    """
    return _environment().get_template(template).render(style=_stylesheet(style), **content)


@lru_cache
def _stylesheet(name: str) -> Markup:
    return Markup(files("issues.exports").joinpath("templates", name).read_text("utf-8"))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("issues.exports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
