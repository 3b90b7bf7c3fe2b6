"""A server with a real SQLite store in a folder of its own, and a patrol to look at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import create_key
from api.settings import Settings
from issues.store import Store, open_store
from tests.api.patrol import FakeEngine, Patrol, now, walk


@dataclass(frozen=True)
class Prepared:
    """A data folder to copy: making one anew for each test takes seconds."""

    folder: Path
    admin_key: str
    patrol: Patrol | None


def prepare(folder: Path, *, walked: bool) -> Prepared:
    store = open_store(None, folder)
    try:
        return Prepared(
            folder, create_key(store, "admin", ["admin"]), walk(store) if walked else None
        )
    finally:
        store.close()


@pytest.fixture(scope="session")
def empty_folder(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("empty"), walked=False)


@pytest.fixture(scope="session")
def walked_folder(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("walked"), walked=True)


@pytest.fixture
def prepared(request: pytest.FixtureRequest) -> Prepared:
    """The walked folder for tests that ask for ``patrol``, else the empty one."""
    name = "walked_folder" if "patrol" in request.fixturenames else "empty_folder"
    found: Prepared = request.getfixturevalue(name)
    return found


@pytest.fixture
def settings(tmp_path: Path, prepared: Prepared) -> Settings:
    shutil.copytree(prepared.folder, tmp_path / "data")
    return Settings(data_dir=tmp_path / "data", upload_max_mb=2)


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    store = open_store(None, settings.data_dir)
    yield store
    store.close()


@pytest.fixture
def app(settings: Settings, store: Store) -> FastAPI:
    return create_app(settings, store, console=False, open_engine=FakeEngine, now=now)


@pytest.fixture
def admin_key(prepared: Prepared) -> str:
    return prepared.admin_key


@pytest.fixture
def nobody(app: FastAPI) -> Iterator[TestClient]:
    """A client without a key; the app is running."""
    with TestClient(app) as client:
        yield client


@pytest.fixture
def client(nobody: TestClient, admin_key: str) -> TestClient:
    """A client with the admin's key."""
    nobody.headers["Authorization"] = f"Bearer {admin_key}"
    return nobody


@pytest.fixture
def patrol(prepared: Prepared) -> Patrol:
    """Two visits: one problem fixed, one still there, one new, one come back."""
    assert prepared.patrol is not None
    return prepared.patrol
