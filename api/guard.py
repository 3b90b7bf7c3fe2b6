"""What every request passes first: an id, a size limit, headers that keep browsers safe.

Plain ASGI, so that streams and websockets pass through untouched.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

STALLED_S = 30.0
"""A body of which nothing comes for so long is given up."""
LONGEST_BODY_S = 900.0
"""A body that isn't complete by then is given up, however steadily it trickles."""

_SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


def content_policy(tile_url: str | None) -> str:
    """The Content-Security-Policy: nothing from elsewhere but the map tiles of the settings.

    NiceGUI compiles its templates in the browser, hence 'unsafe-inline' and 'unsafe-eval'.
    """
    tiles = f" {tile_origin(tile_url)}" if tile_url else ""
    return (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; font-src 'self' data:; connect-src 'self'; "
        f"img-src 'self' data: blob:{tiles}; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def tile_origin(tile_url: str) -> str:
    """The origin of a tile URL, with a wildcard for Leaflet's ``{s}`` subdomains."""
    parts = urlsplit(tile_url)
    return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}"


class RequestGuard:
    """Wraps the app: request ids, limits on bodies, security headers, no foreign websockets."""

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, tile_url: str | None) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._policy = content_policy(tile_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not same_origin(Headers(scope=scope)):
            await send({"type": "websocket.close", "code": 1008, "reason": "foreign origin"})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        request_id = given if _SAFE_ID.match(given) else secrets.token_hex(8)
        scope["tidycity.request_id"] = request_id
        await self._app(
            scope, self._limited(receive, headers), self._labelled(send, request_id, scope)
        )

    def _limited(self, receive: Receive, headers: Headers) -> Receive:
        """``receive`` that ends with 413 for a body larger than allowed, 408 for one too slow."""
        stated = headers.get("content-length", "")
        too_large = stated.isdigit() and int(stated) > self._max_body_bytes
        got_bytes, complete, began_s = 0, False, time.monotonic()

        async def limited() -> Message:
            nonlocal got_bytes, complete
            if too_large:
                raise self._refusal(int(stated))
            if complete:  # what is awaited now is the client's leaving
                return await receive()
            left_s = began_s + LONGEST_BODY_S - time.monotonic()
            try:
                message = await asyncio.wait_for(receive(), min(STALLED_S, max(left_s, 0.01)))
            except TimeoutError:
                raise HTTPException(
                    408, "the request came too slowly; send it again", {"Connection": "close"}
                ) from None
            complete = not message.get("more_body", False)
            got_bytes += len(message.get("body", b""))
            if got_bytes > self._max_body_bytes:
                raise self._refusal(got_bytes)
            return message

        return limited

    def _refusal(self, got_bytes: int) -> HTTPException:
        return HTTPException(
            413,
            f"the request has {got_bytes / 1e6:.1f} MB or more, "
            f"allowed are {self._max_body_bytes / 1e6:.0f} MB; send fewer photos at a time",
            {"Connection": "close"},
        )

    def _labelled(self, send: Send, request_id: str, scope: Scope) -> Send:
        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "same-origin"
                headers["Cross-Origin-Opener-Policy"] = "same-origin"
                headers["Permissions-Policy"] = "geolocation=(self), camera=(self), microphone=()"
                if scope.get("scheme") == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
                headers.setdefault("Content-Security-Policy", self._policy)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        return labelled


def address_of(request: HTTPConnection) -> str:
    """The address that asks, as the server sees it."""
    return request.client.host if request.client else "unknown"


def same_origin(headers: Headers) -> bool:
    """True unless a browser says that another site's page sent this."""
    origin = headers.get("origin")
    if headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        return False
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")
