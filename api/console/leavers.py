"""A reader who leaves while a page loads is no fault of ours."""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

UNANSWERED = "No response returned."
"""What Starlette's BaseHTTPMiddleware, which NiceGUI uses, raises for want of an answer."""


class Leavers:
    """Ends the request of a reader who has gone in silence, instead of with a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the app; what it raises for a reader who is still there goes on."""
        try:
            await self._app(scope, receive, send)
        except RuntimeError as error:
            if scope["type"] != "http" or str(error) != UNANSWERED:
                raise
            if not await Request(scope, receive).is_disconnected():
                raise
