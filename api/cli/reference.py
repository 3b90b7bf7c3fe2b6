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
from collections.abc import Sequence
from pathlib import Path

from api.cli.exits import Exit
from api.i18n import Lang, t
from api.settings import PREFIX, Settings

BLOCK = re.compile(r"(<!-- (help|exits|settings)(?:: ([\w -]*))? -->\n).*?(<!-- end -->)", re.S)
MARK = "\0"
CHILD = f"""
import sys
from api.cli.app import app
for verb in sys.argv[1:]:
    sys.stdout.write({MARK!r})
    try:
        app([*verb.replace("tidycity", "").split(), "--help"], prog_name="tidycity")
    except SystemExit:
        sys.stdout.flush()
"""
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


def helps(verbs: Sequence[str], lang: Lang) -> list[str]:
    """What ``tidycity VERB --help`` prints for each verb, 96 columns wide.

    In one process of its own, because the language is chosen before the program is put together.
    """
    environment = {**os.environ, "TERMINAL_WIDTH": "96", "COLUMNS": "96", "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *verbs],
        env={**environment, "TIDYCITY_LANG": lang, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    return [_fenced(text) for text in done.stdout.split(MARK)[1:]]


def _fenced(text: str) -> str:
    lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return f"```text\n{lines}\n```\n"


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
    """The page with all its blocks made anew; the verb ``tidycity`` is the whole program."""
    verbs = [verb for _, kind, verb, _ in BLOCK.findall(page) if kind == "help"]
    made = dict(zip(verbs, helps(verbs, lang), strict=True))
    tables = {"exits": exits_table, "settings": settings_table}

    def block(match: re.Match[str]) -> str:
        start, kind, verb, end = match.groups()
        return start + (tables[kind](lang) if kind in tables else made[verb]) + end

    return BLOCK.sub(block, page)


def main() -> None:
    """Rewrites the pages in the current folder's ``docs``."""
    for lang, name in PAGES.items():
        path = Path(name)
        path.write_text(refreshed(path.read_text("utf-8"), lang), "utf-8")


if __name__ == "__main__":
    main()
