"""Figures for Prometheus, behind a key as all else: scrape with a bearer token of scope read."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth import Reader
from api.metrics import CONTENT_TYPE, StoreFigures, exposition
from api.problems import responses
from api.services import Use

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    response_class=Response,
    summary="Figures for Prometheus",
    responses={
        200: {"content": {"text/plain": {}}},
        **responses("not_signed_in", "wrong_key", "missing_scope", "store_unavailable"),
    },
)
def get_metrics(services: Use, _who: Reader) -> Response:
    """States of cameras, what looks cost, issues by status, workers, jobs: as text 0.0.4."""
    figures = StoreFigures(services.store, services.now, services.jobs.waiting)
    return Response(exposition(figures), media_type=CONTENT_TYPE)
