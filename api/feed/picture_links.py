"""Links to pictures that work without a key, for a while: signed, expiring, faces blurred."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class PictureLinks:
    """Makes and checks links. ``base_url`` is how others reach this server.

    >>> links = PictureLinks("s" * 32, "https://tidy.example")
    >>> now = datetime(2026, 3, 2)
    >>> url = links.url("ab" * 32, now)
    >>> url.startswith("https://tidy.example/api/v1/feed/pictures/abab")
    True
    """

    secret: str
    base_url: str
    lifetime: timedelta = LIFETIME

    def url(self, sha256: str, now: datetime, *, width: int = 1280) -> str:
        """The address of a picture, valid from now for the lifetime."""
        expires = int((now + self.lifetime).timestamp())
        signed = self._signature(sha256, width, expires)
        return (
            f"{self.base_url.rstrip('/')}/api/v1/feed/pictures/{sha256}.jpg"
            f"?width={width}&expires={expires}&signature={signed}"
        )

    def valid(self, sha256: str, width: int, expires: int, signature: str, now: datetime) -> bool:
        """Whether this link was made here and has not expired."""
        right = self._signature(sha256, width, expires)
        same = hmac.compare_digest(right.encode(), signature.encode())
        return same and now.timestamp() < expires

    def _signature(self, sha256: str, width: int, expires: int) -> str:
        content = f"picture.{sha256}.{width}.{expires}".encode()
        return hmac.new(self.secret.encode(), content, hashlib.sha256).hexdigest()
