"""Logs: a line an event, plain or JSON, each with the id of the request that it belongs to.

The access log tells method, path, status, milliseconds and address. It never tells queries, headers
or bodies; long parts of a path (signed links, tokens, hashes) are cut to their first characters.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Literal, TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LogFormat = Literal["plain", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]

access = logging.getLogger("tidycity.access")
request_id: ContextVar[str | None] = ContextVar("tidycity_request_id", default=None)

LONGEST_PART = 32
KEPT = 12
QUIET = ("/healthz", "/readyz", "/metrics", "/_nicegui", "/docs/static")
"""What balancers and browsers ask for all the time: told only at the level debug."""

_FIELDS = ("method", "path", "status", "ms", "client")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id and what an access tells."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "time": _moment(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if known := request_id.get():
            line["request_id"] = known
        line |= {name: getattr(record, name) for name in _FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class PlainLines(logging.Formatter):
    """Time, level, logger, request id, message; a trace follows on lines of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; line breaks that a message brings along can't pretend to be another."""
        message = record.getMessage().replace("\r", "\\r").replace("\n", "\\n")
        known = request_id.get() or "-"
        line = f"{_moment(record)} {record.levelname:<7} {record.name} {known} {message}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def configure(kind: LogFormat, level: LogLevel, out: TextIO | None = None) -> None:
    """Sends all logs of this process to ``out`` (standard error) in this form."""
    handler = logging.StreamHandler(out or sys.stderr)
    handler.setFormatter(JsonLines() if kind == "json" else PlainLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("WARNING" if level != "error" else "ERROR")
    logging.getLogger("tidycity").setLevel(level.upper())
    logging.captureWarnings(True)


class AccessLog:
    """Logs each request when it ends; inside ``RequestGuard``, which gives the ids."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id.set(scope.get("tidycity.request_id"))
        began_s, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            _tell(scope, status, (time.perf_counter() - began_s) * 1000)


def _tell(scope: Scope, status: int, took_ms: float) -> None:
    path = safe_path(scope["path"])
    level = logging.DEBUG if scope["path"].startswith(QUIET) and status < 400 else logging.INFO
    client = (scope.get("client") or ("-",))[0]
    access.log(
        level,
        "%s %s %d %.1f ms %s",
        *(scope["method"], path, status, took_ms, client),
        extra={
            "method": scope["method"],
            "path": path,
            "status": status,
            "ms": round(took_ms, 1),
            "client": client,
        },
    )


def safe_path(path: str) -> str:
    """A path without what could open something: parts longer than 32 characters are cut.

    >>> safe_path("/files/" + "s" * 43)
    '/files/ssssssssssss…'
    """
    parts = (part if len(part) <= LONGEST_PART else part[:KEPT] + "…" for part in path.split("/"))
    return "/".join(parts)[:300]


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
