"""The command ``tidycity``: one module a verb, this file only puts them together."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from api.i18n import lang_of


def _language_first(arguments: Sequence[str]) -> None:
    """Sets the language before any help text is made, so that ``--lang zh --help`` is Chinese."""
    for given, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, value = given.partition("=")
        if name == "--lang":
            os.environ["TIDYCITY_LANG"] = lang_of(value or following) or "en"


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line; leaves by ``SystemExit`` with a code of ``api.cli.exits``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _language_first(given)
    from api.cli.app import app
    from api.cli.exits import Exit, telling_errors

    program = Path(sys.argv[0]).name if arguments is None else "tidycity"
    with telling_errors():
        app(given, prog_name=program or "tidycity", standalone_mode=True)
    raise SystemExit(Exit.OK)
