"""``tidycity watch``: looks through cameras and makes issues of what stays."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from api.settings import Settings
    from api.watching.lapses import Lapses
    from api.watching.last_pictures import LastPictures
    from api.watching.worker import CameraWorker
    from issues.cameras.intake import Said
    from issues.rows import Recorded
    from issues.store import Store


def watch(
    context: typer.Context,
    cameras: Annotated[
        Path | None, typer.Argument(help=t("YAML list of cameras, put into the store first"))
    ] = None,
    model: Annotated[str | None, typer.Option(help=t("Name or folder of a model"))] = None,
    secrets: Annotated[
        Path | None, typer.Option(help=t("YAML of credentials: name → user, password"))
    ] = None,
    most: Annotated[
        int | None, typer.Option(min=1, help=t("Watch no more cameras than this [any number]"))
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=1, help=t("End after this long [until stopped]"))
    ] = None,
    metrics_port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help=t("Serve figures for Prometheus on this local port")),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=t("A JSON line for each event"))] = False,
) -> None:
    """Several of these may run at once, here or elsewhere: they share the cameras of the store."""
    from api.cli.cameras import import_list, need_pyav

    need_pyav()
    session = session_of(context)
    settings = session.settings(model=model, camera_secrets=secrets)
    from api.watching.bystanders import Bystanders
    from api.watching.last_pictures import LastPictures
    from api.watching.views import KeptViews
    from api.watching.worker import CameraWorker, new_worker
    from detect.engines import open_engine
    from issues.catalogue import load_catalogue

    store = session.store(settings)
    try:
        if cameras is not None:
            import_list(store, cameras, quiet=as_json)
        pictures = LastPictures(settings.data_dir, keep_free_mb=settings.keep_free_mb)
        films = _films(store, settings) if settings.films else None
        worker = CameraWorker(
            store,
            load_catalogue(settings.catalogue),
            open_engine(
                settings.model or _light(settings.engine),
                engine=settings.engine,
                second_look=settings.second_look,
            ),
            secrets_file=settings.camera_secrets,
            worker=new_worker(most),
            on_said=_tell_json if as_json else _tell,
            pictures=pictures,
            views=KeptViews(settings.data_dir),
            lapses=films,
            bystanders=Bystanders(),
        )
        if not as_json:
            typer.echo(t("Watching as {worker}. Ctrl-C stops.", worker=worker.me.id))
        with _figures(worker, pictures, films, metrics_port):
            _run(worker, seconds)
        if not as_json:
            _sum_up(worker)
    finally:
        store.close()


def _light(engine: str) -> str | None:
    """The default model's lightest variant, which finds as much; None: the default as it is."""
    from detect.light_model import light_model

    return light_model() if engine == "openvino" else None


def _films(store: Store, settings: Settings) -> Lapses:
    """What makes time-lapses, within what the settings allow."""
    from api.watching.lapses import Lapses, Limits
    from detect.privacy import blur_faces

    limits = Limits(
        keep_free_bytes=settings.keep_free_mb * 1_000_000,
        evidence_bytes=round(settings.evidence_max_gb * 1e9) or None,
    )
    blur = settings.blur_faces
    return Lapses(store, lambda image: blur_faces(image)[0] if blur else image, limits)


@contextmanager
def _figures(
    worker: CameraWorker, pictures: LastPictures, films: Lapses | None, port: int | None
) -> Iterator[None]:
    """Serves the worker's figures while it runs. Raises BadInput where the port is taken."""
    if port is None:
        yield
        return
    from api.metrics import WorkerFigures, serve_figures
    from detect.errors import BadInput

    try:
        stop = serve_figures(WorkerFigures(worker, pictures, films), port)
    except OSError as error:
        raise BadInput(
            t("port {port} can't be had: {why}", port=port, why=error.strerror),
            code="port_taken",
            mend=t("Name another port with --metrics-port."),
        ) from error
    try:
        yield
    finally:
        stop()


def _run(worker: CameraWorker, seconds: float | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: worker.stop())
    if seconds is None:
        worker.run()
        return
    import threading

    timer = threading.Timer(seconds, worker.stop)
    timer.start()
    worker.run()
    timer.cancel()


def _tell(said: Said, recorded: Recorded) -> None:
    words = {
        "new_issues": t("new"),
        "seen_again": t("still there"),
        "proposed_fixed": t("gone"),
        "reopened": t("back again"),
    }
    for field, word in words.items():
        for number in getattr(recorded, field):
            clock = time.strftime("%H:%M:%S", said.statement.at.astimezone().timetuple())
            typer.echo(f"{clock}  {said.camera.id}  {number}  {said.category}  {word}")


def _tell_json(said: Said, recorded: Recorded) -> None:
    line = {
        "camera": said.camera.id,
        "zone": said.zone,
        "category": said.category,
        "said": type(said.statement).__name__.lower(),
        "at": said.statement.at.isoformat(),
        "new": recorded.new_issues,
        "seen_again": recorded.seen_again,
        "proposed_fixed": recorded.proposed_fixed,
        "reopened": recorded.reopened,
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _sum_up(worker: CameraWorker) -> None:
    total = worker.total
    typer.echo(
        t(
            "{looks} looks, {late} late, {skipped} left out, {blind} pictures unreadable",
            looks=total.looks,
            late=total.late,
            skipped=total.skipped,
            blind=total.undecodable,
        )
    )
