"""Where a feed is: its URL without secrets, and the secrets beside it.

>>> address = FeedAddress.parse("rtsp://guard:s3cret@10.0.0.7/ch1")
>>> str(address), address.kind
('rtsp://guard:***@10.0.0.7/ch1', 'rtsp')
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal, get_args
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from detect.errors import BadInput

FeedKind = Literal["rtsp", "mjpeg", "hls", "snapshot", "file", "device"]

HIDDEN = "***"
_STILL = re.compile(r"(\.(jpe?g|png|webp)$)|snapshot|/still|getpicture|/picture$", re.IGNORECASE)
_SECRET_QUERY = re.compile(
    r"((?:^|[?&])(?:pwd|pass|passwd|password|token|auth|key|secret|sign|signature)=)[^&#]*",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """A feed's address. ``str()`` and ``repr()`` never show a password; ``secret_url()`` does."""

    kind: FeedKind
    url: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        kind: FeedKind | None = None,
        user: str | None = None,
        password: str | None = None,
    ) -> FeedAddress:
        """An address from a URL, a path or a device such as ``/dev/video0``.

        Credentials in the URL are taken out of it; ``user`` and ``password`` win over them.
        Raises BadInput for an empty text, an unknown scheme or a URL without host.
        """
        text = text.strip()
        if not text:
            raise BadInput("a camera needs an address", code="no_address", mend="Give its URL.")
        if kind is not None and kind not in get_args(FeedKind):
            raise BadInput(
                f"there is no kind of feed {kind!r}",
                code="unknown_feed_kind",
                mend=f"Choose one of {', '.join(get_args(FeedKind))}, or leave it out.",
            )
        parts = _split(text)
        if parts is None:
            return cls(kind or ("device" if text.startswith("/dev/") else "file"), text)
        bare, in_url = _without_userinfo(parts)
        own_user, own_password = in_url
        return cls(kind or _kind_of(parts), bare, user or own_user, password or own_password)

    def secret_url(self) -> str:
        """The URL to open, with credentials. For the library that connects and nobody else."""
        if self.user is None or self.kind in ("file", "device"):
            return self.url
        parts = urlsplit(self.url)
        secret = "" if self.password is None else ":" + quote(self.password, safe="")
        userinfo = quote(self.user, safe="") + secret
        return urlunsplit(parts._replace(netloc=f"{userinfo}@{parts.netloc}"))

    def redacted(self, text: str) -> str:
        """``text`` (an error message, say) without this feed's secrets, or any other URL's."""
        for secret in (self.password, self.password and quote(self.password, safe="")):
            if secret:
                text = text.replace(secret, HIDDEN)
        text = _USERINFO.sub(f"{HIDDEN}@", text)
        return _SECRET_QUERY.sub(rf"\1{HIDDEN}", text)

    def with_secret(self, user: str | None, password: str | None) -> FeedAddress:
        """The same address with other credentials."""
        return replace(self, user=user, password=password)

    def __str__(self) -> str:
        shown = _SECRET_QUERY.sub(rf"\1{HIDDEN}", self.url)
        if self.user is None:
            return shown
        secret = "" if self.password is None else f":{HIDDEN}"
        return shown.replace("://", f"://{self.user}{secret}@", 1)


def _split(text: str) -> SplitResult | None:
    """The parts of a URL; None for a path or device."""
    if "://" not in text:
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError as error:
        raise BadInput(
            f"the address is no URL: {error}",
            code="bad_address",
            mend="Write it like rtsp://host:554/path; escape @ : / in a password (%40 %3A %2F).",
        ) from error
    if parts.scheme not in ("rtsp", "rtsps", "http", "https"):
        raise BadInput(
            f"no camera is read by {parts.scheme}://",
            code="unknown_scheme",
            mend="Use rtsp, rtsps, http or https, a file, or a device such as /dev/video0.",
        )
    if not parts.hostname:
        raise BadInput(
            "the address names no host", code="bad_address", mend="Write rtsp://host/path."
        )
    return parts


def _without_userinfo(parts: SplitResult) -> tuple[str, tuple[str | None, str | None]]:
    netloc = parts.netloc.rpartition("@")[2]
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return urlunsplit(parts._replace(netloc=netloc)), (user, password)


def _kind_of(parts: SplitResult) -> FeedKind:
    if parts.scheme.startswith("rtsp"):
        return "rtsp"
    if PurePath(parts.path).suffix.lower() in (".m3u8", ".m3u"):
        return "hls"
    return "snapshot" if _STILL.search(parts.path) else "mjpeg"
