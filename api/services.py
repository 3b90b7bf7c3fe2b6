"""What the routes and pages work with: made once by the app factory, passed in, never global."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.auth import Doorkeeper
from api.camera_pictures import CameraPictures
from api.export_shelf import ExportShelf
from api.jobs import JobQueue
from api.pictures import Pictures
from api.settings import Settings
from api.trail import Trail
from api.verifying import Verifier
from issues.catalogue import Catalogue
from issues.store import Store

if TYPE_CHECKING:
    from api.feed.service import Feed


@dataclass(frozen=True)
class Services:
    """The store and all that stands around it."""

    settings: Settings
    store: Store
    catalogue: Catalogue
    door: Doorkeeper
    jobs: JobQueue
    exports: ExportShelf
    pictures: Pictures
    camera_pictures: CameraPictures
    verifier: Verifier
    feed: Feed
    now: Callable[[], datetime]
    trail: Trail


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def services_of(request: HTTPConnection) -> Services:
    """The services of the app that answers this request."""
    services: Services = request.app.state.services
    return services


async def _at_hand(request: HTTPConnection) -> Services:
    """On the event loop: what a thread would have to be waited for costs more than it does."""
    return services_of(request)


Use = Annotated[Services, Depends(_at_hand)]
