"""Answers of GeoReport v2: JSON or XML from the same values, errors as a list."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.etree import ElementTree as ET

from starlette.responses import Response

Format = Literal["json", "xml"]
Value = str | int | float | bool | None | Mapping[str, Any] | Sequence[Any]

_LISTS = {
    "services": "service",
    "service_requests": "request",
    "errors": "error",
    "attributes": "attribute",
    "values": "value",
    "service_request_updates": "request_update",
    "endpoints": "endpoint",
    "formats": "format",
}
"""Element of a list → element of its entries."""


class Open311Error(Exception):
    """A refusal, with its HTTP status."""

    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def answer(form: Format, root: str, value: Value, status: int = 200) -> Response:
    """The value as JSON, or as XML under this root. Never kept by caches."""
    headers = {"Cache-Control": "no-store"}
    if form == "json":
        body = json.dumps(value, ensure_ascii=False)
        return Response(body, status, headers, "application/json; charset=utf-8")
    element = ET.Element(root)
    _fill(element, value)
    text = ET.tostring(element, encoding="utf-8", xml_declaration=True)
    return Response(text, status, headers, "text/xml; charset=utf-8")


def refusal(form: Format, error: Open311Error) -> Response:
    """The error as the list that the protocol asks for."""
    listed = [{"code": error.status, "description": error.description}]
    return answer(form, "errors", listed, error.status)


def _fill(element: ET.Element, value: Value) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _fill(ET.SubElement(element, name), inner)
    elif isinstance(value, str) or not isinstance(value, Sequence):
        element.text = _text(value)
    else:
        for inner in value:
            _fill(ET.SubElement(element, _LISTS.get(element.tag, "item")), inner)


def _text(value: str | float | bool | None) -> str:
    """Text that XML can hold: control characters are left out.

    >>> _text(True), _text("a\\x00b")
    ('true', 'ab')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "".join(c for c in str(value) if c in "\t\n\r" or _allowed(ord(c)))


def _allowed(point: int) -> bool:
    return 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or 0x10000 <= point <= 0x10FFFF
