"""The audit log's pen: one line for each change that a key or a session makes, by API or console.

The API's changes are written when their answer is known to be a success, before it is sent; the
console's in the transaction that makes them.
"""

from __future__ import annotations

import logging
import os
from asyncio import to_thread
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from getpass import getuser
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import SAFE_METHODS, Principal
from api.guard import address_of
from issues.audit import AuditLine, add_audit, events_by, newest_event
from issues.errors import StoreError
from issues.store import Session, Store

log = logging.getLogger("tidycity.audit")


@dataclass(frozen=True)
class Trail:
    """Writes lines of the audit log."""

    store: Store
    now: Callable[[], datetime]

    def write(
        self,
        who: Principal,
        action: str,
        subject: str,
        request: HTTPConnection | None = None,
        *,
        since_event: int | None = None,
        **detail: Any,
    ) -> None:
        """Adds one line in a transaction of its own; ``since_event``: tell what issues did since.

        Raises StoreError.
        """
        address = address_of(request) if request is not None else "console"
        request_id = request.scope.get("tidycity.request_id", "") if request is not None else ""
        with self.store.transaction() as session:
            if since_event is not None:
                subject, detail = _told(session, who, since_event, subject, detail)
            add_audit(
                session,
                AuditLine(
                    self.now(),
                    who.name,
                    who.key_id,
                    who.role,
                    action,
                    subject,
                    address,
                    request_id,
                    detail,
                ),
            )
        log.info("%s (key %d) from %s: %s %s", who.name, who.key_id, address, action, subject)


def _told(
    session: Session, who: Principal, since: int, subject: str, detail: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    events = events_by(session, who.name, since)
    numbers = sorted({str(event["issue"]) for event in events})
    told = {**detail, "events": events} if events else dict(detail)
    return (numbers[0] if len(numbers) == 1 else subject), told


def noted_by_hand(
    session: Session, now: datetime, action: str, subject: str, **detail: Any
) -> None:
    """A line for what somebody did at the server's own command line, in its transaction."""
    who = f"shell:{_account()}"
    add_audit(session, AuditLine(now, who, 0, "shell", action, subject, "shell", "", detail))


def _account() -> str:
    """The account of the machine that runs the command; its number where it has no name."""
    try:
        return getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


class AuditTrail:
    """Wraps the app: successful changes through the API leave a line."""

    def __init__(self, app: ASGIApp, *, trail: Trail) -> None:
        self._app = app
        self._trail = trail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in SAFE_METHODS:
            await self._app(scope, receive, send)
            return
        deed: dict[str, Any] = {}
        scope["tidycity.deed"] = deed

        async def audited(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < 400 and deed:
                await to_thread(self._note, scope, deed, message["status"])
            await send(message)

        await self._app(scope, receive, audited)

    def _note(self, scope: Scope, deed: Mapping[str, Any], status: int) -> None:
        subject = ",".join(str(value) for value in deed["params"].values())
        try:
            self._trail.write(
                deed["who"],
                f"{scope['method']} {deed['route']}",
                subject,
                HTTPConnection(scope),
                since_event=deed["events"],
                status=status,
            )
        except StoreError as error:  # the change is made: losing its line must be seen
            log.error("no line for %s %s: %s", scope["method"], scope["path"], error)


class AuditedStore(Store):
    """The store as one visitor of the console has it: what they change leaves a line."""

    def __init__(self, store: Store, who: Principal, page: str, address: str, now: Any) -> None:
        super().__init__(store.engine, store.evidence)
        self._who = who
        self._page = page
        self._address = address
        self._clock = now

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """As ``Store.transaction``, with a line of the audit log in it."""
        with super().transaction() as session:
            before = newest_event(session)
            yield session
            session.flush()
            subject, detail = _told(session, self._who, before, "", {})
            who = self._who
            action, page = "console", self._page.split("?")[0]
            add_audit(
                session,
                AuditLine(
                    self._clock(),
                    who.name,
                    who.key_id,
                    who.role,
                    f"{action} {page}",
                    subject,
                    self._address,
                    "",
                    detail,
                ),
            )
