"""A store of each kind, empty for every test: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from issues.catalogue import Catalogue, load_catalogue
from issues.clock import SetClock
from issues.intake import Intake
from issues.store import Store, open_store
from issues.store.tables import Base
from tests.issues import postgres
from tests.issues.photos import MONDAY, Camera, StreetModel

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_store(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Engine]]:
    """The URL of a database with its tables, and an engine to empty them through."""
    url = postgres.make_database(postgres_server, "tidy_store", "template0")
    opened = open_store(url, tmp_path_factory.mktemp("postgres"))
    yield url, opened.engine
    opened.close()


def _emptied(database: tuple[str, Engine]) -> str:
    """The URL of the database, with nothing in its tables: faster than making another."""
    url, engine = database
    tables = ", ".join(Base.metadata.tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    return url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sqlite")
    open_store(None, folder).close()
    return folder


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest) -> str | None:
    """The URL of a database without tables; None is SQLite in the data folder."""
    if request.param == "sqlite":
        return None
    return postgres.make_database(
        request.getfixturevalue("postgres_server"), "tidy_test", "template0"
    )


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str | None:
    """The URL of an empty store with its tables; None is SQLite in ``tmp_path / "data"``."""
    if request.param == "sqlite":
        shutil.copytree(sqlite_template, tmp_path / "data")
        return None
    return _emptied(request.getfixturevalue("postgres_store"))


@pytest.fixture
def store(url: str | None, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(url, tmp_path / "data")
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A store for tests in which the kind of database is no matter."""
    shutil.copytree(sqlite_template, tmp_path / "data")
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
