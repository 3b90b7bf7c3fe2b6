"""Keeps ``docs/api*.md`` true: routes and problem codes are made from the program itself.

``scripts/docs`` writes them, a test fails when they are stale. The blocks are ``<!-- routes -->``
and ``<!-- problems -->``, each up to ``<!-- end -->``.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from api.i18n import Lang, t
from api.problems import PROBLEMS

BLOCK = re.compile(r"(<!-- (routes|problems) -->\n).*?(<!-- end -->)", re.S)
PAGES: dict[Lang, str] = {"en": "docs/api.md", "zh": "docs/api.zh-CN.md"}


def refreshed(page: str, lang: Lang, schema: dict[str, Any]) -> str:
    """The page with both blocks made anew."""
    made = {"routes": routes_table(schema, lang), "problems": problems_table(lang)}
    return BLOCK.sub(lambda match: match[1] + made[match[2]] + match[3], page)


def routes_table(schema: dict[str, Any], lang: Lang) -> str:
    """All routes by what they are about, each with what it does."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            row = f"| `{method.upper()} {path}` | {t(operation['summary'], lang)} |"
            groups[operation["tags"][0]].append(row)
    head = t("route", lang), t("does", lang)
    rows = [f"| {head[0]} | {head[1]} |", "|---|---|"]
    for tag, lines in groups.items():
        rows += [f"| **{t(tag.capitalize(), lang)}** | |", *lines]
    return "\n".join(rows) + "\n"


def problems_table(lang: Lang) -> str:
    """All codes of errors, by status."""
    head = t("code", lang), t("status", lang), t("when", lang)
    rows = [f"| {head[0]} | {head[1]} | {head[2]} |", "|---|---|---|"]
    for code, (status, title) in sorted(PROBLEMS.items(), key=lambda item: item[1][0]):
        rows.append(f"| `{code}` | {status} | {t(title, lang)} |")
    return "\n".join(rows) + "\n"


def current_schema() -> dict[str, Any]:
    """The OpenAPI description of an app with an empty store."""
    from api.app import create_app
    from api.settings import Settings

    with tempfile.TemporaryDirectory() as folder:
        given: dict[str, Any] = {"data_dir": Path(folder)}
        app = create_app(Settings(**given), console=False)
        return app.openapi()


def main() -> None:
    """Rewrites the pages in the current folder's ``docs``."""
    schema = current_schema()
    for lang, name in PAGES.items():
        path = Path(name)
        path.write_text(refreshed(path.read_text("utf-8"), lang, schema), "utf-8")


if __name__ == "__main__":
    main()
