"""Jobs: what became of an upload, by asking again or as server-sent events."""

from __future__ import annotations

import time
from asyncio import sleep, to_thread
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from api.auth import JobReader, Principal
from api.jobs import Job
from api.problems import Problem, responses
from api.routes import API
from api.services import Services, Use

router = APIRouter(prefix=API, tags=["photos"])

JobId = Annotated[str, Path(max_length=64, description="The job's id.")]
LOOK_S = 0.4
HEARTBEAT_S = 15.0
LONGEST_S = 3600.0
ENDED = frozenset({"done", "failed"})


def _visible(job: Job, who: Principal) -> bool:
    return who.may("read") or (job.created_by_key == who.key_id and job.created_by == who.name)


def _load(services: Services, job: str, who: Principal) -> Job:
    found = services.jobs.spool.load(job)
    if found is None or not _visible(found, who):
        raise Problem(
            "not_found",
            f"There is no job {job[:50]}.",
            "Jobs are kept for seven days after they are done.",
        )
    return found


@router.get(
    "/jobs",
    response_model=list[Job],
    summary="Upload jobs",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid"),
)
def get_jobs(
    services: Use,
    who: JobReader,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
) -> list[Job]:
    """The newest uploads first; inspectors and cameras see their own only."""
    seen = [job for job in services.jobs.spool.all() if _visible(job, who)]
    return seen[::-1][:limit]


@router.get(
    "/jobs/{job}",
    response_model=Job,
    summary="One upload job",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid"),
)
def get_job(job: JobId, services: Use, who: JobReader) -> Job:
    """An upload and what became of each photo. Who may not read sees their own jobs only."""
    return _load(services, job, who)


@router.get(
    "/jobs/{job}/events",
    summary="Progress of an upload job",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events.",
            "content": {
                "text/event-stream": {
                    "schema": {"type": "string"},
                    "examples": {"progress": {"value": "event: progress\nid: 3\ndata: {…}\n\n"}},
                }
            },
        },
        **responses("not_signed_in", "wrong_key", "missing_scope", "not_found", "invalid"),
    },
)
def get_job_events(
    job: JobId, request: Request, services: Use, who: JobReader
) -> StreamingResponse:
    """`progress` with the job as JSON at once and after each photo, then `done` or `failed`.

    The id of an event is the number of photos that are done. A client that was cut off asks again
    and gets the state as it is.
    """
    first = _load(services, job, who)
    return StreamingResponse(
        _events(services, request, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(services: Services, request: Request, job: Job) -> AsyncIterator[str]:
    started = told_at = time.monotonic()
    told = ""
    while True:
        state = job.model_dump_json()
        if state != told:
            told, told_at = state, time.monotonic()
            kind = job.status if job.status in ENDED else "progress"
            yield f"event: {kind}\nid: {len(job.photos) - len(job.waiting)}\ndata: {state}\n\n"
        elif time.monotonic() - told_at > HEARTBEAT_S:
            told_at = time.monotonic()
            yield ": still here\n\n"
        late = time.monotonic() - started > LONGEST_S
        if job.status in ENDED or late or await request.is_disconnected():
            return
        await sleep(LOOK_S)
        found = await to_thread(services.jobs.spool.load, job.id)
        if found is None:
            return
        job = found
