"""``tidycity doctor``: is this installation fit to work, and if not, what mends it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.cli.exits import Exit
from api.cli.session import Session, session_of
from api.fitness import installation
from api.fitness.finding import Finding, all_tried, tried
from api.fitness.keeping import secret_files
from api.fitness.tables import own_tables
from api.i18n import Lang, t
from api.settings import Settings

LOW_DISK_BYTES = 2 * 1024**3
LISTED_AHEAD_DAYS = 31


def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help=t("One JSON line a check"))] = False,
    network: Annotated[
        bool, typer.Option("--network", help=t("Also knock at cameras and feed targets"))
    ] = False,
) -> None:
    """Runs every check; ends with code 1 when one fails."""
    import json
    from dataclasses import asdict

    failed = False
    for finding in findings(session_of(context), network=network):
        failed |= finding.state == "fail"
        if as_json:
            typer.echo(json.dumps(asdict(finding), ensure_ascii=False))
            continue
        mark = {"ok": "✓", "warn": "!", "fail": "✗"}[finding.state]
        typer.echo(f"{mark} {finding.name}: {finding.message}")
        if finding.mend and finding.state != "ok":
            typer.echo(f"    → {finding.mend}")
    if failed:
        raise typer.Exit(Exit.INTERNAL)


def findings(session: Session, *, network: bool = False) -> Iterator[Finding]:
    """All checks, in the order in which one depends on another."""
    yield _python()
    yield installation.packages()
    settings = session.settings()
    yield tried(t("data folder"), lambda: _data_folder(settings.data_dir))
    yield from installation.extras(settings)
    yield tried(t("store"), lambda: _store(session, settings))
    yield from all_tried(t("store"), lambda: _kept(session, settings, network=network))
    yield from secret_files(settings)
    yield tried(t("catalogue"), lambda: _catalogue(settings))
    yield tried(t("calendar"), lambda: _calendar(settings))
    yield from own_tables(settings)
    if settings.areas is not None:
        yield tried(t("areas"), lambda: _areas(settings, session.lang))
    yield tried(t("model files"), lambda: installation.model_files(settings))
    yield tried(t("model"), lambda: _model(settings))
    yield tried(t("faces"), lambda: installation.face_model(settings))
    yield installation.browser()
    yield _torch()


def _kept(session: Session, settings: Settings, *, network: bool) -> Iterator[Finding]:
    """What lies in a store that is there already."""
    from api.fitness import keeping, outside
    from issues.clock import SystemClock

    if settings.database_url is None and not (settings.data_dir / "tidycity.sqlite").exists():
        return
    store = session.store(settings)
    try:
        yield from keeping.store_state(store)
        yield from keeping.evidence_state(store)
        yield keeping.clock_state(store, SystemClock().now())
        if network:
            yield from outside.cameras(store)
            yield from outside.targets(store)
    finally:
        store.close()


def _python() -> Finding:
    version = sys.version.split()[0]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Finding("Python", "ok", t("{version}, {cores} cores", version=version, cores=cores))


def _data_folder(folder: Path) -> Finding:
    name = t("data folder")
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK):
        message = t("{path} cannot be written", path=there)
        return Finding(name, "fail", message, t("Choose another with --data, or mend its rights."))
    free = shutil.disk_usage(there).free
    message = t("{path}, {free} GB free", path=folder, free=f"{free / 1024**3:.1f}")
    if free < LOW_DISK_BYTES:
        return Finding(name, "warn", message, t("Evidence needs about 4 MB a photo with findings."))
    return Finding(name, "ok", message)


def _store(session: Session, settings: Settings) -> Finding:
    from issues.queries import count_photos

    name = t("store")
    path = settings.data_dir / "tidycity.sqlite"
    if settings.database_url is None and not settings.data_dir.exists():
        return Finding(name, "ok", t("none yet; the first analyze makes it"))
    store = session.store(settings)
    try:
        store.check()
        with store.reading() as reading:
            photos = count_photos(reading).total
    finally:
        store.close()
    where = "PostgreSQL" if settings.database_url else str(path)
    return Finding(name, "ok", t("{where}, {n} photos", where=where, n=photos))


def _catalogue(settings: Settings) -> Finding:
    from issues.catalogue import load_catalogue, oddities

    catalogue = load_catalogue(settings.catalogue)
    source = settings.catalogue or t("the one that ships")
    n = len(catalogue.enabled)
    if odd := oddities(catalogue):
        what = "; ".join(odd[:5])
        message = t("{n} categories from {source}; odd: {what}", n=n, source=source, what=what)
        mend = t("Look at these lines of the table; they are allowed.")
        return Finding(t("catalogue"), "warn", message, mend)
    return Finding(t("catalogue"), "ok", t("{n} categories from {source}", n=n, source=source))


def _calendar(settings: Settings) -> Finding:
    """Deadlines run weeks ahead: a year's list is missed from December of the year before."""
    from issues.catalogue import load_catalogue
    from issues.clock import SystemClock

    calendar = load_catalogue(settings.catalogue).calendar
    now = SystemClock().now()
    missing = calendar.unlisted(now, now + timedelta(days=LISTED_AHEAD_DAYS))
    if missing:
        message = t(
            "no list of holidays for {year}: deadlines count weekdays only", year=missing[0]
        )
        mend = t(
            "Add the State Council's list under calendar.years of the office's table "
            "(tidycity catalogue template)."
        )
        return Finding(t("calendar"), "warn", message, mend)
    last = max(calendar.lists, default=now.year)
    return Finding(t("calendar"), "ok", t("working hours and holidays up to {year}", year=last))


def _areas(settings: Settings, lang: Lang) -> Finding:
    from issues.areas import read_areas

    assert settings.areas is not None
    found, problems = read_areas(settings.areas)
    message = t("{n} areas in {path}", n=len(found), path=settings.areas)
    if problems:
        return Finding(t("areas"), "warn", message, "; ".join(p.text(lang) for p in problems[:5]))
    return Finding(t("areas"), "ok", message)


def _model(settings: Settings) -> Finding:
    import numpy as np

    from detect.engines import open_engine

    engine = open_engine(settings.model, engine=settings.engine)
    engine.detect([np.full((480, 640, 3), 127, np.uint8)])
    model = engine.model
    experimental = [c.name for c in model.classes if c.experimental]
    message = t("{id} version {version} runs", id=model.id, version=model.version)
    if experimental:
        message += t(" (experimental: {names})", names=", ".join(experimental))
    return Finding(t("model"), "ok", message)


def _torch() -> Finding:
    from importlib.util import find_spec

    if find_spec("torch") and find_spec("ultralytics"):
        return Finding("torch", "ok", t("installed: training and any .pt model work"))
    return Finding("torch", "ok", t("not installed; needed for training only (extra: torch)"))
