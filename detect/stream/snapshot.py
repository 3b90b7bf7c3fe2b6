"""One picture by HTTP GET, with basic or digest authentication as the camera asks for."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException

from detect.stream.address import FeedAddress
from detect.stream.fault import FaultCode, FeedFault
from detect.stream.timeouts import Timeouts

MAX_BYTES = 40_000_000
_HEADS = ((b"\xff\xd8\xff", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"RIFF", "webp"))


def fetch_snapshot(address: FeedAddress, timeouts: Timeouts) -> tuple[bytes, str]:
    """The bytes and the codec (jpeg, png, webp) of the picture there is now. Raises FeedFault."""
    try:
        with _opener(address).open(address.url, timeout=timeouts.open_s) as answer:
            data: bytes = answer.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise FeedFault(_of_status(error.code), f"{address}: HTTP {error.code}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise _fault(error, address) from error
    if len(data) > MAX_BYTES:
        raise FeedFault(FaultCode.UNSUPPORTED, f"{address}: a snapshot above {MAX_BYTES:,} bytes")
    codec = next((name for head, name in _HEADS if data.startswith(head)), None)
    if codec is None:
        raise FeedFault(
            FaultCode.NO_VIDEO, f"{address}: {len(data)} bytes that are no JPEG, PNG or WebP"
        )
    return data, codec


def _opener(address: FeedAddress) -> urllib.request.OpenerDirector:
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
    if address.user is not None:
        book = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        book.add_password(None, address.url, address.user, address.password or "")
        handlers += [
            urllib.request.HTTPDigestAuthHandler(book),
            urllib.request.HTTPBasicAuthHandler(book),
        ]
    return urllib.request.build_opener(*handlers)


def _of_status(status: int) -> FaultCode:
    if status in (401, 403):
        return FaultCode.UNAUTHORIZED
    return FaultCode.NOT_FOUND if status in (404, 410) else FaultCode.BROKEN


def _fault(error: Exception, address: FeedAddress) -> FeedFault:
    reason = getattr(error, "reason", error)
    text = address.redacted(str(reason))
    if isinstance(reason, TimeoutError):
        return FeedFault(FaultCode.TIMED_OUT, f"{address}: nothing came in time")
    if isinstance(reason, ConnectionRefusedError):
        return FeedFault(FaultCode.REFUSED, f"{address}: the connection was refused")
    if type(reason).__name__ == "gaierror":
        return FeedFault(FaultCode.UNKNOWN_HOST, f"{address}: the host's name is not known")
    return FeedFault(FaultCode.BROKEN, f"{address}: {text}")
