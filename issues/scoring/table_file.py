"""YAML tables that an office edits: read, checked, mistakes told by line."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from issues.errors import IssueError

MISTAKES_TOLD = 20


class TableError(IssueError):
    """A table of points, a checklist or a list of sample points that can't be used as it is."""

    default_code = "bad_table"


class Table(BaseModel):
    """The base of all tables: nothing unknown, nothing changed afterwards."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Made = TypeVar("Made", bound=BaseModel)


def read_table(kind: type[Made], path: Path | None, shipped: str) -> Made:
    """The table in a file; None: the one that ships. Raises TableError, which names the lines."""
    if path is None:
        text = files("issues.scoring").joinpath(shipped).read_text("utf-8")
        return checked(kind, text, shipped)
    mend = f"Mend it; the shipped one is issues/scoring/{shipped}."
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} can't be read: {error}", mend=mend) from error
    return checked(kind, text, path.name, mend)


def checked(kind: type[Made], text: str, name: str, mend: str = "Mend the lines named.") -> Made:
    """The table that a text holds. Raises TableError, which names the lines."""
    try:
        table = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise TableError(f"{name} is no YAML: {error}", mend=mend) from error
    if not isinstance(table, dict):
        raise TableError(f"{name} holds no table but {type(table).__name__}", mend=mend)
    try:
        return kind.model_validate(table)
    except ValidationError as error:
        said = [
            f"{name}, line {line_of(text, problem['loc'])}: "
            f"{'.'.join(map(str, problem['loc'])) or 'the table'}: {problem['msg']}{_got(problem)}"
            for problem in error.errors()
        ]
        more = f"\nand {len(said) - MISTAKES_TOLD} more" if len(said) > MISTAKES_TOLD else ""
        raise TableError("\n".join(said[:MISTAKES_TOLD]) + more, mend=mend) from error


def _got(problem: Any) -> str:
    """What stood there, where it is short."""
    given = problem.get("input")
    return f", got {given!r}" if isinstance(given, str | int | float) else ""


def line_of(text: str, where: Sequence[str | int]) -> int:
    """The line of the deepest part of ``where`` that a YAML text holds.

    >>> line_of("a: 1\\nb:\\n  - c: 2", ("b", 0, "c", "d"))
    3
    """
    node: yaml.Node | None = yaml.compose(text, yaml.CSafeLoader)
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if str(key.value) == str(part)]
            if not found:
                break
            key, node = found[0]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
