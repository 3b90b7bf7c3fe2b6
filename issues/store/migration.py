"""Brings a store's schema up to date with Alembic; a store that is so already costs one query."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from issues.errors import StoreError

HEAD = "0013"
"""The newest revision in ``migrations/versions``; a test holds it against Alembic's own view."""

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x7469_6479  # any number, the same in every process


def migrate(engine: Engine) -> None:
    """Makes or upgrades the tables in one transaction, one process at a time.

    Raises StoreError (too_new) for a store that a newer tidycity has written.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with engine.execution_options(tidycity_writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        found = revision(connection)
        if found == HEAD:
            return
        _refuse_newer(found)
        upgrade(connection)


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(connection: Connection, to: str = "head") -> None:
    """Runs the migrations on this connection, inside its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    if to == "base":
        command.downgrade(config, "base")
    else:
        command.upgrade(config, to)


def _refuse_newer(found: str | None) -> None:
    known = {path.stem.split("_")[0].lstrip("r") for path in (FOLDER / "versions").glob("r*.py")}
    if found is not None and found not in known:
        raise StoreError(
            f"the store is at schema {found}, and this tidycity knows up to {HEAD}",
            code="too_new",
            mend="Install the newer tidycity that wrote it.",
        )
