"""Issues as Open311 requests elsewhere: filed once, told of again, their status read back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.feed.answers import outcome_of, outcome_of_error
from api.feed.errors import DeliveryError
from api.feed.fetching import Fetcher
from api.feed.open311_client import Filed, Open311Client
from api.feed.picture_links import PictureLinks
from api.feed.sender import Outcome, Parcel
from issues.feed.links import Link, find_link, keep_link
from issues.feed.target import Target
from issues.store import Store

log = logging.getLogger("tidycity.feed")

NOTHING = Outcome(reference="nothing to send")
FIRST_CHECK = timedelta(minutes=10)
_NEVER_FILED = frozenset({"candidate", "rejected", "duplicate", "closed"})
_ENDED = frozenset({"issue.closed", "issue.rejected", "issue.duplicate"})


def client_of(fetcher: Fetcher, target: Target) -> Open311Client:
    """The client for a target's endpoint; its key is the target's secret."""
    key = target.secrets[0] if target.secrets else None
    return Open311Client(fetcher, target.url, key, target.options.get("jurisdiction_id"))


@dataclass(frozen=True)
class Open311Sender:
    """Files an issue once it is confirmed; sends later events as updates where asked to."""

    fetcher: Fetcher
    store: Store
    links: PictureLinks
    now: Callable[[], datetime]
    batch: int = 1

    def send(self, target: Target, parcels: Sequence[Parcel]) -> Outcome:
        """Files or updates; what the protocol has no words for is delivered by saying nothing."""
        (parcel,) = parcels
        issue: Mapping[str, Any] = parcel.data.get("issue", {})
        if parcel.issue_id is None or not issue:
            return NOTHING
        client = client_of(self.fetcher, target)
        with self.store.reading() as session:
            link = find_link(session, target.id, parcel.issue_id)
        try:
            if link is None:
                return self._file(client, target, parcel, issue)
            if target.options.get("updates"):
                return self._update(client, link, parcel, issue)
        except DeliveryError as error:
            return outcome_of_error(error)
        return NOTHING

    def _file(
        self, client: Open311Client, target: Target, parcel: Parcel, issue: Mapping[str, Any]
    ) -> Outcome:
        if issue["status"] in _NEVER_FILED or issue.get("place") is None:
            return NOTHING
        code = _service_code(target, issue)
        if code is None:
            return Outcome(
                error=f"no service code is set for {issue['category']['code']}", permanent=True
            )
        fields = self._fields(target, parcel, issue, code)
        if parcel.attempts > 1:  # an earlier try may have arrived without our hearing of it
            since = (self.now() - timedelta(days=7)).isoformat(timespec="seconds")
            known = client.find(code, since, str(issue["number"]))
            if known is not None:
                return self._keep(target, parcel, known, None, 200)
        filed = client.file(fields)
        if not filed.answer.ok and not filed.duplicate:
            return _refused(filed, self.now())
        return self._keep(target, parcel, filed.external_id, filed.token, filed.answer.status)

    def _keep(
        self,
        target: Target,
        parcel: Parcel,
        external_id: str | None,
        token: str | None,
        status: int,
    ) -> Outcome:
        assert parcel.issue_id is not None
        now = self.now()
        link = Link(target.id, parcel.issue_id, external_id, token, "open", now + FIRST_CHECK)
        with self.store.transaction() as session:
            keep_link(session, link, now)
        return Outcome(status=status, reference=external_id or token or "filed before")

    def _fields(
        self, target: Target, parcel: Parcel, issue: Mapping[str, Any], code: str
    ) -> dict[str, str]:
        lang = target.options.get("lang", "zh")
        place, area = issue["place"], issue.get("area") or {}
        words = [f"[{issue['number']}] {issue['category'][lang]}"]
        words += [str(area.get(f"name_{lang}") or ""), str(issue.get("deadline") or "")]
        fields = {
            "service_code": code,
            "lat": f"{place['lat']:.7f}",
            "long": f"{place['lon']:.7f}",
            "description": " · ".join(word for word in words if word),
            "device_id": "tidycity",
        }
        pictures = parcel.data.get("pictures") or ()
        if pictures:
            fields["media_url"] = self.links.url(pictures[0]["sha256"], self.now())
        for name, source in (target.options.get("attributes") or {}).items():
            value = issue.get(source)
            if isinstance(value, dict):
                value = value.get(lang) or value.get("code")
            fields[f"attribute[{name}]"] = "" if value is None else str(value)
        return fields

    def _update(
        self, client: Open311Client, link: Link, parcel: Parcel, issue: Mapping[str, Any]
    ) -> Outcome:
        if link.external_id is None:
            return Outcome(error="the id there is not known yet", retry_after_s=60.0)
        event = parcel.data.get("event", {})
        answer = client.update(
            {
                "service_request_id": link.external_id,
                "update_id": parcel.message_id,
                "updated_datetime": parcel.at.isoformat(timespec="seconds"),
                "status": "CLOSED" if parcel.type in _ENDED else "OPEN",
                "description": " · ".join(
                    str(word) for word in (issue.get("status_zh"), event.get("note")) if word
                ),
            }
        )
        return outcome_of(answer, self.now())


def _service_code(target: Target, issue: Mapping[str, Any]) -> str | None:
    """The code there for a category here: its own, its group's, the one for all, else the same."""
    codes = target.options.get("service_codes")
    category = str(issue["category"]["code"])
    if not codes:
        return str(issue["category"].get("open311_code") or category)
    found = codes.get(category) or codes.get(category.split(".")[0]) or codes.get("*")
    return str(found) if found else None


def _refused(filed: Filed, now: datetime) -> Outcome:
    """A request that the server refuses as it is will be refused again."""
    outcome = outcome_of(filed.answer, now)
    final = filed.answer.status in (400, 422)
    return Outcome(
        error=outcome.error,
        status=outcome.status,
        retry_after_s=outcome.retry_after_s,
        permanent=final,
        gone=outcome.gone,
        strained=outcome.strained,
    )
