"""Keeps ``docs/cli*.md`` true: the blocks between markers are made from the program itself.

``scripts/docs`` writes them, a test fails when they are stale. A block looks like::

    <!-- help: analyze -->
    (made)
    <!-- end -->
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from api.cli.exits import Exit
from api.i18n import Lang, t
from api.settings import PREFIX, Settings

BLOCK = re.compile(r"(<!-- (help|exits|settings)(?:: ([\w -]*))? -->\n).*?(<!-- end -->)", re.S)
PAGES: dict[Lang, str] = {"en": "docs/cli.md", "zh": "docs/cli.zh-CN.md"}


def exit_meanings(lang: Lang) -> dict[Exit, str]:
    """What each exit code says."""
    return {
        Exit.OK: t("done", lang),
        Exit.INTERNAL: t("a fault in tidycity; please report it with its trace", lang),
        Exit.USAGE: t("the words of the command, a setting or a file given were wrong", lang),
        Exit.SOME_UNREADABLE: t("done, but some photos could not be read (they are listed)", lang),
        Exit.NOTHING_FOUND: t("no photo was found", lang),
        Exit.STORE: t("the store or disk: locked, read-only, full, of a newer version", lang),
        Exit.MODEL: t("the model: missing, damaged, of another kind", lang),
        Exit.GATE_MISSED: t("evaluate: a required figure was missed", lang),
        Exit.INTERRUPTED: t("stopped by a person; run it again to go on", lang),
    }


def help_of(verb: str, lang: Lang) -> str:
    """``tidycity VERB --help`` as a new process prints it, 96 columns wide."""
    environment = {**os.environ, "TERMINAL_WIDTH": "96", "COLUMNS": "96", "NO_COLOR": "1"}
    command = [sys.executable, "-c", "from api.cli import main; main()"]
    done = subprocess.run(
        [*command, "--lang", lang, *verb.split(), "--help"],
        env={**environment, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    text = "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())
    return f"```text\n{text.replace('Usage: -c', 'Usage: tidycity')}\n```\n"


def exits_table(lang: Lang) -> str:
    """The exit codes as a Markdown table."""
    rows = [f"| {int(code)} | {meaning} |" for code, meaning in exit_meanings(lang).items()]
    return "\n".join(["| | |", "|---|---|", *rows]) + "\n"


def settings_table(lang: Lang) -> str:
    """The settings as a Markdown table: variable, default, meaning."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_default(field.default)} "
        f"| {t(field.description or '', lang)} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| | | |", "|---|---|---|", *rows]) + "\n"


def _default(value: object) -> str:
    return "" if value is None else f"`{value}`"


def refreshed(page: str, lang: Lang) -> str:
    """The page with all its blocks made anew."""

    def block(match: re.Match[str]) -> str:
        start, kind, verb, end = match.groups()
        made = {"exits": exits_table, "settings": settings_table}.get(kind)
        return start + (made(lang) if made else help_of(verb or "", lang)) + end

    return BLOCK.sub(block, page)


def main() -> None:
    """Rewrites the pages in the current folder's ``docs``."""
    for lang, name in PAGES.items():
        path = Path(name)
        path.write_text(refreshed(path.read_text("utf-8"), lang), "utf-8")


if __name__ == "__main__":
    main()
