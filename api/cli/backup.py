"""``tidycity backup`` and ``tidycity restore``."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.session import Session, session_of
from api.i18n import t

if TYPE_CHECKING:
    from issues.backup.making import Sources
    from issues.backup.manifest import Manifest

JsonOption = Annotated[bool, typer.Option("--json", help=t("One JSON line at the end"))]


def backup(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help=t("New folder, or a file that ends in .tar"))],
    check: Annotated[
        bool, typer.Option("--verify", help=t("Read every file again before it counts"))
    ] = False,
    copy: Annotated[
        bool, typer.Option("--copy", help=t("Copy evidence even where a hard link would do"))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Copies the store, as it is at one moment, and its evidence; the server may run."""
    from issues.backup.making import back_up
    from issues.clock import SystemClock

    made = back_up(
        _sources(session_of(context)), out, now=SystemClock().now(), link=not copy, verify=check
    )
    _tell(made, out, as_json=as_json)


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help=t("What `tidycity backup` made"))],
    replace: Annotated[
        bool, typer.Option("--replace", help=t("Where a store is there already: move it aside"))
    ] = False,
    check: Annotated[
        bool, typer.Option("--verify", help=t("Only read the backup and tell whether it is whole"))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Puts a backup into the data folder; the server must be stopped."""
    from issues.backup.restoring import restore as put_back
    from issues.backup.restoring import verify
    from issues.clock import SystemClock

    if check:
        _tell(verify(file), file, as_json=as_json)
        return
    session = session_of(context)
    sources = _sources(session)
    found = put_back(file, sources, now=SystemClock().now(), replace=replace)
    _tell(found, sources.data_dir, as_json=as_json)


def _sources(session: Session) -> Sources:
    from issues.backup.making import Sources

    settings = session.settings()
    return Sources(settings.data_dir, settings.database_url, version("tidycity"))


def _tell(made: Manifest, where: Path, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"where": str(where), **asdict(made)}, ensure_ascii=False))
        return
    typer.echo(
        t(
            "{where}: {files} files, {size} MB, of {made_at}",
            where=where,
            files=made.files,
            size=f"{made.size_bytes / 1e6:.1f}",
            made_at=made.made_at[:19],
        )
    )
    if made.missing:
        typer.echo(t("{n} photos that the store knows were not there to keep", n=len(made.missing)))
