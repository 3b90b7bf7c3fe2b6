"""What lies outside: cameras and the feed's targets, asked only whether they take a connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from api.fitness.finding import Finding
from api.i18n import t
from issues.store import Store

PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
WAIT_S = 3.0


def cameras(store: Store) -> Iterator[Finding]:
    """One line a camera that is switched on."""
    from issues.cameras.registry import list_cameras

    with store.reading() as session:
        found = [
            (one.camera.id, one.camera.url) for one in list_cameras(session, enabled_only=True)
        ]
    mend = t("See that the camera has power and network; tidycity cameras try tells more.")
    for name, url in found:
        yield _reached(t("camera {name}", name=name), url, mend)


def targets(store: Store) -> Iterator[Finding]:
    """One line a target that is switched on; those that pause say why."""
    from issues.feed.targets import list_targets

    with store.reading() as session:
        found = [one for one in list_targets(session) if one.enabled or one.paused_reason]
    for one in found:
        name = t("feed target {name}", name=one.name)
        if one.paused_reason:
            yield Finding(name, "warn", one.paused_reason, t("Mend it there, then switch it on."))
            continue
        yield _reached(
            name, one.url, t("See that it runs, and that a firewall lets it be reached.")
        )


def _reached(name: str, url: str, mend: str) -> Finding:
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme)
    if parts.hostname is None or port is None:
        return Finding(name, "ok", t("no network address"))
    where = f"{parts.hostname}:{port}"
    try:
        with socket.create_connection((parts.hostname, port), timeout=WAIT_S):
            return Finding(name, "ok", where)
    except OSError as error:
        return Finding(name, "warn", f"{where}: {error.strerror or error}", mend)
