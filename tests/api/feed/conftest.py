"""A store with a patrol, and a feed that may reach loopback.

SQLite, unless a test asks for ``both`` kinds of database.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from api.feed.service import Feed, make_feed
from api.pictures import Pictures
from api.settings import Settings
from issues.catalogue import Catalogue, load_catalogue
from issues.feed.target import TargetKind
from issues.feed.targets import add_target
from issues.issue import Action
from issues.moves import move
from issues.store import Store, open_store
from tests.api.feed.receiver import Receiver, receiving
from tests.api.patrol import NOW, Patrol, walk
from tests.issues import postgres


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


@dataclass(frozen=True)
class Walked:
    """A server of PostgreSQL with a database that holds the patrol, and its evidence."""

    server: str
    folder: Path
    patrol: Patrol


@pytest.fixture(scope="session")
def walked_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walked]:
    with postgres.running() as server:
        folder = tmp_path_factory.mktemp("walked_postgres")
        store = open_store(postgres.make_database(server, "walked", "template0"), folder)
        patrol = walk(store)
        store.close()
        yield Walked(server, folder, patrol)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database that the feed stands on."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def feed_settings(
    settings: Settings, database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Settings:
    own = {"feed_allow": "127.0.0.0/8", "public_url": "https://tidy.example"}
    if database == "postgres":
        walked: Walked = request.getfixturevalue("walked_postgres")
        shutil.copytree(walked.folder, tmp_path / "postgres")
        url = postgres.make_database(walked.server, "feed_test", "walked")
        own |= {"database_url": url, "data_dir": tmp_path / "postgres"}
    return settings.model_copy(update=own)


@pytest.fixture
def feed_store(feed_settings: Settings) -> Iterator[Store]:
    opened = open_store(feed_settings.database_url, feed_settings.data_dir)
    yield opened
    opened.close()


@pytest.fixture
def feed_patrol(database: str, patrol: Patrol, request: pytest.FixtureRequest) -> Patrol:
    """The numbers of the patrol's issues, which each kind of database gives out for itself."""
    if database == "postgres":
        walked: Walked = request.getfixturevalue("walked_postgres")
        return walked.patrol
    return patrol


@pytest.fixture
def office(
    feed_settings: Settings, feed_store: Store, time_: Time, feed_patrol: Patrol
) -> Iterator[Office]:
    store, patrol = feed_store, feed_patrol
    catalogue = load_catalogue()
    pictures = Pictures(store.evidence, blur_faces=False, now=time_)
    feed = make_feed(feed_settings, store, catalogue, pictures, time_)
    yield Office(store, feed, time_, patrol, catalogue)
    feed.stop()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found
