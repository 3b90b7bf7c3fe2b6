"""The analysis of uploaded photos in a process of its own, so that requests never wait for it.

The server starts ``python -m api.analysis_worker`` when the first upload comes and keeps it, with
its models loaded, until the server stops. They talk in lines of JSON over the process's standard
input and output, one photo at a time, in step: the worker goes on to the next photo when the
journal holds the one before. The worker runs with less priority than requests and leaves them a
core. One that is killed, or dies of a photo, is started anew and goes on at that photo; a photo
that it died of three times is put aside as unreadable.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from api.jobs import JobPhoto, PlaceGiven
from api.settings import Settings
from detect.errors import TidycityError

log = logging.getLogger("tidycity.jobs")

MOST_DEATHS = 3
"""A photo that the worker died of so often isn't tried again."""

STOP_S = 20.0
"""So long an idle worker has to end before it is killed."""


class AnalysisDiedError(TidycityError):
    """The process that analyses photos ended by itself."""

    default_code = "analysis_died"


class AnalysisProcess:
    """Analyses photos in another process; looks like ``api.analysis.PhotoAnalysis``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self._turn = threading.Lock()
        self._closing = False

    @property
    def pid(self) -> int | None:
        """The worker's process id; None: there is none now."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def run(
        self, photos: Sequence[tuple[Path, JobPhoto]], place: PlaceGiven | None
    ) -> Generator[JobPhoto]:
        """Each photo with what became of it, in order, as soon as it is recorded.

        Raises what the worker met, as a TidycityError with its code, and AnalysisDiedError where it
        ended before it came to a photo.
        """
        left, deaths = list(photos), 0
        with self._turn:
            self._closing = False
            while left:
                process = self._ready(left, place)
                try:
                    with closing(self._talk(process, len(left))) as outcomes:
                        for outcome in outcomes:
                            left.pop(0)
                            deaths = 0
                            yield outcome
                except AnalysisDiedError as error:
                    if self._closing:
                        raise
                    if not left:
                        return
                    deaths += 1
                    log.warning("%s: %s", left[0][1].name, error)
                    if deaths == MOST_DEATHS:
                        yield _put_aside(left.pop(0)[1], error)
                        deaths = 0

    def close(self) -> None:
        """Ends the worker; one that doesn't end is killed. Nothing accepted is lost by that."""
        process, self._process, self._closing = self._process, None, True
        if process is not None:
            _ended(process)

    def _ready(
        self, photos: Sequence[tuple[Path, JobPhoto]], place: PlaceGiven | None
    ) -> subprocess.Popen[str]:
        """The worker, with its models loaded and these photos before it."""
        process = self._started()
        listed = [[str(path), photo.model_dump(mode="json")] for path, photo in photos]
        self._say(process, {"photos": listed, "place": place and place.model_dump()})
        self._hear(process, "begun")
        return process

    def _talk(self, process: subprocess.Popen[str], count: int) -> Generator[JobPhoto]:
        try:
            for _ in range(count):
                yield JobPhoto.model_validate(self._hear(process, "photo"))
                self._say(process, {"next": True})
        except GeneratorExit:
            self._break_off(process)
            raise
        self._hear(process, "done")

    def _break_off(self, process: subprocess.Popen[str]) -> None:
        """When the server stops: the worker leaves the rest and comes back to where it began."""
        try:
            self._say(process, {"next": False})
            while "done" not in self._line(process):
                continue
        except AnalysisDiedError:
            return

    def _started(self) -> subprocess.Popen[str]:
        if self.pid is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api.analysis_worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                encoding="utf-8",
            )
            told = self._settings.model_dump(mode="json", exclude={"session_secret"})
            self._say(self._process, told)
        assert self._process is not None
        return self._process

    def _say(self, process: subprocess.Popen[str], told: Any) -> None:
        try:
            assert process.stdin is not None
            process.stdin.write(json.dumps(told) + "\n")
            process.stdin.flush()
        except OSError:
            raise _died(process) from None

    def _hear(self, process: subprocess.Popen[str], wanted: str) -> Any:
        line = self._line(process)
        if wanted in line:
            return line[wanted]
        failure = line["failure"]
        self._line(process)  # "done"
        if failure["code"] == "internal":
            raise RuntimeError(failure["message"])
        raise TidycityError(failure["message"], code=failure["code"], mend=failure["mend"])

    def _line(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.endswith("\n"):
            raise _died(process)
        told: dict[str, Any] = json.loads(line)
        return told


def _ended(process: subprocess.Popen[str]) -> int:
    """Ends a process by closing its input, or by force, and gives its code."""
    with suppress(OSError):  # what was still to be written is lost on nobody
        if process.stdin is not None:
            process.stdin.close()
    try:
        code = process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        code = process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return code


def _died(process: subprocess.Popen[str]) -> AnalysisDiedError:
    return AnalysisDiedError(
        f"the process that analyses photos ended with code {_ended(process)}",
        mend="It begins again by itself; see the log, and whether the machine has memory left.",
    )


def _put_aside(photo: JobPhoto, error: AnalysisDiedError) -> JobPhoto:
    log.error("%s is put aside: %s, %d times", photo.name, error, MOST_DEATHS)
    told = {"status": "unreadable", "reason_code": "unexpected_error", "message": str(error)}
    return photo.model_copy(update=told)
