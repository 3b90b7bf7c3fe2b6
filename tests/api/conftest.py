"""A server with a real SQLite store in a folder of its own, and a patrol to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.auth import create_key
from api.settings import Settings
from issues.store import Store, open_store
from tests.api.patrol import FakeEngine, Patrol, now, walk


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
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
def admin_key(store: Store) -> str:
    return create_key(store, "admin", ["admin"])


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
def patrol(store: Store) -> Patrol:
    """Two visits: one problem fixed, one still there, one new, one come back."""
    return walk(store)
