"""``tidycity serve``: the HTTP API and the review console."""

from __future__ import annotations

import gc
import signal
from pathlib import Path
from typing import Annotated

import typer

from api.cli.session import session_of
from api.i18n import t


def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help=t("Address to listen on [127.0.0.1]"))] = None,
    port: Annotated[int | None, typer.Option(help=t("Port to listen on [8321]"))] = None,
    areas: Annotated[
        Path | None, typer.Option(help=t("GeoJSON of responsibility areas to import first"))
    ] = None,
    model: Annotated[str | None, typer.Option(help=t("Name or folder of a model"))] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help=t("Ask for no key; only on 127.0.0.1"))
    ] = False,
) -> None:
    """Runs until it is stopped; the first start makes an admin key and prints it once."""
    session = session_of(context)
    settings = session.settings(
        host=host, port=port, areas=areas, model=model, auth=False if no_auth else None
    )
    import uvicorn

    from api.app import create_app
    from api.auth import ensure_admin_key
    from api.cli.keys import noted_new
    from api.logs import configure
    from detect.errors import BadInput

    if not settings.auth and settings.host not in {"127.0.0.1", "localhost", "::1"}:
        raise BadInput(
            t("--no-auth would open the console to {host}", host=settings.host),
            code="unsafe_setting",
            mend=t("Listen on 127.0.0.1, or leave out --no-auth."),
        )
    store = session.store(settings)
    try:
        if settings.areas is not None:
            from api.cli.areas import import_file
            from issues.catalogue import load_catalogue

            import_file(store, settings.areas, load_catalogue(settings.catalogue))
        key = ensure_admin_key(store, noted_new) if settings.auth else None
        if key is not None:
            typer.echo(t("Admin key, shown this once; keep it well:") + f"\n\n  {key}\n")
        typer.echo(
            t(
                "Console: http://{host}:{port}/   API: http://{host}:{port}/docs   Ctrl-C stops.",
                host=settings.host,
                port=settings.port,
            )
        )
        app = create_app(settings, store)
        configure(settings.log_format, settings.log_level)
        _settle()
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn stops by it and raises it again
        uvicorn.run(
            app,
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=settings.stop_s,
        )
    finally:
        store.close()


def _settle() -> None:
    """Has the garbage collector pass over what is there before the first request: it stays."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
