"""A store of each kind, empty for every test: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from issues.catalogue import Catalogue, load_catalogue
from issues.clock import SetClock
from issues.intake import Intake
from issues.store import Store, open_store
from tests.issues import postgres
from tests.issues.photos import MONDAY, Camera, StreetModel


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A database that nothing was written to."""
    engine = create_engine(
        postgres_server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS tidy_test WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE tidy_test"))
    engine.dispose()
    yield postgres_server.rsplit("/", 1)[0] + "/tidy_test"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest) -> str | None:
    """The URL of an empty database; None is SQLite in the data folder."""
    return request.getfixturevalue("postgres_url") if request.param == "postgres" else None


@pytest.fixture
def store(url: str | None, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(url, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[Store]:
    """A store for tests in which the kind of database is no matter."""
    opened = open_store(None, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(MONDAY)


@pytest.fixture
def camera() -> Camera:
    return Camera()


@pytest.fixture
def intake(store: Store, catalogue: Catalogue, clock: SetClock) -> Intake:
    return Intake(store, catalogue, StreetModel(), clock=clock)
