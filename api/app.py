"""The app: everything wired together once, nothing global.

>>> # uvicorn.run(create_app(Settings(), open_store(None, Path("tidycity-data"))))
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Match
from starlette.staticfiles import StaticFiles

from api.analysis import OpenEngine, PhotoAnalysis
from api.analysis_process import AnalysisProcess
from api.auth import Doorkeeper, KeyBook
from api.camera_pictures import CameraPictures
from api.export_shelf import ExportShelf
from api.feed.service import make_feed
from api.guard import RequestGuard
from api.jobs import Analysis, JobQueue, Spool
from api.logs import AccessLog
from api.open311.reporting import settle_requests
from api.pictures import Pictures
from api.problems import Problem, describe_problems, handle_problems
from api.rates import RateLimits, scaled
from api.readiness import Readiness
from api.routes import (
    areas,
    audit,
    cameras,
    catalogue,
    drawing,
    evidence,
    exports,
    feed,
    feed_pictures,
    health,
    issues,
    jobs,
    keys,
    merging,
    metrics,
    observations,
    open311,
    pest,
    photos,
    rankings,
    recurrence,
    requests,
    reviews,
    rounds,
    sample_points,
    verification,
    work,
)
from api.services import Services, utc_now
from api.session import SessionSigner, Throttle, load_secret
from api.settings import Settings
from api.trail import AuditTrail, Trail
from api.verifying import Verifier
from issues.catalogue import load_catalogue
from issues.store import Store, open_store

if TYPE_CHECKING:
    from datetime import datetime

ROUTES = (
    health,
    metrics,
    work,
    rounds,
    recurrence,
    issues,
    merging,
    observations,
    drawing,
    photos,
    jobs,
    evidence,
    areas,
    catalogue,
    keys,
    exports,
    pest,
    cameras,
    rankings,
    sample_points,
    verification,
    audit,
    reviews,
    feed,
    feed_pictures,
    requests,
    open311,
)
"""Taken over as they are: to include a router builds each of its routes anew, a second in all."""
THREADS = 3
"""Requests worked on at once; the others wait. Python runs one thread at a time, and forty that
fight over their turn take half as much processor again: fifty lists a second queue up endlessly."""
DESCRIPTION = """
Finds garbage and litter in patrol photos and turns them into issues. Stalls, discarded furniture
and pest traces are looked for by experimental models, off by default; people enter the rest.

Send an API key as `Authorization: Bearer tck_…` or `X-API-Key: tck_…`. Errors are problem+json
with a stable `code`. Lists are paged by cursor. Times carry a zone; places are WGS-84.
"""


def make_services(
    settings: Settings,
    store: Store,
    *,
    open_engine: OpenEngine | None = None,
    analysis: Analysis | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Services:
    """Everything that routes and pages work with.

    Photos are analysed in a process of its own, unless ``open_engine`` or ``analysis`` is given.
    """
    table = load_catalogue(settings.catalogue)
    secret = settings.session_secret or load_secret(settings.data_dir)
    door = Doorkeeper(
        KeyBook(store, now),
        SessionSigner(secret),
        Throttle(time.monotonic),
        open_house=not settings.auth,
        rates=RateLimits(time.monotonic, scaled(settings.rate_limit_factor)),
    )
    verifier = Verifier(settings, store, table, now, open_engine)
    apart = AnalysisProcess(settings)
    inside = PhotoAnalysis(settings, store, table, open_engine) if open_engine else None
    pictures = Pictures(store.evidence, blur_faces=settings.blur_faces, now=now)
    spool = Spool(settings.data_dir / "uploads")
    jobs = JobQueue(spool, analysis or inside or apart, now, apart.close)
    settle = partial(settle_requests, store, spool, now)
    return Services(
        settings=settings,
        store=store,
        catalogue=table,
        door=door,
        jobs=jobs,
        exports=ExportShelf(
            settings.data_dir / "exports",
            store,
            table,
            blur=settings.blur_faces,
            cache=settings.data_dir / "cache" / "pictures",
            now=now,
        ),
        pictures=pictures,
        camera_pictures=CameraPictures(settings.data_dir, blur_faces=settings.blur_faces),
        verifier=verifier,
        feed=make_feed(settings, store, table, pictures, now, chores=(settle,)),
        now=now,
        trail=Trail(store, now),
    )


def create_app(
    settings: Settings,
    store: Store | None = None,
    *,
    open_engine: OpenEngine | None = None,
    analysis: Analysis | None = None,
    console: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The HTTP API and, unless ``console`` is False, the review console (one a process).

    Opens the store of the settings unless one is given; a store that it opened it also closes.
    ``open_engine``, ``analysis`` and ``now`` replace the real ones. Raises StoreError, ...
    """
    own_store = store is None
    store = open_store(settings.database_url, settings.data_dir) if store is None else store
    services = make_services(settings, store, open_engine=open_engine, analysis=analysis, now=now)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        services.jobs.start()
        services.verifier.start()
        services.exports.start()
        if settings.feed:
            services.feed.start()
        try:
            yield
        finally:
            services.jobs.stop()
            services.verifier.stop()
            services.exports.stop()
            services.feed.stop()
            if own_store:
                store.close()

    app = FastAPI(
        title="tidycity",
        version=version("tidycity"),
        description=DESCRIPTION,
        license_info={"name": "AGPL-3.0-only", "identifier": "AGPL-3.0-only"},
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    app.state.services = services
    app.state.readiness = Readiness(settings, store)
    handle_problems(app)
    for module in ROUTES:
        app.router.routes.extend(module.router.routes)
    _describe(app)
    _serve_docs(app)
    _refuse_unknown(app)
    if console:
        from api.console import mount_console

        mount_console(app, services)
    app.add_middleware(AuditTrail, trail=services.trail)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["Authorization", "X-API-Key", "Idempotency-Key", "If-Match"],
            expose_headers=["ETag", "Location", "X-Request-ID", "Retry-After"],
        )
    app.add_middleware(AccessLog)
    app.add_middleware(
        RequestGuard,
        max_body_bytes=settings.upload_max_mb * 1_000_000,
        tile_url=settings.tile_url,
    )
    return app


def _describe(app: FastAPI) -> None:
    """OpenAPI that tells errors as they are; made when first asked for."""

    def openapi() -> dict[str, Any]:
        made = app.openapi_schema is not None
        schema = FastAPI.openapi(app)
        if not made:
            describe_problems(schema)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _serve_docs(app: FastAPI) -> None:
    """Swagger UI at /docs, from the files of the package fastapi-offline: no foreign host."""
    from importlib.resources import as_file, files

    with as_file(files("fastapi_offline") / "static") as static:
        app.mount("/docs/static", StaticFiles(directory=static), name="docs-static")

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="tidycity API",
            swagger_js_url="/docs/static/swagger-ui-bundle.js",
            swagger_css_url="/docs/static/swagger-ui.css",
            swagger_favicon_url="/docs/static/favicon.png",
        )


def _refuse_unknown(app: FastAPI) -> None:
    """Unknown API addresses answer as problems, before the console's pages get to see them."""
    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    @app.api_route("/api/{path:path}", methods=methods, include_in_schema=False)
    def unknown(request: Request, path: str) -> Any:
        if any(route.matches(request.scope)[0] is Match.PARTIAL for route in app.routes):
            raise Problem(
                "method_not_allowed",
                f"/api/{path} doesn't take {request.method}.",
                "See /docs for what it takes.",
            )
        raise Problem("not_found", f"There is nothing at /api/{path}.", "See /docs.")
