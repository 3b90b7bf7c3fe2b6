"""A server with an Open311 endpoint, and a key that may report."""

from __future__ import annotations

import pytest
from fastapi import FastAPI

from api.app import create_app
from api.auth import create_role_key
from tests.api.feed.receiver import receiving
from tests.api.patrol import FakeEngine, now


@pytest.fixture
def open_settings(settings):
    return settings.model_copy(update={"open311": "public", "feed_allow": "127.0.0.0/8"})


@pytest.fixture
def app(open_settings, store) -> FastAPI:
    return create_app(open_settings, store, console=False, open_engine=FakeEngine, now=now)


@pytest.fixture
def api_key(store) -> str:
    return create_role_key(store, "app", "inspector")


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found
