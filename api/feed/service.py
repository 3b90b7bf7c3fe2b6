"""The feed wired together: what sends, what reads back, what signs links."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from api.feed.addresses import AddressGuard, Resolve, parse_networks, resolve_host
from api.feed.dispatcher import Dispatcher
from api.feed.fetching import Fetcher
from api.feed.file_drop import FileDropSender
from api.feed.message import Describer, MessageWriter
from api.feed.open311_sender import Open311Sender
from api.feed.picture_links import PictureLinks
from api.feed.read_back import ReadBack
from api.feed.sender import Sender
from api.feed.webhook import RecordSender, WebhookSender
from api.pictures import Pictures
from api.session import load_secret
from api.settings import Settings
from detect.errors import TidycityError
from issues.catalogue import Catalogue
from issues.feed.target import TargetKind
from issues.store import Store
from issues.store.feed_table import prune

log = logging.getLogger("tidycity.feed")

KEPT = timedelta(days=30)
"""For how long deliveries that arrived can be looked at and replayed."""

CHORES_EVERY_S = 5.0
_PRUNE_ROUNDS = 720


@dataclass
class Feed:
    """All of it; ``start()`` sends in the background until ``stop()``."""

    store: Store
    fetcher: Fetcher
    links: PictureLinks
    writer: MessageWriter
    describer: Describer
    dispatcher: Dispatcher
    read_back: ReadBack
    now: Callable[[], datetime]
    chores: tuple[Callable[[], object], ...] = ()
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins to send, and to read back."""
        self.dispatcher.start()
        self._thread = threading.Thread(target=self._loop, name="tidycity-feed-back", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is under way."""
        self._stop.set()
        self.dispatcher.stop()
        if self._thread is not None:
            self._thread.join(25.0)
            self._thread = None
        self.fetcher.close()

    def _loop(self) -> None:
        rounds = 0
        while not self._stop.wait(CHORES_EVERY_S):
            for chore in (self.read_back.step, *self.chores):
                self._try(chore)
            if rounds % _PRUNE_ROUNDS == 0:
                self._try(self._prune)
            rounds += 1

    def _prune(self) -> None:
        with self.store.transaction() as session:
            prune(session, self.now() - KEPT)

    def _try(self, chore: Callable[[], object]) -> None:
        try:
            chore()
        except TidycityError as error:
            log.warning("the feed waits: %s", error)
        except Exception:
            log.exception("a chore of the feed failed")


def make_feed(
    settings: Settings,
    store: Store,
    catalogue: Catalogue,
    pictures: Pictures,
    now: Callable[[], datetime],
    *,
    resolve: Resolve = resolve_host,
    chores: tuple[Callable[[], object], ...] = (),
) -> Feed:
    """The feed of these settings. Raises BadInput for networks that are none."""
    secret = settings.session_secret or load_secret(settings.data_dir)
    own = settings.public_url or f"http://{settings.host}:{settings.port}"
    fetcher = Fetcher(AddressGuard(parse_networks(settings.feed_allow), resolve))
    links = PictureLinks(secret, own)
    writer, describer = MessageWriter(links, pictures), Describer(catalogue)
    senders: dict[TargetKind, Sender] = {
        TargetKind.WEBHOOK: WebhookSender(fetcher, writer, now),
        TargetKind.OPEN311: Open311Sender(fetcher, store, links, now),
        TargetKind.FILEDROP: FileDropSender(pictures, now),
        TargetKind.RECORD: RecordSender(),
    }
    return Feed(
        store=store,
        fetcher=fetcher,
        links=links,
        writer=writer,
        describer=describer,
        dispatcher=Dispatcher(store, catalogue, senders, describer.describe, now),
        read_back=ReadBack(store, catalogue, fetcher, now),
        now=now,
        chores=chores,
    )
