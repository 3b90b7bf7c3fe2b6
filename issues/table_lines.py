"""Tells mistakes in a YAML table: the line, the field, what is wrong, and what was likely meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

Path = Sequence[str | int]


def wrong_at(
    path: Sequence[str], said: str, got: str = "", known: Iterable[str] = ()
) -> PydanticCustomError:
    """The error of a validator that looks at the whole table, for the field at ``path``."""
    context = {"at": tuple(path), "hint": meant(got, known)}
    return PydanticCustomError("table", "{said}", {"said": said, **context})


def meant(got: str, known: Iterable[str]) -> str:
    """The known word that was likely meant, as a hint; empty where none is near.

    >>> meant("liter.pile", ["litter.pile", "bin.overflow"])
    'did you mean "litter.pile"?'
    """
    near = get_close_matches(got, list(known), n=1, cutoff=0.6) if got else []
    return f'did you mean "{near[0]}"?' if near else ""


def parsed(text: str, name: str) -> dict[str, Any]:
    """The table in a YAML text. Raises ValueError for what is none, and for keys that are twice."""
    try:
        table = yaml.load(text, yaml.CSafeLoader)
        twice = list(_twice(yaml.compose(text, yaml.CSafeLoader)))
    except yaml.YAMLError as error:
        raise ValueError(f"{name} is no YAML: {error}") from error
    if not isinstance(table, dict):
        raise ValueError(f"{name} holds no table but {type(table).__name__}")
    if twice:
        said = (
            f"{name}, line {line}: {key} is there before, in line {at}" for key, at, line in twice
        )
        raise ValueError("\n".join(said))
    return table


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Keys that stand twice in one table, where YAML would quietly keep the last: key, lines."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in lines and key.tag != "tag:yaml.org,2002:merge":
                yield key.value, lines[key.value], line
            lines.setdefault(str(key.value), line)
            yield from _twice(value)
    elif isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _twice(entry)


def told(
    error: ValidationError, text: str, name: str, table: Mapping[str, Any], model: type[BaseModel]
) -> list[str]:
    """Each mistake as a line: where, which field, what is wrong, what was likely meant."""
    root = yaml.compose(text, yaml.CSafeLoader)
    found = []
    for problem in error.errors():
        context = problem.get("ctx") or {}
        path: Path = context.get("at") or problem["loc"]
        hint = context.get("hint") or _hint(problem, table, model)
        found.append(
            f"{name}, line {_line(root, path)}: {'.'.join(map(str, path)) or 'the table'}: "
            f"{problem['msg']}{f' ({hint})' if hint else ''}"
        )
    return found


def _line(root: yaml.Node | None, path: Path) -> int:
    """The line of the deepest part of ``path`` that the file holds."""
    node, line = root, 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if str(part) not in pairs:
                break
            key, node = pairs[str(part)]
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                break
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _hint(problem: Any, table: Mapping[str, Any], model: type[BaseModel]) -> str:
    """What was likely meant, from the kind of the mistake and from what stands beside it."""
    path = problem["loc"]
    last = str(path[-1]) if path else ""
    if problem["type"] == "missing" and len(path) == 1:
        return 'a file that holds only what differs begins with "extends: shipped"'
    if problem["type"] == "missing" and len(path) == 3 and path[0] == "categories":
        others = [code for code in table.get("categories", {}) if code != path[1]]
        return meant(str(path[1]), others)
    if problem["type"] == "extra_forbidden":
        return meant(last, _fields(model, path[:-1]))
    if last == "event_code" and isinstance(problem["input"], int):
        return 'put it in quotes: "0102"'
    if problem["type"] == "literal_error":
        expected = str((problem.get("ctx") or {}).get("expected", ""))
        return meant(
            str(problem["input"]), expected.replace("'", "").replace(" or ", ", ").split(", ")
        )
    return ""


def _fields(model: Any, path: Path) -> list[str]:
    """The names of the fields of the table at ``path``."""
    kind: Any = model
    for part in path:
        inner = [arg for arg in get_args(kind) if arg is not type(None) and arg is not Ellipsis]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            kind = field.annotation if field else None
        elif inner:
            kind = inner[-1] if get_origin(kind) in (dict, tuple) else kind
        args = [arg for arg in get_args(kind) if arg is not type(None)]
        if get_origin(kind) in (Union, UnionType) and len(args) == 1:
            kind = args[0]
    known = isinstance(kind, type) and issubclass(kind, BaseModel)
    return list(kind.model_fields) if known else []
