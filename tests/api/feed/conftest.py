"""A store with a patrol, and a feed that may reach loopback."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from api.feed.service import Feed, make_feed
from api.pictures import Pictures
from api.settings import Settings
from issues.catalogue import Catalogue, load_catalogue
from issues.feed.target import TargetKind
from issues.feed.targets import add_target
from issues.issue import Action
from issues.moves import move
from issues.store import Store
from tests.api.feed.receiver import Receiver, receiving
from tests.api.patrol import NOW, Patrol


@dataclass
class Time:
    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def pass_(self, **by: float) -> None:
        self.moment += timedelta(**by)


@dataclass
class Office:
    """What an office does: adds targets, moves issues, lets the feed run."""

    store: Store
    feed: Feed
    time: Time
    patrol: Patrol
    catalogue: Catalogue

    def add(self, kind: str, url: str, name: str = "", **options):
        with self.store.transaction() as session:
            return add_target(
                session,
                name or f"{kind}-{url[-5:]}",
                TargetKind(kind),
                url,
                self.time(),
                **options,
            )

    def move(self, issue: str, action: Action, **fields):
        with self.store.transaction() as session:
            return move(
                session, issue, action, "王", catalogue=self.catalogue, now=self.time(), **fields
            )

    def run(self, steps: int = 200) -> None:
        """Steps until nothing is left to do, or under way."""
        import time

        for _ in range(steps):
            if not self.feed.dispatcher.step() and not self.feed.dispatcher.busy:
                return
            time.sleep(0.01)
        raise AssertionError("the feed never came to rest")


@pytest.fixture
def time_() -> Time:
    return Time()


@pytest.fixture
def feed_settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"feed_allow": "127.0.0.0/8", "public_url": "https://tidy.example"}
    )


@pytest.fixture
def office(feed_settings: Settings, store: Store, time_: Time, patrol: Patrol) -> Iterator[Office]:
    catalogue = load_catalogue()
    pictures = Pictures(store.evidence, blur_faces=False, now=time_)
    feed = make_feed(feed_settings, store, catalogue, pictures, time_)
    yield Office(store, feed, time_, patrol, catalogue)
    feed.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
