"""What the database itself keeps in step with the tables, so that search and counts are quick.

SQLite: ``photo_words``, a trigram index (FTS5) of photos' names, and ``issue_counts``, how many
issues there are of a kind; triggers change both within the transaction that changes the table. It
has one writer at a time, so that a row of counts is nobody's bottleneck. PostgreSQL: a trigram
index (pg_trgm) where that extension may be made; counts are counted, since writers would wait for
each other at a shared row.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement, literal
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from issues.errors import StoreError
from issues.store.cell_looks import LOOKS
from issues.store.schema import PhotoRecord

WORDS, COUNTS = "photo_words", "issue_counts"
TRGM_INDEX = "ix_photos_source_trgm"
TRIGRAM = 3
"""The shortest text that a trigram index answers."""

_KIND = ("status", "category", "category_group", "area_id", "proposal", "placed")
_WATCHED = "status, category, category_group, area_id, proposal, lat"


def _kind(row: str) -> tuple[str, ...]:
    """What an issue counts as, from a row of a trigger."""
    plain = (f"{row}.status", f"{row}.category", f"{row}.category_group")
    return (
        *plain,
        f"coalesce({row}.area_id, 0)",
        f"coalesce({row}.proposal, '')",
        f"({row}.lat IS NOT NULL)",
    )


def _more(row: str) -> str:
    return (
        f"INSERT INTO {COUNTS} VALUES ({', '.join(_kind(row))}, 1) "  # noqa: S608 (constants)
        f"ON CONFLICT ({', '.join(_KIND)}) DO UPDATE SET n = n + 1;"
    )


def _fewer(row: str) -> str:
    same = " AND ".join(f"{name} = {value}" for name, value in zip(_KIND, _kind(row), strict=True))
    return f"UPDATE {COUNTS} SET n = n - 1 WHERE {same};"  # noqa: S608 (constants)


_FORGET = f"INSERT INTO {WORDS}({WORDS}, rowid, source) VALUES ('delete', old.id, old.source);"  # noqa: S608
_LEARN = f"INSERT INTO {WORDS}(rowid, source) VALUES (new.id, new.source);"  # noqa: S608

_TRIGGERS = {
    "photo_words_new": f"AFTER INSERT ON photos BEGIN {_LEARN} END",
    "photo_words_gone": f"AFTER DELETE ON photos BEGIN {_FORGET} END",
    "photo_words_changed": f"AFTER UPDATE OF source ON photos BEGIN {_FORGET} {_LEARN} END",
    "issue_counts_new": f"AFTER INSERT ON issues BEGIN {_more('new')} END",
    "issue_counts_gone": f"AFTER DELETE ON issues BEGIN {_fewer('old')} END",
    "issue_counts_changed": (
        f"AFTER UPDATE OF {_WATCHED} ON issues BEGIN {_fewer('old')} {_more('new')} END"
    ),
}


def make(connection: Connection) -> None:
    """Makes the indexes and fills them from what is stored. Raises StoreError (no_trigrams)."""
    if connection.dialect.name == "sqlite":
        _make_sqlite(connection)
    elif connection.dialect.name == "postgresql":
        _make_postgres(connection)


def drop(connection: Connection) -> None:
    """Takes them away; what they were made from stays."""
    if connection.dialect.name == "sqlite":
        for name in _TRIGGERS:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for table in (WORDS, COUNTS):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    else:
        connection.exec_driver_sql(f"DROP INDEX IF EXISTS {TRGM_INDEX}")


def _make_sqlite(connection: Connection) -> None:
    try:
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {WORDS} USING fts5(source, content='photos', "
            "content_rowid='id', tokenize='trigram')"
        )
    except DBAPIError as error:
        raise StoreError(
            f"this SQLite has no trigram index: {error.orig}",
            code="no_trigrams",
            mend="Use a Python whose SQLite is 3.34 or newer with FTS5, as python.org's are.",
        ) from error
    connection.exec_driver_sql(
        f"CREATE TABLE {COUNTS} (status TEXT NOT NULL, category TEXT NOT NULL, "
        "category_group TEXT NOT NULL, area_id INTEGER NOT NULL, proposal TEXT NOT NULL, "
        f"placed INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY ({', '.join(_KIND)})) "
        "WITHOUT ROWID"
    )
    rebuild(connection)
    for name, what in _TRIGGERS.items():
        connection.exec_driver_sql(f"CREATE TRIGGER {name} {what}")


def rebuild(connection: Connection) -> None:
    """Makes what SQLite keeps anew from the tables: after a bulk insert without triggers."""
    run = connection.exec_driver_sql
    run(f"INSERT INTO {WORDS}({WORDS}) VALUES ('rebuild')")  # noqa: S608
    run(f"DELETE FROM {COUNTS}")  # noqa: S608
    run(
        f"INSERT INTO {COUNTS} SELECT {', '.join(_kind('issues'))}, count(*) "  # noqa: S608
        "FROM issues GROUP BY 1, 2, 3, 4, 5, 6"
    )


def _make_postgres(connection: Connection) -> None:
    """Without the right to make the extension search works too, only slower."""
    try:
        with connection.begin_nested():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
            connection.execute(
                text(f"CREATE INDEX {TRGM_INDEX} ON photos USING gin (source gin_trgm_ops)")
            )
    except DBAPIError:
        return


def is_kept(name: str) -> bool:
    """Whether a table or index is one of these: the metadata doesn't know them."""
    return name.startswith((WORDS, COUNTS, LOOKS, TRGM_INDEX))


class _PhotoNamed(FunctionElement[Any]):
    """Whether a photo's name holds a text: its id, the text as a phrase and as a pattern.

    As a Boolean SQLAlchemy would write ``(…) = 1``, for which SQLite uses no index.
    """

    type = NullType()
    name = "photo_named"
    inherit_cache = True


@compiles(_PhotoNamed)
def _by_pattern(element: _PhotoNamed, compiler: SQLCompiler, **options: Any) -> str:
    clauses = list(element.clauses)[::2]  # a clause that is processed becomes a parameter
    key, pattern = (compiler.process(clause, **options) for clause in clauses)
    like = f"named.source ILIKE {pattern} ESCAPE '/'"
    return f"{key} IN (SELECT named.id FROM photos AS named WHERE {like})"  # noqa: S608


@compiles(_PhotoNamed, "sqlite")
def _by_phrase(element: _PhotoNamed, compiler: SQLCompiler, **options: Any) -> str:
    clauses = list(element.clauses)[:2]  # a clause that is processed becomes a parameter
    key, phrase = (compiler.process(clause, **options) for clause in clauses)
    return f"{key} IN (SELECT rowid FROM {WORDS} WHERE {WORDS} MATCH {phrase})"  # noqa: S608


class _Holds(FunctionElement[Any]):
    """Whether a text holds another, letter by letter: half the time that LIKE takes."""

    type = NullType()
    name = "holds"
    inherit_cache = True


@compiles(_Holds)
def _by_position(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)}) > 0"


@compiles(_Holds, "sqlite")
def _by_place(element: _Holds, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)}) > 0"


def holds(column: ColumnElement[str], said: str) -> ColumnElement[bool]:
    """Whether a column has a text somewhere, in just these letters."""
    return _Holds(column, literal(said))


def photo_named(key: ColumnElement[int], said: str) -> ColumnElement[bool]:
    """Whether the photo of this id has a text in its name, in small or capital letters."""
    if len(said) < TRIGRAM:
        p = PhotoRecord
        return key.in_(select(p.id).where(p.source.icontains(said, autoescape=True)))
    bare = said.replace("\0", "")
    escaped = bare.replace("/", "//").replace("%", "/%").replace("_", "/_")
    doubled = bare.replace('"', '""')
    return _PhotoNamed(key, literal(f'"{doubled}"'), literal(f"%{escaped}%"))
