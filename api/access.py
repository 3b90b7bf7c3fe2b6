"""Who may do what: the roles, and the one table of which role may use which route and page.

A key has a role. ``ROUTES`` and ``PAGES`` name, for each route of the API and each page of the
console, the roles that may use it; ``admin`` may use all. What a table doesn't name is open to the
roles that hold the scope which the route asks for, never to those with a narrow task (``NARROW``).

- viewer: reads; faces stay blurred.
- inspector: sends photos, and sees what became of its own.
- reviewer: reads, sends photos, moves issues.
- unit: sees and answers the issues assigned to its own unit, and no others.
- camera: sends photos; nothing else.
- feed: reads issues for a tracker, and writes back what the tracker says.
- admin: all, unblurred originals, keys and the audit log included.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal["viewer", "inspector", "reviewer", "unit", "camera", "feed", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
Scope = Literal["read", "upload", "review", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

HELD: Mapping[str, frozenset[str]] = {
    "viewer": frozenset({"read"}),
    "inspector": frozenset({"upload"}),
    "reviewer": frozenset({"read", "review", "upload"}),
    "unit": frozenset(),
    "camera": frozenset({"upload"}),
    "feed": frozenset(),
    "admin": frozenset(SCOPES),
}
"""What a role may do in general, for code that asks by scope."""

ROLE_OF_SCOPE: Mapping[str, Role] = {
    "read": "viewer",
    "upload": "inspector",
    "review": "reviewer",
    "admin": "admin",
}
"""The role that a scope of older keys stands for."""

NARROW: frozenset[str] = frozenset({"unit", "camera", "feed"})
UNIT_MOVES = frozenset({"report_fixed", "send_back"})
"""What a unit may do with its issues; everything else is the office's."""

_SENDERS = "inspector reviewer camera"
_READERS = "viewer reviewer"
_OF_AN_ISSUE = f"{_READERS} unit feed"

ROUTES: Mapping[str, str] = {
    "POST /photos": _SENDERS,
    "GET /jobs": _SENDERS,
    "GET /jobs/{job}": f"{_SENDERS} viewer",
    "GET /jobs/{job}/events": f"{_SENDERS} viewer",
    "GET /issues": _OF_AN_ISSUE,
    "GET /issues.geojson": _OF_AN_ISSUE,
    "GET /issues/{issue}": _OF_AN_ISSUE,
    "POST /issues/{issue}/moves": "reviewer unit feed",
    "POST /issues/{issue}/verification": "reviewer unit",
    "GET /issues/{issue}/verifications": _OF_AN_ISSUE,
    "GET /verifications/{verification_id}": _OF_AN_ISSUE,
    "GET /verifications/{verification_id}/picture.jpg": _OF_AN_ISSUE,
    "GET /evidence/{sha256}.jpg": _OF_AN_ISSUE,
    "GET /catalogue": f"{_OF_AN_ISSUE} inspector camera",
    "POST /issues/moves": "reviewer",
    "GET /workload": _READERS,
    "GET /observations": _READERS,
    "GET /observations/{observation}": _READERS,
    "POST /observations/frames": "reviewer camera",
    "GET /photos": _READERS,
    "GET /photos/{photo}": _READERS,
    "GET /models": _READERS,
    "GET /reviews": _READERS,
    "GET /metrics": _READERS,
    "PUT /areas": "",
    "PUT /cameras/{camera}": "",
    "DELETE /cameras/{camera}": "",
    "POST /cameras/workers/{worker}/drain": "",
    "GET /keys": "",
    "POST /keys": "",
    "DELETE /keys/{key}": "",
    "GET /audit": "",
    "GET /requests": "reviewer",
    "GET /requests/{request}": "reviewer",
    "POST /requests/{request}/review": "reviewer",
    "GET /feed/targets": "reviewer",
    "POST /feed/targets": "",
    "PATCH /feed/targets/{target}": "",
    "DELETE /feed/targets/{target}": "",
    "POST /feed/targets/{target}/secret": "",
    "POST /feed/targets/{target}/test": "",
    "POST /feed/targets/{target}/replay": "",
    "GET /feed/deliveries": "reviewer",
    "GET /feed/deliveries/{delivery_id}": "reviewer",
    "POST /feed/deliveries/{delivery_id}/replay": "",
    "GET /whoami": " ".join(role for role in ROLES if role != "admin"),
    **dict.fromkeys(
        (
            "GET /areas",
            "GET /cameras",
            "GET /cameras/events",
            "GET /cameras/films",
            "GET /cameras/films/{sha256}.mp4",
            "GET /cameras/hours",
            "GET /cameras/workers",
            "GET /cameras/{camera}",
            "GET /cameras/{camera}/picture.jpg",
            "GET /areas.geojson",
            "GET /areas/imports",
            "GET /areas/queues",
            "GET /rounds",
            "GET /rounds.gpx",
            "GET /rounds.csv",
            "GET /coverage",
            "GET /coverage.geojson",
            "GET /recurrence/hot-spots",
            "GET /recurrence/hot-spots.geojson",
            "GET /recurrence/trend",
            "GET /recurrence/chronic",
            "GET /issues/{issue}/past",
            "GET /issues/{issue}/suggestions",
            "POST /exports",
            "GET /exports",
            "GET /exports/{export}",
            "GET /exports/{export}/file",
            "GET /pest/report",
            "GET /pest/report.xlsx",
            "GET /pest/inspections",
            "GET /rankings",
            "GET /rankings/issues",
            "GET /rankings/bulletin",
            "GET /rankings/entries",
            "GET /sample-points",
            "GET /sample-points/{code}",
            "GET /sample-points/{code}/sheet",
        ),
        _READERS,
    ),
    **dict.fromkeys(
        (
            "POST /issues/{issue}/visits",
            "POST /cameras/{camera}/view",
            "POST /issues/{issue}/merge",
            "POST /issues/{issue}/unmerge",
            "POST /issues/{issue}/split",
            "POST /issues/{issue}/unsplit",
            "POST /observations",
            "PUT /observations/{observation}/box",
            "POST /observations/{observation}/take-back",
            "POST /lists",
            "POST /pest/inspections",
            "POST /pest/inspections/{inspection}/void",
            "POST /pest/tables",
            "POST /rankings/entries",
            "DELETE /rankings/entries/{entry}",
            "PUT /sample-points",
            "POST /sample-points/{code}/assessments",
            "POST /verifications/{verification_id}/overrule",
        ),
        "reviewer",
    ),
}
"""Route of the API (without its prefix) → roles that may use it, besides admin."""

PAGES: Mapping[str, str] = {
    "/": " ".join(role for role in ROLES if role not in {"admin", "camera", "feed"}),
    "/upload": "inspector reviewer",
    "/snap": "inspector reviewer unit",
    "/tasks": "unit",
    "/keys": "",
    "/audit": "",
    "/feed": "reviewer",
    "/requests": "reviewer",
    "/requests/{request_id}": "reviewer",
    **dict.fromkeys(
        (
            "/review",
            "/map",
            "/areas",
            "/issues",
            "/issues/{number}",
            "/rankings",
            "/rankings/issues",
            "/rounds",
            "/hot-spots",
            "/exports",
            "/pest",
            "/checks",
            "/sample-points",
            "/sample-points/{code}",
        ),
        _READERS,
    ),
}
"""Page of the console → roles that may open it, besides admin."""

FIRST_PAGE: Mapping[str, str] = {"unit": "/tasks", "inspector": "/snap"}
"""Where a role starts that can't open the review queue."""


def roles_for_route(method: str, path: str, prefix: str = "/api/v1") -> frozenset[str] | None:
    """The roles that may use a route by its template; None: the table doesn't name it.

    >>> sorted(roles_for_route("POST", "/api/v1/issues/{issue}/moves"))
    ['admin', 'feed', 'reviewer', 'unit']
    >>> roles_for_route("POST", "/api/v1/nothing") is None
    True
    """
    named = ROUTES.get(f"{'GET' if method == 'HEAD' else method} {path.removeprefix(prefix)}")
    return None if named is None else frozenset({*named.split(), "admin"})


def roles_for_page(path: str) -> frozenset[str]:
    """The roles that may open a page; a page that the table doesn't name is for readers."""
    return frozenset({*PAGES.get(path, _READERS).split(), "admin"})


def roles_with(scopes: tuple[str, ...]) -> frozenset[str]:
    """The roles without a narrow task that hold one of the scopes."""
    return frozenset(
        role for role, held in HELD.items() if role not in NARROW and held & set(scopes)
    )


def first_page(roles: frozenset[str]) -> str:
    """Where someone with these roles starts in the console."""
    if roles & {"viewer", "reviewer", "admin"}:
        return "/review"
    return next((page for role, page in FIRST_PAGE.items() if role in roles), "/sign-in")
