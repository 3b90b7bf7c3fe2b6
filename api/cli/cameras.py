"""``tidycity cameras``: the list of cameras, how they fare, trying one out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.session import session_of
from api.i18n import t

if TYPE_CHECKING:
    from issues.store import Store

app = typer.Typer(no_args_is_help=True)
ACTOR = "cli"


@app.command("import", help=t("Put a YAML list of cameras into the store."))
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=t("YAML list of cameras"))],
) -> None:
    """Adds and changes; cameras that the list doesn't name stay."""
    session = session_of(context)
    store = session.store(session.settings())
    try:
        import_list(store, file)
    finally:
        store.close()


@app.command("list", help=t("Cameras with their state and who watches them."))
def list_(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=t("A JSON line a camera"))] = False,
) -> None:
    """One line a camera."""
    from issues.cameras.registry import list_cameras
    from issues.cameras.wall import states

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.reading() as reading:
            kept, told = list_cameras(reading), states(reading)
    finally:
        store.close()
    for one in kept:
        state = told.get(one.camera.id)
        row: dict[str, Any] = {
            "id": one.camera.id,
            "name": one.camera.name.model_dump(),
            "address": str(one.camera.address()),
            "enabled": one.camera.enabled,
            "state": state.state if state else None,
            "since": state.since.isoformat() if state else None,
            "message": state.message if state else None,
            "worker": state.worker if state else None,
        }
        if as_json:
            typer.echo(json.dumps(row, ensure_ascii=False))
        else:
            name = row["name"][session.lang] or one.camera.id
            word = row["state"] or t("never watched")
            typer.echo(f"{row['id']}\t{name}\t{word}\t{row['message'] or row['address']}")


@app.command("remove", help=t("Forget a camera; its issues and photos stay."))
def remove(
    context: typer.Context,
    camera: Annotated[str, typer.Argument(help=t("Id of the camera"))],
) -> None:
    """Forgets one camera."""
    from issues.cameras.registry import remove_camera

    session = session_of(context)
    store = session.store(session.settings())
    try:
        with store.transaction() as writing:
            remove_camera(writing, camera)
    finally:
        store.close()


@app.command("try", help=t("Connect to a camera, look once, say how it fares."))
def try_(
    context: typer.Context,
    camera: Annotated[str, typer.Argument(help=t("Id of a camera in the store, or an address"))],
    picture: Annotated[Path | None, typer.Option(help=t("Write what it shows here (JPEG)"))] = None,
    secrets: Annotated[
        Path | None, typer.Option(help=t("YAML of credentials: name → user, password"))
    ] = None,
    wait: Annotated[float, typer.Option(min=1, help=t("Seconds to wait for a picture"))] = 20.0,
) -> None:
    """Ends with 1 if no picture came."""
    need_pyav()
    from api.watching.trial import look_once

    session = session_of(context)
    settings = session.settings(camera_secrets=secrets)
    store = session.store(settings)
    try:
        trial = look_once(store, camera, settings.camera_secrets, wait_s=wait)
    finally:
        store.close()
    typer.echo(trial.message)
    if trial.jpeg is not None and picture is not None:
        from issues.exports.whole_file import whole_file

        with whole_file(picture) as temporary:
            temporary.write_bytes(trial.jpeg)
    if trial.jpeg is None:
        raise typer.Exit(1)


def import_list(store: Store, file: Path, *, quiet: bool = False) -> None:
    """Puts a list into the store, all of it or nothing; says what changed."""
    from issues.cameras.camera import read_cameras
    from issues.cameras.registry import import_cameras

    cameras = read_cameras(file)
    with store.transaction() as session:
        done = import_cameras(session, cameras, actor=ACTOR, now=datetime.now(UTC))
    if not quiet:
        typer.echo(
            t(
                "{added} cameras added, {changed} changed, {same} as they were",
                added=len(done.added),
                changed=len(done.changed),
                same=len(done.same),
            )
        )


def need_pyav() -> None:
    """Raises BadInput with what to install where PyAV is missing."""
    from importlib.util import find_spec

    from detect.errors import BadInput

    if find_spec("av") is None:
        raise BadInput(
            t("watching cameras needs the package av, which is not installed"),
            code="no_pyav",
            mend="pip install 'tidycity[camera]'",
        )
