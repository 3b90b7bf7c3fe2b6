"""How far a long run has come: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from api.i18n import t


class Progress(Protocol):
    """Takes one more done."""

    def step(self, note: str = "") -> None: ...


class Lines:
    """A line on standard error every ten seconds, for logs."""

    def __init__(self, total: int, every_s: float = 10.0) -> None:
        self.total, self.every_s = total, every_s
        self.done = 0
        self.started = self.told = time.monotonic()

    def step(self, note: str = "") -> None:
        self.done += 1
        now = time.monotonic()
        if now - self.told >= self.every_s:
            self.told = now
            rate = self.done / (now - self.started)
            sys.stderr.write(
                t(
                    "{done} of {total} photos, {rate} a second",
                    done=self.done,
                    total=self.total,
                    rate=f"{rate:.1f}",
                )
                + (f" · {note}" if note else "")
                + "\n"
            )


class Silent:
    """Says nothing: for ``--quiet``."""

    def step(self, note: str = "") -> None:
        pass


@contextmanager
def progress(total: int, *, quiet: bool = False) -> Iterator[Progress]:
    """Progress over ``total`` steps on standard error, fitted to where that goes."""
    if quiet:
        yield Silent()
    elif not sys.stderr.isatty():
        yield Lines(total)
    else:
        yield from _bar(total)


def _bar(total: int) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(t("Looking"), total=total, note="")

        class Bar:
            def step(self, note: str = "") -> None:
                bar.update(task, advance=1, note=note)

        yield Bar()
