"""Requests, services and updates in the words of GeoReport v2."""

from __future__ import annotations

from typing import Any

from api.feed.picture_links import PictureLinks
from api.i18n import Lang, default_lang
from api.services import Services
from issues.catalogue import Catalogue
from issues.labels import label
from issues.service_requests import RequestRow, RequestState, Update


def language(services: Services) -> Lang:
    """The language that services are named in."""
    return services.settings.lang or default_lang()


def services_list(catalogue: Catalogue, lang: Lang) -> list[dict[str, Any]]:
    """All categories that are in use, as services."""
    return [
        {
            "service_code": category.open311_code,
            "service_name": catalogue.label(category.code, lang),
            "description": catalogue.label(category.code, "en" if lang == "zh" else "zh"),
            "metadata": True,
            "type": "realtime",
            "keywords": ",".join(category.code.split(".")),
            "group": catalogue.label(category.group, lang),
        }
        for category in catalogue.categories.values()
        if category.enabled
    ]


def public_code(catalogue: Catalogue, category: str) -> str:
    """The service code of a category; the category itself where the catalogue lost it."""
    found = catalogue.categories.get(category)
    return found.open311_code if found else category


def service_definition(code: str, lang: Lang) -> dict[str, Any]:
    """What may be said with a report of this service."""
    severities = [
        {"key": one, "name": label("severity", one, lang)} for one in ("minor", "normal", "major")
    ]
    return {
        "service_code": code,
        "attributes": [
            {
                "variable": True,
                "code": "severity",
                "datatype": "singlevaluelist",
                "required": False,
                "datatype_description": "",
                "order": 1,
                "description": "严重程度" if lang == "zh" else "How bad it is",
                "values": severities,
            }
        ],
    }


def request_words(row: RequestRow, services: Services, links: PictureLinks) -> dict[str, Any]:
    """A request as the protocol tells it; never who reported it."""
    lang, now = language(services), services.now()
    area = ", ".join(number for number, _, _ in row.issues)
    media = None
    if row.photo_sha256 and services.store.evidence.has(row.photo_sha256):
        media = links.url(row.photo_sha256, now)
    return {
        "service_request_id": row.id,
        "status": "open" if row.open else "closed",
        "status_notes": _notes(row, lang),
        "service_name": services.catalogue.label(row.service_code, lang),
        "service_code": public_code(services.catalogue, row.service_code),
        "description": row.description,
        "agency_responsible": None,
        "service_notice": area or None,
        "requested_datetime": row.requested_at.isoformat(timespec="seconds"),
        "updated_datetime": row.changed_at.isoformat(timespec="seconds"),
        "expected_datetime": None,
        "address": row.address,
        "address_id": None,
        "zipcode": None,
        "lat": row.lat,
        "long": row.lon,
        "media_url": media,
    }


def _notes(row: RequestRow, lang: Lang) -> str | None:
    if row.state is RequestState.LINKED:
        return "; ".join(f"{n}: {label('status', status, lang)}" for n, status, _ in row.issues)
    said = label("request_state", row.state, lang)
    return f"{said}: {row.note}" if row.note else said


def update_words(update: Update) -> dict[str, Any]:
    """An update as mySociety's extension tells it."""
    return {
        "update_id": update.update_id or str(update.id),
        "service_request_id": update.request_id,
        "status": update.status,
        "updated_datetime": update.at.isoformat(timespec="seconds"),
        "description": update.description,
        "media_url": update.media_url,
    }
