"""A page as PDF, printed by a browser that is already there: chromium or a relative of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from detect.errors import TidycityError
from issues.exports.whole_file import whole_file

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("microsoft-edge", "msedge", "brave-browser"),
)
TIME_LIMIT_S = 120


class PrintError(TidycityError):
    """No PDF could be made: no_browser, print_failed."""

    default_code = "print_failed"


def find_browser() -> str | None:
    """The path of a browser that can print; None: there is none."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_pdf(page: Path, path: Path, *, browser: str | None = None) -> None:
    """Prints an HTML file to ``path`` (.pdf), whole or not at all. Raises PrintError.

    ``browser``: the program to use; None: one that is found on the path.
    """
    program = browser or find_browser()
    if program is None:
        raise PrintError(
            f"no browser to print {path.name} with; looked for {', '.join(BROWSERS[:4])}, …",
            code="no_browser",
            mend="Install chromium, or open the HTML bulletin in any browser and print it to PDF.",
        )
    with whole_file(path) as draft, tempfile.TemporaryDirectory(prefix="tidycity-") as profile:
        command = [
            program,
            "--headless",
            "--disable-gpu",
            "--disable-background-networking",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={draft.resolve()}",
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, timeout=TIME_LIMIT_S, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _failed(program, str(error)) from error
        if done.returncode or not draft.is_file() or not draft.read_bytes().startswith(b"%PDF"):
            raise _failed(program, done.stderr.decode("utf-8", "replace")[-300:].strip())


def _failed(program: str, why: str) -> PrintError:
    return PrintError(
        f"{program} made no PDF: {why or 'it gave no reason'}",
        mend="Open the HTML bulletin in a browser and print it to PDF.",
    )
