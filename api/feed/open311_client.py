"""The protocol of Open311 GeoReport v2, as a client: what to ask, and what the answers say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from api.feed.errors import DeliveryError
from api.feed.fetching import Answer, Fetcher

FORM = "application/x-www-form-urlencoded; charset=utf-8"
_DUPLICATE = ("duplicate", "already exists", "already been", "重复", "已存在")


@dataclass(frozen=True, slots=True)
class Filed:
    """What a server says of a request: its id there, or a token to ask for it with."""

    answer: Answer
    external_id: str | None = None
    token: str | None = None
    duplicate: bool = False


@dataclass(frozen=True)
class Open311Client:
    """Talks to one endpoint, such as https://example.org/open311/v2."""

    fetcher: Fetcher
    base_url: str
    api_key: str | None = None
    jurisdiction_id: str | None = None

    def file(self, fields: Mapping[str, str]) -> Filed:
        """Files a request. A 400 that says duplicate counts as filed. Raises DeliveryError."""
        answer = self._post("requests.json", fields)
        said = _entries(answer)
        first = said[0] if said else {}
        external_id = _text(first.get("service_request_id"))
        token = _text(first.get("token"))
        if answer.status == 400 and any(word in answer.text.lower() for word in _DUPLICATE):
            return Filed(answer, external_id, token, duplicate=True)
        return Filed(answer, external_id, token)

    def update(self, fields: Mapping[str, str]) -> Answer:
        """Says something of a request (mySociety's extension). Raises DeliveryError."""
        return self._post("servicerequestupdates.json", fields)

    def external_id(self, token: str) -> str | None:
        """The id that a token stands for by now; None: none yet. Raises DeliveryError."""
        said = _entries(self._get(f"tokens/{quote(token, safe='')}.json"))
        return _text(said[0].get("service_request_id")) if said else None

    def request(self, external_id: str) -> Mapping[str, Any] | None:
        """How a request stands; None: it can't be found. Raises DeliveryError."""
        said = _entries(self._get(f"requests/{quote(external_id, safe='')}.json"))
        return said[0] if said else None

    def find(self, service_code: str, since: str, words: str) -> str | None:
        """The id of a request filed since then that has these words. Raises DeliveryError."""
        answer = self._get("requests.json", {"service_code": service_code, "start_date": since})
        for entry in _entries(answer):
            if words in str(entry.get("description") or ""):
                return _text(entry.get("service_request_id"))
        return None

    def _post(self, path: str, fields: Mapping[str, str]) -> Answer:
        form = {name: value for name, value in fields.items() if value}
        if self.api_key:
            form["api_key"] = self.api_key
        if self.jurisdiction_id:
            form["jurisdiction_id"] = self.jurisdiction_id
        body = urlencode(form).encode()
        headers = {"Content-Type": FORM, "Accept": "application/json"}
        return self.fetcher.fetch("POST", f"{self.base_url}/{path}", headers=headers, body=body)

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> Answer:
        asked = dict(query or {})
        if self.jurisdiction_id:
            asked["jurisdiction_id"] = self.jurisdiction_id
        tail = f"?{urlencode(asked)}" if asked else ""
        answer = self.fetcher.fetch(
            "GET",
            f"{self.base_url}/{path}{tail}",
            headers={"Accept": "application/json"},
            most_bytes=4 * 1024 * 1024,
        )
        if not answer.ok and answer.status != 404:
            raise DeliveryError(f"{path} answered HTTP {answer.status}")
        return answer


def _entries(answer: Answer) -> list[Mapping[str, Any]]:
    """The objects of a JSON answer: a list, or one alone as some servers send it."""
    try:
        said = json.loads(answer.body)
    except ValueError:
        return []
    listed = said if isinstance(said, list) else [said]
    return [one for one in listed if isinstance(one, dict)]


def _text(value: Any) -> str | None:
    return str(value)[:200] if value not in (None, "") else None
