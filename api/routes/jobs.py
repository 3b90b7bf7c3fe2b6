"""Jobs: what became of an upload."""

from __future__ import annotations

from fastapi import APIRouter

from api.auth import JobReader
from api.jobs import Job
from api.problems import Problem, responses
from api.services import Use

router = APIRouter(tags=["photos"])


@router.get(
    "/jobs/{job}",
    response_model=Job,
    summary="One upload job",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "not_found"),
)
def get_job(job: str, services: Use, who: JobReader) -> Job:
    """An upload and what became of each photo. Keys without `read` see their own jobs only."""
    found = services.jobs.spool.load(job)
    if found is None or not (who.may("read") or found.created_by == who.name):
        raise Problem(
            "not_found",
            f"There is no job {job[:50]}.",
            "Jobs are kept for seven days after they are done.",
        )
    return found
