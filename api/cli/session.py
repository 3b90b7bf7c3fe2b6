"""What every verb starts from: the settings, with the command line's options over them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from api.i18n import Lang, default_lang, lang_of

if TYPE_CHECKING:
    from api.settings import Settings
    from issues.store import Store


@dataclass(frozen=True, slots=True)
class Session:
    """Options before the verb. ``settings()`` and ``store()`` are made when a verb asks."""

    data_dir: Path | None
    lang: Lang

    def settings(self, **overrides: Any) -> Settings:
        """The settings; options that were not given (None) leave the environment's."""
        from api.settings import Settings

        given = {"data_dir": self.data_dir, **overrides}
        return Settings(**{name: value for name, value in given.items() if value is not None})

    def store(self, settings: Settings) -> Store:
        """The store of these settings, made or brought up to date where needed."""
        from issues.store import open_store

        return open_store(settings.database_url, settings.data_dir)


def session_of(context: typer.Context) -> Session:
    """The session that the options before the verb made."""
    found = context.find_object(Session)
    return found or Session(None, default_lang())


def make_session(data_dir: Path | None, lang: str | None) -> Session:
    """A session from the raw options; an unknown language is refused."""
    chosen = lang_of(lang) if lang else default_lang()
    if chosen is None:
        raise typer.BadParameter(f"--lang takes en or zh, got {lang!r}")
    return Session(data_dir, chosen)
