"""Issues as JSON lines: one issue a line with everything that is known of it, history included.

Line by line from the store, so that any number of issues takes the same memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from issues.catalogue import Catalogue
from issues.exports.gathering import each_issue
from issues.exports.whole_file import whole_file
from issues.queries import EVERYTHING, IssueFilter, get_issue
from issues.rows import IssueDetail
from issues.store import Session

SCHEMA = "tidycity.issue/1"


def write_json_lines(
    path: Path, session: Session, catalogue: Catalogue, which: IssueFilter = EVERYTHING
) -> int:
    """Writes the issues of a filter, whole or not at all; gives how many. Raises ExportError."""
    count = 0
    with whole_file(path) as draft, draft.open("w", encoding="utf-8") as file:
        for row in each_issue(session, catalogue, which):
            file.write(json_line(get_issue(session, catalogue, row.id)))
            file.write("\n")
            count += 1
    return count


def json_line(detail: IssueDetail) -> str:
    """One issue as one line of JSON, keys in a fixed order."""
    return json.dumps(plain_issue(detail), ensure_ascii=False, allow_nan=False)


def plain_issue(detail: IssueDetail) -> dict[str, Any]:
    """One issue with its history as plain JSON values; what may be done now is left out."""
    return {
        "schema": SCHEMA,
        "issue": _plain(detail.row),
        "history": [_plain(event) for event in detail.events],
        "observations": [_plain(o) for o in detail.observations],
        "looks": [_plain(look) for look in detail.looks],
        "duplicates": list(detail.duplicates),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | frozenset | set):
        return [_plain(part) for part in value]
    return value
