"""Whether the server lives, and whether it can work: for balancers and watchdogs, without a key."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.problems import responses
from api.services import Use

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"
    version: str


class Ready(BaseModel):
    """The store answers and is up to date, the model is whole, and there is room on the disk."""

    status: Literal["ready"] = "ready"
    jobs_waiting: int


@router.get("/healthz", response_model=Health, summary="Does the server live?")
def healthz() -> Health:
    """Always ok while the process answers."""
    return Health(version=version("tidycity"))


@router.get(
    "/readyz",
    response_model=Ready,
    summary="Can the server work?",
    responses=responses("store_unavailable", "model_unavailable", "disk_full"),
)
def readyz(request: Request, services: Use) -> Ready:
    """Ok when everything that the work needs is there; the problem says what is not.

    503 `store_unavailable`: the `cause` is `unreachable`, `locked`, `read_only`, `old_schema`,
    `damaged`… 503 `model_unavailable`: `model_not_found`, `model_file_missing`, `model_changed`…
    507 `disk_full`: less is free than TIDYCITY_KEEP_FREE_MB.
    """
    request.app.state.readiness.check()
    return Ready(jobs_waiting=services.jobs.waiting())
