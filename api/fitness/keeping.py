"""What is kept: the store, evidence, files that hold secrets, and the clock that dates them."""

from __future__ import annotations

import hashlib
import random
import stat
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from api.fitness.finding import Finding
from api.i18n import t
from api.settings import Settings
from issues.store import Store
from issues.store.migration import HEAD, revision
from issues.store.soundness import known_evidence, lacking, last_written, postgres_bytes

LARGE_WAL_BYTES = 256_000_000
SAMPLE = 50
CLOCK_SLACK = timedelta(minutes=10)
BUILT = 2026
"""No clock that is right shows an earlier year."""


def store_state(store: Store) -> Iterator[Finding]:
    """Revision and size; SQLite: is the file sound, and is its log cleared away?"""
    with store.engine.connect() as connection:
        found = revision(connection)
        size = postgres_bytes(connection)
        yield _tables(lacking(connection))
        if size is not None:
            yield Finding(t("schema"), "ok", t("{rev}, {mb} MB", rev=found, mb=_mb(size)))
            return
        path = Path(store.where)
        message = t("{rev}, {mb} MB", rev=found, mb=_mb(path.stat().st_size))
        state = "ok" if found == HEAD else "fail"
        mend = t("Start the server once: it brings an older store up to date.")
        yield Finding(t("schema"), "ok" if state == "ok" else "fail", message, mend)
        (said,) = connection.exec_driver_sql("PRAGMA quick_check(3)").one()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
    yield _sound(str(said), broken is not None)
    yield _journal(path, str(mode))


def _tables(missing: Mapping[str, Sequence[str]]) -> Finding:
    name = t("tables")
    if not missing:
        return Finding(name, "ok", t("all there, with all their columns"))
    told = "; ".join(f"{part}: {', '.join(names)}" for part, names in missing.items())
    mend = t("Restore a backup: no upgrade brings back what was taken out of an up-to-date store.")
    return Finding(name, "fail", t("missing: {names}", names=told), mend)


def _sound(said: str, broken: bool) -> Finding:
    name, mend = t("integrity"), t("Restore a backup; SQLite's command .recover may save the rest.")
    if said != "ok" or broken:
        return Finding(name, "fail", said if said != "ok" else t("rows that lead nowhere"), mend)
    return Finding(name, "ok", t("the store is sound"))


def _journal(path: Path, mode: str) -> Finding:
    wal = path.with_name(path.name + "-wal")
    size = wal.stat().st_size if wal.exists() else 0
    if mode != "wal":
        mend = t("Keep the store on a local disk: SQLite can't share one over a network.")
        return Finding("WAL", "warn", t("journal mode is {mode}", mode=mode), mend)
    if size > LARGE_WAL_BYTES:
        mend = t("A reader has been open for long: restart the server and the workers.")
        return Finding("WAL", "warn", t("{mb} MB", mb=_mb(size)), mend)
    return Finding("WAL", "ok", t("{mb} MB", mb=_mb(size)))


def evidence_state(store: Store, dice: random.Random | None = None) -> Iterator[Finding]:
    """Are the photos there that the store knows, are some of them what they were, is there more?"""
    known = known_evidence(store)
    files = {path.stem: path for path in store.evidence.root.glob("??/??/[!.]*")}
    missing = known - files.keys()
    chosen = sorted(known & files.keys())
    chosen = (dice or random.Random()).sample(chosen, min(SAMPLE, len(chosen)))
    changed = [one for one in chosen if _sha256(files[one]) != one]
    name = t("evidence")
    if missing or changed:
        message = t("{n} photos missing, {m} changed", n=len(missing), m=len(changed))
        message += (
            " (" + ", ".join(f"{one[:12]}…" for one in [*sorted(missing), *changed][:3]) + ")"
        )
        mend = t("Restore the evidence folder from a backup, or analyse the photos again.")
        yield Finding(name, "fail", message, mend)
    else:
        message = t("{n} photos, {m} of them compared", n=len(known), m=len(chosen))
        yield Finding(name, "ok", message)
    if orphans := files.keys() - known:
        size = sum(files[one].stat().st_size for one in orphans)
        message = t("{n} files ({mb} MB) that the store doesn't know", n=len(orphans), mb=_mb(size))
        mend = t("A run that was stopped may leave some; analysing its photos again takes them up.")
        yield Finding(t("orphans"), "warn", message, mend)


def clock_state(store: Store, now: datetime) -> Finding:
    """A clock that stands before what was recorded would date deadlines wrongly."""
    last = last_written(store)
    mend = t("Set the clock (timedatectl set-ntp true); deadlines are reckoned by it.")
    told = now.isoformat(timespec="seconds")
    if now.year < BUILT:
        return Finding(t("clock"), "fail", t("{now} is before this program", now=told), mend)
    if last is not None and last > now + CLOCK_SLACK:
        then = last.isoformat(timespec="seconds")
        message = t("{now}, and the store was last written at {then}", now=told, then=then)
        return Finding(t("clock"), "fail", message, mend)
    return Finding(t("clock"), "ok", told)


def secret_files(settings: Settings) -> Iterator[Finding]:
    """Files with secrets that others on this machine may read."""
    for path in (settings.data_dir / "session.secret", settings.camera_secrets):
        if path is None or not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            message = t("{path} may be read by others ({mode})", path=path, mode=f"{mode:04o}")
            yield Finding(t("secrets"), "warn", message, f"chmod 600 {path}")
        else:
            yield Finding(t("secrets"), "ok", str(path))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f}"
