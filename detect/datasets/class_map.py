"""A class map: what a foreign set calls a thing → the model's class, or null to leave it out.

As YAML, either the plain mapping, or with the classes that are boxed wherever they are seen::

    classes: {trash: litter, car: null}
    complete: [litter]

Without ``complete`` every class that the map names counts as complete.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from detect.training.errors import DatasetError


@dataclass(frozen=True, slots=True)
class ClassMap:
    """``targets``: foreign name → class or None; ``complete``: classes boxed throughout."""

    targets: Mapping[str, str | None]
    complete: frozenset[str]


def read_class_map(path: Path, known: Mapping[str, str]) -> ClassMap:
    """The map in a YAML file. ``known``: every name that may be written → the class it means.

    Raises DatasetError for a target that is no known class.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise DatasetError(f"{path}: can't be read as YAML ({error})") from error
    if not isinstance(raw, dict) or not raw:
        raise DatasetError(f"{path}: expected 'their name: our class', one a line")
    nested = isinstance(raw.get("classes"), dict)
    classes = raw["classes"] if nested else raw
    targets = {str(k): _target(k, v, known, path) for k, v in classes.items()}
    complete = raw.get("complete") if nested else None
    named = {t for t in targets.values() if t}
    if complete is None:
        return ClassMap(targets, frozenset(named))
    chosen = frozenset(known.get(str(name), str(name)) for name in complete)
    if stray := sorted(chosen - named):
        raise DatasetError(f"{path}: 'complete' names {', '.join(stray)}, which nothing maps to")
    return ClassMap(targets, chosen)


def same_names(names: Iterable[str], known: Mapping[str, str]) -> ClassMap:
    """The map of a set that already uses our names. Raises DatasetError with a map to fill in."""
    targets = {name: known.get(name) for name in names}
    if strange := [name for name, target in targets.items() if target is None]:
        rows = "".join(f"  {name}: null\n" for name in strange)
        raise DatasetError(
            f"classes of the set that are none of ours: {', '.join(strange)}",
            mend="Give --classes with a YAML file such as:\n"
            + rows
            + f"  (ours: {', '.join(sorted(set(known.values())))})",
        )
    return ClassMap(targets, frozenset(t for t in targets.values() if t))


def require_all(class_map: ClassMap, names: Iterable[str]) -> None:
    """Raises DatasetError where the map says nothing of a class that the set has."""
    if missing := [name for name in names if name not in class_map.targets]:
        raise DatasetError(
            f"the class map misses {', '.join(missing)}",
            mend="Map each to a class of ours, or to null to leave it out.",
        )


def _target(name: object, value: object, known: Mapping[str, str], path: Path) -> str | None:
    if value is None:
        return None
    if str(value) not in known:
        raise DatasetError(
            f"{path}: '{name}' goes to '{value}', which is no class",
            mend=f"Known: {', '.join(sorted(known))}; null leaves it out.",
        )
    return known[str(value)]
