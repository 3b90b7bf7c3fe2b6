"""Figures for Prometheus: what the store knows, and what one worker counts. Text format 0.0.4.

``/metrics`` of the server tells of all cameras, whoever watches them; ``tidycity watch
--metrics-port`` tells what that one process counts. Names of cameras are labels; nothing else of an
office is: no addresses, no areas, no people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from issues.cameras.faring import Faring, OnTheWall, the_wall
from issues.queries import count_issues
from issues.store import Session, Store
from issues.store.lease_table import workers

if TYPE_CHECKING:
    from api.watching.lapses import LapseFigures
    from detect.stream.figures import WatchFigures

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class StoreFigures(Collector):
    """What the store knows: cameras, their workers, issues; and the jobs of this server."""

    def __init__(
        self, store: Store, now: Callable[[], datetime], jobs_waiting: Callable[[], int]
    ) -> None:
        self._store = store
        self._now = now
        self._jobs_waiting = jobs_waiting

    def collect(self) -> Iterable[Metric]:
        """Read anew at each scrape. Raises StoreError."""
        now = self._now()
        info = GaugeMetricFamily("tidycity_info", "The version.", labels=["version"])
        info.add_metric([version("tidycity")], 1)
        jobs = GaugeMetricFamily("tidycity_jobs_waiting", "Uploads that wait to be analysed.")
        jobs.add_metric([], self._jobs_waiting())
        with self._store.reading() as session:
            wall = the_wall(session, now)
            found = [info, jobs, *_issues(session, now), *_workers(session, now)]
        return [*found, *_cameras(wall)]


class Worker(Protocol):
    """A worker as this module needs it: ``api.watching.worker.CameraWorker`` is one."""

    def figures(self) -> Mapping[str, WatchFigures]: ...
    @property
    def cameras(self) -> tuple[str, ...]: ...
    @property
    def waiting(self) -> int: ...


class Keeper(Protocol):
    """What keeps last pictures: ``api.watching.last_pictures.LastPictures`` is one."""

    @property
    def room(self) -> bool: ...
    @property
    def left_out(self) -> int: ...


class Films(Protocol):
    """What makes films: ``api.watching.lapses.Lapses`` is one."""

    @property
    def room(self) -> bool: ...
    @property
    def memory_bytes(self) -> int: ...
    @property
    def figures(self) -> LapseFigures: ...


class WorkerFigures(Collector):
    """What one worker counts since it began, by camera."""

    def __init__(
        self, worker: Worker, pictures: Keeper | None = None, films: Films | None = None
    ) -> None:
        self._worker = worker
        self._pictures = pictures
        self._films = films

    def collect(self) -> Iterable[Metric]:
        """Read anew at each scrape."""
        figures = dict(self._worker.figures())
        held = GaugeMetricFamily("tidycity_worker_cameras", "Cameras that it watches now.")
        held.add_metric([], len(self._worker.cameras))
        waiting = GaugeMetricFamily(
            "tidycity_worker_statements_waiting", "Findings that the store hasn't taken yet."
        )
        waiting.add_metric([], self._worker.waiting)
        yield from (held, waiting)
        for field, (name, told) in _COUNTED.items():
            family = CounterMetricFamily(f"tidycity_worker_{name}", told, labels=["camera"])
            for camera, counted in sorted(figures.items()):
                family.add_metric([camera], getattr(counted, field))
            yield family
        if self._pictures is not None:
            yield from _pictures(self._pictures)
        if self._films is not None:
            yield from _films(self._films)


_COUNTED = {
    "looks": ("looks", "Looks made."),
    "late": ("looks_late", "Looks more than one interval after they fell due."),
    "skipped": ("looks_skipped", "Looks that fell out because they were that late."),
    "nothing_new": ("looks_without_picture", "Looks that found no newer picture."),
    "pulled": ("looks_for_motion", "Looks made sooner because something moved."),
    "undecodable": ("pictures_undecodable", "Pictures that couldn't be decoded."),
    "late_s": ("late_seconds", "Seconds that looks were late, summed."),
    "age_s": ("picture_age_seconds", "Age of pictures when they were looked at, summed."),
    "decode_s": ("decode_seconds", "Seconds spent decoding."),
    "network_s": ("network_seconds", "Seconds spent in the network."),
}


def exposition(collector: Collector) -> bytes:
    """All figures of a collector as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    return generate_latest(registry)


def serve_figures(collector: Collector, port: int, host: str = "127.0.0.1") -> Callable[[], None]:
    """Serves the figures on a port of their own, in the background; gives what ends it.

    Raises OSError where the port can't be had.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(collector)
    server, thread = start_http_server(port, host, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)

    return stop


def _issues(session: Session, now: datetime) -> Iterator[Metric]:
    counts = count_issues(session, now=now)
    by_status = GaugeMetricFamily("tidycity_issues", "Issues by status.", labels=["status"])
    for status, count in sorted(counts.by_status.items()):
        by_status.add_metric([str(status)], count)
    overdue = GaugeMetricFamily("tidycity_issues_overdue", "Open issues beyond their deadline.")
    overdue.add_metric([], counts.overdue)
    yield from (by_status, overdue)


def _workers(session: Session, now: datetime) -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "tidycity_worker_holds", "Cameras that a worker that is there holds.", labels=["worker"]
    )
    for worker, held in workers(session, now):
        family.add_metric([worker.id], held)
    yield family


def _cameras(wall: Iterable[OnTheWall]) -> Iterator[Metric]:
    entries = list(wall)
    states = GaugeMetricFamily(
        "tidycity_camera_state", "1 for the state that it is in.", labels=["camera", "state"]
    )
    count = GaugeMetricFamily("tidycity_cameras", "Cameras by state.", labels=["state"])
    for faring in Faring:
        count.add_metric([faring.value], sum(one.faring is faring for one in entries))
    for one in entries:
        states.add_metric([one.kept.camera.id, one.faring.value], 1)
    yield from (count, states)
    for name, told, read in _READ:
        family = GaugeMetricFamily(f"tidycity_camera_{name}", told, labels=["camera"])
        for one in entries:
            value = read(one)
            if value is not None:
                family.add_metric([one.kept.camera.id], value)
        yield family


def _at(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


def _figure(name: str) -> Callable[[OnTheWall], float | None]:
    def read(one: OnTheWall) -> float | None:
        value: Any = one.status.figures.get(name) if one.status else None
        return float(value) if isinstance(value, int | float) else None

    return read


_READ: tuple[tuple[str, str, Callable[[OnTheWall], float | None]], ...] = (
    ("state_since_timestamp_seconds", "Since when it is so.", lambda one: _at(one.since)),
    (
        "last_look_timestamp_seconds",
        "When it was last looked through.",
        lambda one: _at(one.status.last_look) if one.status else None,
    ),
    (
        "last_usable_timestamp_seconds",
        "When a look last could be believed.",
        lambda one: _at(one.status.last_usable) if one.status else None,
    ),
    ("looks", "Looks since its worker began.", _figure("looks")),
    ("looks_late", "Of these, late by more than an interval.", _figure("late")),
    ("looks_skipped", "Looks that fell out.", _figure("skipped")),
    ("decode_milliseconds", "Decoding a picture takes, on average.", _figure("decode_ms")),
    ("network_milliseconds", "The network takes, on average.", _figure("network_ms")),
    ("picture_age_seconds", "Age of a picture when looked at, on average.", _figure("age_s")),
)


def _pictures(keeper: Keeper) -> Iterator[Metric]:
    room = GaugeMetricFamily("tidycity_worker_disk_room", "1: there is room for last pictures.")
    room.add_metric([], float(keeper.room))
    left = CounterMetricFamily(
        "tidycity_worker_pictures_left_out", "Last pictures not kept for want of room."
    )
    left.add_metric([], keeper.left_out)
    yield from (room, left)


def _films(films: Films) -> Iterator[Metric]:
    room = GaugeMetricFamily("tidycity_worker_films_room", "1: the last film found room.")
    room.add_metric([], float(films.room))
    memory = GaugeMetricFamily("tidycity_worker_films_memory_bytes", "Last looks in memory.")
    memory.add_metric([], films.memory_bytes)
    made = CounterMetricFamily("tidycity_worker_films_made", "Films that were kept.")
    made.add_metric([], films.figures.made)
    left = CounterMetricFamily("tidycity_worker_films_left_out", "Films not kept: no room, or so.")
    left.add_metric([], films.figures.left_out)
    yield from (room, memory, made, left)
