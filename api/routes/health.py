"""Whether the server lives, and whether it can work: for balancers and watchdogs, without a key."""

from __future__ import annotations

from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from api.problems import responses
from api.services import Use

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The server answers."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(BaseModel):
    """The store answers too."""

    status: Literal["ready"] = "ready"
    jobs_waiting: int


@router.get("/healthz", response_model=Health, summary="Does the server live?")
def healthz() -> Health:
    """Always ok while the process answers."""
    return Health(version=version("tidycity"))


@router.get(
    "/readyz",
    response_model=Readiness,
    summary="Can the server work?",
    responses=responses("store_unavailable"),
)
def readyz(services: Use) -> Readiness:
    """Ok when the store answers."""
    services.store.check()
    return Readiness(jobs_waiting=services.jobs.waiting())
