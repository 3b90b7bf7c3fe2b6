"""The work on issues: one move for many of them, and how it stands by unit."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Header

from api.auth import Reader, Reviewer
from api.problems import ProblemBody, from_error, responses
from api.routes import API, shapes
from api.routes.issues import Which
from api.routes.move_shapes import ManyMoved, Moved, MoveMany, UnitWork, Workload
from api.services import Services, Use
from detect.errors import TidycityError
from issues.moves import move
from issues.rows import WorkCounts
from issues.workload import count_work

router = APIRouter(prefix=API, tags=["issues"])


@router.post(
    "/issues/moves",
    response_model=ManyMoved,
    summary="Move many issues",
    responses=responses(
        "not_signed_in",
        "wrong_key",
        "missing_scope",
        "foreign_origin",
        "invalid",
    ),
)
def post_moves(
    body: MoveMany,
    services: Use,
    who: Reviewer,
    idempotency_key: Annotated[
        str | None, Header(max_length=200, description="Repeats with the same key do nothing.")
    ] = None,
) -> ManyMoved:
    """The same move for up to 200 issues: assign fifty to one unit, say.

    Each is a transaction of its own: what can't be moved says why and stops nothing else.
    """
    asked = list(dict.fromkeys(body.issues))
    results = [_one(number, body, services, who.name, idempotency_key) for number in asked]
    done = sum(result.moved is not None for result in results)
    return ManyMoved(done=done, failed=len(results) - done, results=results)


def _one(issue: str, body: MoveMany, services: Services, actor: str, key: str | None) -> Moved:
    try:
        with services.store.transaction() as session:
            row = move(
                session,
                issue,
                body.action,
                actor,
                catalogue=services.catalogue,
                now=services.now(),
                expected_version=body.versions.get(issue, body.expected_version),
                idempotency_key=key,
                **body.fields(),
            )
    except TidycityError as error:
        problem = from_error(error)
        told = ProblemBody(
            type=f"urn:tidycity:problem:{problem.code}",
            code=problem.code,
            title=problem.title,
            status=problem.status,
            detail=problem.detail,
            mend=problem.mend,
            **problem.extra,
        )
        return Moved(issue=issue, moved=None, problem=told)
    now = services.now()
    return Moved(issue=issue, moved=shapes.issue(row, services.catalogue, now), problem=None)


@router.get(
    "/workload",
    response_model=Workload,
    summary="How the work stands",
    responses=responses("not_signed_in", "wrong_key", "missing_scope", "invalid", "bad_query"),
)
def get_workload(services: Use, _who: Reader, which: Which) -> Workload:
    """Open issues in all and by unit: to assign, at work, reported, due soon, overdue, supervised.

    `escalate` counts what is overdue by more than the catalogue's `course.escalate_after_h` working
    hours and not supervised yet; `GET /issues?due=escalate` lists it.
    """
    now = services.now()
    with services.store.reading() as session:
        total, by_unit = count_work(session, services.catalogue, which, now=now)
    return Workload(
        at=now,
        total=_work("", "", total),
        units=[_work(zh, en, counts) for (zh, en), counts in by_unit.items()],
    )


def _work(unit_zh: str, unit_en: str, counts: WorkCounts) -> UnitWork:
    return UnitWork(unit_zh=unit_zh, unit_en=unit_en, **asdict(counts))
