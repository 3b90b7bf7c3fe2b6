"""SQL on leases: which worker watches which camera. One statement a change, so that none is twice.

A worker says again and again that it is there; its cameras are its own until a while after it last
did. Each takes no more than its fair share, and hands on what it has above it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from issues.store.camera_schema import CameraLeaseRecord, CameraRecord, CameraWorkerRecord

LEASE = timedelta(seconds=20)
"""For how long a worker that falls silent keeps its cameras."""

_L, _C, _W = CameraLeaseRecord, CameraRecord, CameraWorkerRecord


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that watches cameras; ``most``: how many it takes, None for any number."""

    id: str
    host: str
    pid: int
    most: int | None = None


def renew(session: Session, worker: Worker, now: datetime) -> frozenset[str]:
    """Says that the worker is there; gives the ids of the cameras that are its own from now on.

    Those that it held until now and are not among them are another's, or nobody's: it must let go.
    """
    draining = _here(session, worker, now)
    _forget(session, now)
    mine = _kept(session, worker, now)
    share = 0 if draining else _share(session, worker, now)
    if len(mine) > share:
        extra = sorted(mine)[share:]
        _release(session, worker.id, extra)
        mine -= set(extra)
    elif len(mine) < share:
        mine |= _taken(session, worker, share - len(mine), now)
    return frozenset(mine)


def leave(session: Session, worker_id: str) -> None:
    """The worker ends: its cameras are free at once."""
    session.execute(delete(_L).where(_L.worker == worker_id))
    session.execute(delete(_W).where(_W.id == worker_id))


def drain(session: Session, worker_id: str, *, draining: bool = True) -> bool:
    """Asks a worker to hand on its cameras and take no more; False: there is no such worker."""
    done = session.execute(
        update(_W).where(_W.id == worker_id).values(draining=draining).returning(_W.id)
    )
    return done.first() is not None


def workers(session: Session, now: datetime) -> list[tuple[CameraWorkerRecord, int]]:
    """The workers that are there, and how many cameras each has."""
    held = func.count(_L.camera_id)
    query = (
        select(_W, held)
        .outerjoin(_L, (_L.worker == _W.id) & (_L.until > now))
        .where(_W.seen_at > now - LEASE)
        .group_by(_W.id)
        .order_by(_W.id)
    )
    return [(row[0], int(row[1])) for row in session.execute(query)]


def _here(session: Session, worker: Worker, now: datetime) -> bool:
    """Notes that it is there; whether it was asked to hand on its cameras."""
    found = session.execute(
        update(_W)
        .where(_W.id == worker.id)
        .values(seen_at=now, most=worker.most)
        .returning(_W.draining)
    ).first()
    if found is not None:
        return bool(found[0])
    session.add(
        _W(
            id=worker.id,
            host=worker.host,
            pid=worker.pid,
            started_at=now,
            seen_at=now,
            draining=False,
            most=worker.most,
        )
    )
    session.flush()
    return False


def _forget(session: Session, now: datetime) -> None:
    """Workers that have been silent for long, and leases of cameras that are off, go."""
    session.execute(delete(_W).where(_W.seen_at < now - 10 * LEASE))
    off = select(_C.id).where(~_C.enabled)
    session.execute(delete(_L).where(_L.camera_id.in_(off)))


def _kept(session: Session, worker: Worker, now: datetime) -> set[str]:
    """Those of its leases that it still holds, made longer. One that ran out may be another's."""
    kept = session.execute(
        update(_L)
        .where(_L.worker == worker.id, _L.until > now)
        .values(until=now + LEASE)
        .returning(_L.camera_id)
    )
    return {row[0] for row in kept}


def _share(session: Session, worker: Worker, now: datetime) -> int:
    """How many cameras this worker may have, so that all have as many, or as many as they take."""
    cameras = session.scalar(select(func.count()).select_from(_C).where(_C.enabled)) or 0
    alive = session.execute(
        select(_W.id, _W.most).where(_W.seen_at > now - LEASE, ~_W.draining).order_by(_W.id)
    ).all()
    return fair_shares(cameras, {row[0]: row[1] for row in alive}).get(worker.id, 0)


def fair_shares(cameras: int, most: dict[str, int | None]) -> dict[str, int]:
    """How many of the cameras each worker gets; ``most`` is how many each takes at most.

    >>> fair_shares(10, {"a": None, "b": 2, "c": None})
    {'b': 2, 'a': 4, 'c': 4}
    """
    shares: dict[str, int] = {}
    left = cameras
    by_room = sorted(most, key=lambda w: (math.inf if most[w] is None else most[w] or 0, w))
    for n, worker in enumerate(by_room):
        even = math.ceil(left / (len(by_room) - n))
        limit = most[worker]
        shares[worker] = even if limit is None else min(even, limit)
        left -= shares[worker]
    return shares


def _release(session: Session, worker_id: str, cameras: list[str]) -> None:
    session.execute(delete(_L).where(_L.worker == worker_id, _L.camera_id.in_(cameras)))


def _taken(session: Session, worker: Worker, count: int, now: datetime) -> set[str]:
    """Cameras that nobody holds, taken one by one: another may have been quicker."""
    free = session.scalars(
        select(_C.id)
        .outerjoin(_L, _L.camera_id == _C.id)
        .where(_C.enabled, or_(_L.camera_id.is_(None), _L.until <= now))
        .order_by(_C.id)
        .limit(count)
    ).all()
    return {camera for camera in free if _take(session, worker.id, camera, now)}


def _take(session: Session, worker_id: str, camera: str, now: datetime) -> bool:
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {"camera_id": camera, "worker": worker_id, "until": now + LEASE}
    query = kind.insert(_L).values(values)
    taken = query.on_conflict_do_update(
        index_elements=[_L.camera_id],
        set_={"worker": worker_id, "until": now + LEASE},
        where=_L.until <= now,
    ).returning(_L.camera_id)
    return session.execute(taken).first() is not None
