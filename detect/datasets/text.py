"""JSON and XML label files, read with errors that say which file and what is wrong with it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from detect.training.errors import DatasetError

LONGEST_BYTES = 1 << 30


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises DatasetError."""
    try:
        return json.loads(_read(path).decode("utf-8-sig"))
    except ValueError as error:
        raise DatasetError(
            f"{path}: is not whole JSON ({error})", mend="Export the labels again."
        ) from error


def read_xml(path: Path) -> ET.Element:
    """The root of an XML file. Raises DatasetError; document types are refused (entity bombs)."""
    data = _read(path)
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise DatasetError(
            f"{path}: declares a document type, which label files don't need",
            mend="Remove the <!DOCTYPE …> line.",
        )
    try:
        return ET.fromstring(data)
    except ET.ParseError as error:
        raise DatasetError(
            f"{path}: is not whole XML ({error})", mend="Export the labels again."
        ) from error


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LONGEST_BYTES:
            raise DatasetError(f"{path}: is larger than {LONGEST_BYTES >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path}: can't be read ({error})") from error


def need(row: Any, key: str, where: str) -> Any:
    """A mapping's value. Raises DatasetError where it is no mapping or lacks the key."""
    if not isinstance(row, Mapping):
        raise DatasetError(f"{where}: expected an object, got {type(row).__name__}")
    if key not in row:
        raise DatasetError(f"{where}: '{key}' is missing")
    return row[key]


def listed(value: Any, where: str) -> list[Any]:
    """The value as a list. Raises DatasetError."""
    if not isinstance(value, list):
        raise DatasetError(f"{where}: expected a list, got {type(value).__name__}")
    return value
