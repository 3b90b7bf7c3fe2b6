"""Asking other systems how the issues stand that were filed there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from api.feed.errors import DeliveryError
from api.feed.fetching import Fetcher
from api.feed.open311_client import Open311Client
from api.feed.open311_sender import client_of
from issues.catalogue import Catalogue
from issues.feed.links import Link, closed_elsewhere, due_links, keep_link
from issues.feed.target import TargetKind
from issues.feed.targets import get_target
from issues.store import Store

log = logging.getLogger("tidycity.feed")

EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class ReadBack:
    """Reads status back; ``step()`` asks for all that are due."""

    store: Store
    catalogue: Catalogue
    fetcher: Fetcher
    now: Callable[[], datetime]
    every: timedelta = EVERY

    def step(self) -> int:
        """Asks for the links that are due; gives how many issues moved. Raises StoreError."""
        now = self.now()
        with self.store.reading() as session:
            due = due_links(session, now)
            targets = {one.target_id: get_target(session, one.target_id, now) for one in due}
        moved = 0
        for link in due:
            target = targets[link.target_id]
            if target.kind is not TargetKind.OPEN311:
                continue
            try:
                asked = self._asked(client_of(self.fetcher, target), link)
            except DeliveryError as error:
                log.info("%s does not say how %s stands: %s", target.name, link.issue_id, error)
                asked = link
            moved += self._kept(link, asked, target.name)
        return moved

    def _asked(self, client: Open311Client, link: Link) -> Link:
        if link.external_id is None and link.token is not None:
            link = replace(link, external_id=client.external_id(link.token))
        if link.external_id is None:
            return link
        said = client.request(link.external_id)
        status = str((said or {}).get("status") or "").lower()
        if status not in ("open", "closed"):
            return link
        return replace(link, external_status=status)

    def _kept(self, before: Link, link: Link, target: str) -> bool:
        now = self.now()
        link = replace(link, next_check_at=now + self.every)
        newly = link.external_status == "closed" and before.external_status != "closed"
        with self.store.transaction() as session:
            moved = newly and closed_elsewhere(session, self.catalogue, link, target, now)
            keep_link(session, link, now)
        return moved
