"""The process that analyses uploaded photos for a server: ``python -m api.analysis_worker``.

Standard input brings one line with the settings, then a line for each job; standard output tells
each photo's outcome. ``api/analysis_process.py`` is the other side. It ends when its input ends:
at once, if it is in the midst of a photo, since then the server is gone and the next one begins
that photo again. Ctrl-C and SIGTERM are the server's to answer.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TextIO

from api.analysis import PhotoAnalysis
from api.jobs import JobPhoto, PlaceGiven
from api.logs import configure
from api.settings import Settings
from detect.cores import usable_cores
from detect.errors import TidycityError
from issues.catalogue import load_catalogue
from issues.store import Store, open_store

if TYPE_CHECKING:
    from detect.types import Engine

log = logging.getLogger("tidycity.jobs")

NICE = 5
"""How far behind requests the analysis stands where both want a core (0 to 19)."""

Lines = SimpleQueue["dict[str, Any] | None"]


class Worker:
    """Answers the lines of one server; opens store and models when the first job comes."""

    def __init__(self, settings: Settings, lines: Lines, out: TextIO) -> None:
        self._settings = settings
        self._lines = lines
        self._out = out
        self._store: Store | None = None
        self._analysis: PhotoAnalysis | None = None
        self.busy = False

    def serve(self) -> None:
        """One job after the other, until the input ends."""
        while (asked := self._lines.get()) is not None:
            self.busy = True
            self._work(asked)
            self._say({"done": True})
            self.busy = False

    def close(self) -> None:
        """Closes the store."""
        if self._store is not None:
            self._store.close()

    def _work(self, asked: dict[str, Any]) -> None:
        photos = [(Path(path), JobPhoto.model_validate(told)) for path, told in asked["photos"]]
        place = PlaceGiven.model_validate(asked["place"]) if asked["place"] else None
        try:
            analysis = self._opened()
            self._say({"begun": True})
            with closing(analysis.run(photos, place)) as outcomes:
                for outcome in outcomes:
                    self._say({"photo": outcome.model_dump(mode="json")})
                    heard = self._lines.get()
                    if heard is None or not heard["next"]:
                        return
        except (TidycityError, OSError) as error:
            code = error.code if isinstance(error, TidycityError) else "io_error"
            self._fail(code, str(error), getattr(error, "mend", ""))
        except Exception as error:
            log.exception("the analysis failed")
            self._fail("internal", f"{type(error).__name__}: {error}")

    def _fail(self, code: str, message: str, mend: str = "") -> None:
        self._say({"failure": {"code": code, "message": message, "mend": mend}})

    def _opened(self) -> PhotoAnalysis:
        given = self._settings
        store = self._store = self._store or open_store(given.database_url, given.data_dir)
        if self._analysis is None:
            table = load_catalogue(given.catalogue)
            self._analysis = PhotoAnalysis(given, store, table, lambda: modest_engine(given))
        self._analysis.load()
        return self._analysis

    def _say(self, told: dict[str, Any]) -> None:
        self._out.write(json.dumps(told) + "\n")
        self._out.flush()


def _listen(lines: Lines, worker: Worker) -> None:
    """Reads the input in a thread of its own, to know at once when the server is gone."""
    for line in sys.stdin:
        lines.put(json.loads(line))
    if worker.busy:
        os._exit(1)
    lines.put(None)


def modest_engine(settings: Settings) -> Engine:
    """The settings' engine on all cores but one, which is for requests."""
    import cv2

    from detect.engines import open_engine

    cores = max(1, usable_cores() - 1)
    cv2.setNumThreads(cores)
    return open_engine(
        settings.model, engine=settings.engine, threads=cores, second_look=settings.second_look
    )


def main() -> None:
    """Serves the server that started this process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    os.nice(NICE)
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints must not look like an answer
    settings = Settings(**json.loads(sys.stdin.readline()))
    configure(settings.log_format, settings.log_level)
    lines: Lines = SimpleQueue()
    worker = Worker(settings, lines, out)
    threading.Thread(target=_listen, args=(lines, worker), daemon=True).start()
    try:
        worker.serve()
    except BrokenPipeError:
        log.warning("the server is gone")
    finally:
        worker.close()
        with suppress(BrokenPipeError):
            out.close()


if __name__ == "__main__":
    main()
