"""Putting the console's pages onto the app."""

from __future__ import annotations

from pathlib import Path

import nicegui
from fastapi import FastAPI
from nicegui import ui
from starlette.staticfiles import StaticFiles

from api.console import faults, key_pages, sign_in, snap, tasks
from api.console.leavers import Leavers
from api.services import Services

STATIC = Path(__file__).parent / "static"

_mounted: list[FastAPI] = []


def mount_console(app: FastAPI, services: Services) -> None:
    """Mounts the pages on the app. NiceGUI has one set of pages a process: a second call raises."""
    if _mounted:
        raise RuntimeError(
            "the console is mounted on another app of this process already; "
            "make further apps with create_app(..., console=False)"
        )
    _mounted.append(app)
    from api.console import pages  # noqa: F401  (registers the pages)

    nicegui.app.state.services = services
    faults.replace_fault_pages()
    for module in (sign_in, snap, tasks, key_pages):
        app.include_router(module.router)
    app.mount("/assets", StaticFiles(directory=STATIC), name="assets")
    ui.run_with(
        app,
        title="tidycity",
        favicon=STATIC / "favicon.svg",
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=10.0,
    )
    nicegui.app.add_middleware(Leavers)  # last: around NiceGUI's own
