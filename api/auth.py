"""API keys: who may do what.

A key is ``tck_`` and 256 random bits, shown once; the store keeps its SHA-256. A request brings
it as ``Authorization: Bearer tck_…`` or ``X-API-Key: tck_…``; the console signs in with one, then
brings a session cookie (``api/session.py``), which counts only for requests of our own pages.

A key has a role, a unit's key its unit too; ``api/access.py`` holds the table of what each role may
use, and every guarded route and page asks it here. A unit that guesses the number of another
unit's issue, picture or verification is told that there is none.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from starlette.requests import HTTPConnection

from api.access import (
    HELD,
    ROLE_OF_SCOPE,
    ROLES,
    SCOPES,
    UNIT_MOVES,
    Role,
    Scope,
    roles_for_route,
    roles_with,
)
from api.guard import address_of, same_origin
from api.problems import Problem
from api.rates import RateLimits
from api.session import COOKIE, SessionSigner, Throttle
from detect.errors import BadInput
from issues.audit import newest_event
from issues.errors import StoreError
from issues.holding import holds_issue, holds_picture, holds_verification
from issues.keys import KeyRow, add_key, find_key, get_key, list_keys, revoke_key, touch_key
from issues.store import Session, Store

log = logging.getLogger("tidycity.auth")

PREFIX = "tck_"
HINT_LENGTH = 10
USE_NOTED_S = 600

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and what they may do."""

    key_id: int
    name: str
    roles: frozenset[str]
    unit: str | None = None

    @property
    def scopes(self) -> frozenset[str]:
        """What the roles may do in general."""
        return frozenset().union(*(HELD[role] for role in self.roles))

    @property
    def role(self) -> str:
        """The roles in one word or more, for people."""
        return " ".join(sorted(self.roles))

    def may(self, scope: Scope) -> bool:
        """Whether one of the roles may do this in general."""
        return scope in self.scopes


EVERYONE = Principal(0, "local", frozenset({"admin"}))
"""Who asks where the settings switch keys off."""


def sha256_of(key: str) -> str:
    """The hash under which a key is kept; a random key needs no salt and no stretching."""
    return hashlib.sha256(key.encode()).hexdigest()


@dataclass(frozen=True)
class KeyBook:
    """Makes keys and tells whom a key, or a session, stands for."""

    store: Store
    now: Callable[[], datetime]

    def create(
        self,
        name: str,
        role: Role,
        *,
        unit: str | None = None,
        expires_at: datetime | None = None,
        scopes: Sequence[str] = (),
        note: Callable[[Session, KeyRow], None] | None = None,
    ) -> tuple[str, KeyRow]:
        """A new key, which can't be shown again, and its row. Raises BadInput.

        ``note`` writes something more in the same transaction.
        """
        unit = (unit or "").strip() or None
        if (role == "unit") != (unit is not None):
            raise BadInput(
                f"a key of the role unit has a unit, others have none; got {role}, {unit}",
                code="unit_missing" if role == "unit" else "unit_not_asked",
                mend="Name the unit as its issues do (--unit), or leave it out.",
            )
        if expires_at is not None and expires_at <= self.now():
            raise BadInput(
                f"a key can't expire in the past: {expires_at.isoformat()}",
                code="already_expired",
                mend="Give a later moment.",
            )
        key = PREFIX + secrets.token_urlsafe(32)
        with self.store.transaction() as session:
            row = add_key(
                session,
                name,
                sha256_of(key),
                scopes,
                self.now(),
                role=role,
                unit=unit,
                hint=key[:HINT_LENGTH],
                expires_at=expires_at,
            )
            if note is not None:
                note(session, row)
        return key, row

    def all(self) -> tuple[KeyRow, ...]:
        """All keys ever made, oldest first."""
        with self.store.reading() as session:
            return list_keys(session)

    def revoke(self, key_id: int) -> KeyRow:
        """Ends a key, and the sessions that it began. Raises NotFound."""
        with self.store.transaction() as session:
            return revoke_key(session, key_id, self.now())

    def by_key(self, key: str) -> Principal | None:
        """Whom a key stands for; None: nobody, or no longer."""
        with self.store.reading() as session:
            row = find_key(session, sha256_of(key))
        return self._principal(row)

    def by_id(self, key_id: int) -> Principal | None:
        """Whom the key with this id stands for; None: nobody, or no longer."""
        with self.store.reading() as session:
            row = get_key(session, key_id)
        return self._principal(row)

    def _principal(self, row: KeyRow | None) -> Principal | None:
        now = self.now()
        if row is None or not row.valid(now):
            return None
        if row.last_used_at is None or (now - row.last_used_at).total_seconds() > USE_NOTED_S:
            self._note_use(row.id, now)
        older = {ROLE_OF_SCOPE[scope] for scope in row.scopes if scope in ROLE_OF_SCOPE}
        return Principal(row.id, row.name, frozenset({row.role, *older}), row.unit)

    def _note_use(self, key_id: int, now: datetime) -> None:
        try:
            with self.store.transaction() as session:
                touch_key(session, key_id, now)
        except StoreError as error:  # a busy or read-only store still lets people read
            log.warning("the use of key %d can't be noted: %s", key_id, error)


def create_key(
    store: Store,
    name: str,
    scopes: Sequence[str],
    note: Callable[[Session, KeyRow], None] | None = None,
) -> str:
    """A new key, to be shown once. Raises BadInput for a scope that there isn't."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadInput(
            f"a key's scopes are {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}",
            code="unknown_scope",
            mend="Give one or more of them.",
        )
    held = {ROLE_OF_SCOPE[scope] for scope in scopes}
    role = next(role for role in ("admin", "reviewer", "viewer", "inspector") if role in held)
    book = KeyBook(store, lambda: datetime.now(UTC))
    return book.create(name, role, scopes=scopes, note=note)[0]


def create_role_key(store: Store, name: str, role: Role, unit: str | None = None) -> str:
    """A new key of a role, to be shown once. Raises BadInput."""
    return KeyBook(store, lambda: datetime.now(UTC)).create(name, role, unit=unit)[0]


def ensure_admin_key(
    store: Store, note: Callable[[Session, KeyRow], None] | None = None
) -> str | None:
    """The first admin key, made when there is no key at all, for the CLI to print; else None."""
    with store.reading() as session:
        if list_keys(session):
            return None
    return create_key(store, "admin", ("admin",), note)


@dataclass(frozen=True)
class Doorkeeper:
    """Finds out who is asking, by key or by session, and slows guessers."""

    keys: KeyBook
    signer: SessionSigner
    throttle: Throttle
    open_house: bool = False
    rates: RateLimits | None = None

    def identify(self, request: HTTPConnection) -> Principal | None:
        """Who is asking; None: nobody said. Raises Problem for a wrong key."""
        if self.open_house:
            return EVERYONE
        if (key := _key_in(request)) is not None:
            return self.check_key(key, address_of(request))
        return self._by_cookie(request)

    def slow_down(self, who: Principal) -> None:
        """Counts a request of this key. Raises Problem where it asks too fast."""
        wait_s = self.rates.wait_s(who.key_id, who.roles) if self.rates and who.key_id else 0.0
        if wait_s > 0:
            raise Problem(
                "too_many_requests",
                f"The key {who.name!r} asks faster than its role {who.role} may.",
                f"Wait {int(wait_s) + 1} seconds; ask less often, or for longer pages.",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )

    def check_key(self, key: str, address: str) -> Principal:
        """Whom this key stands for. Raises Problem: wrong_key, or too_many_attempts."""
        who = self.keys.by_key(key) if key.startswith(PREFIX) and len(key) < 100 else None
        if who is not None:
            self.throttle.succeeded(address)
            return who
        guessed = f"key {key[:HINT_LENGTH]}"
        wait_s = max(self.throttle.wait_s(address), self.throttle.wait_s(guessed))
        if wait_s > 0:
            raise Problem(
                "too_many_attempts",
                "Too many wrong keys came from this address, or began like this one.",
                f"Wait {int(wait_s) + 1} seconds, then use a valid key.",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )
        self.throttle.failed(address)
        if len(key) > HINT_LENGTH and key.startswith(PREFIX):
            self.throttle.failed(guessed)
        raise Problem(
            "wrong_key",
            "The key is unknown, revoked or expired.",
            "Use a key from `tidycity keys add`; keys start with tck_.",
            headers={"WWW-Authenticate": "Bearer"},
        )

    def _by_cookie(self, request: HTTPConnection) -> Principal | None:
        value = request.cookies.get(COOKIE)
        key_id = self.signer.read(value, now_s=time.time()) if value else None
        who = self.keys.by_id(key_id) if key_id else None
        method = request.scope.get("method", "GET")
        if who and method not in SAFE_METHODS and not same_origin(request.headers):
            raise Problem(
                "foreign_origin",
                f"A {method} with a session cookie came from {request.headers.get('origin')}.",
                "Send changes from the console's own pages, or use an API key.",
            )
        return who


def _key_in(request: HTTPConnection) -> str | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    return request.headers.get("x-api-key")


_bearer = HTTPBearer(
    auto_error=False, scheme_name="bearer", description="An API key as a bearer token."
)
_header = APIKeyHeader(
    name="X-API-Key", auto_error=False, scheme_name="key", description="An API key in a header."
)
_cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="session", description="A console session."
)


def doorkeeper_of(request: HTTPConnection) -> Doorkeeper:
    """The doorkeeper of the app that answers this request."""
    keeper: Doorkeeper = request.app.state.services.door
    return keeper


def _who(request: Request) -> Principal:
    who = doorkeeper_of(request).identify(request)
    if who is None:
        raise Problem(
            "not_signed_in",
            "The request brings no API key.",
            "Send `Authorization: Bearer tck_…`, or sign in to the console.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    doorkeeper_of(request).slow_down(who)
    return who


def needs(*scopes: Scope) -> Callable[..., Principal]:
    """A dependency that gives who asks, if the table of routes lets one of their roles in.

    ``scopes`` count for a route that the table doesn't name.
    """

    def allowed(
        request: Request,
        _bearer: Annotated[object, Security(_bearer)],
        _header: Annotated[object, Security(_header)],
        _cookie: Annotated[object, Security(_cookie)],
    ) -> Principal:
        who = _who(request)
        path = request.scope["route"].path
        roles = roles_for_route(request.method, path) or roles_with(scopes)
        if not who.roles & roles:
            raise Problem(
                "missing_scope",
                f"The key {who.name!r} is for the role {who.role}; "
                f"this is for {', '.join(role for role in ROLES if role in roles)}.",
                "Use a key of such a role, or ask an admin for one.",
            )
        if who.unit is not None:
            _check_unit(request, who.unit)
        _begin_deed(request, who, path)
        return who

    return allowed


def _begin_deed(request: Request, who: Principal, route: str) -> None:
    """Tells the audit log (``api/trail.py``) who is at work on what."""
    deed = request.scope.get("tidycity.deed")
    if deed is None:
        return
    with doorkeeper_of(request).keys.store.reading() as session:
        events = newest_event(session)
    params = dict(request.path_params)
    deed.update(who=who, route=route.removeprefix("/api/v1"), params=params, events=events)


def _check_unit(request: Request, unit: str) -> None:
    """Raises Problem (not_found) where the address names what isn't the unit's."""
    given = request.path_params
    with doorkeeper_of(request).keys.store.reading() as session:
        held = (
            ("issue" not in given or holds_issue(session, unit, given["issue"]))
            and ("sha256" not in given or holds_picture(session, unit, given["sha256"]))
            and (
                "verification_id" not in given
                or (
                    given["verification_id"].isdecimal()
                    and holds_verification(session, unit, int(given["verification_id"]))
                )
            )
        )
    named = request.query_params.get("issue")
    if held and named is not None:
        with doorkeeper_of(request).keys.store.reading() as session:
            held = holds_issue(session, unit, named)
    if not held:
        raise Problem("not_found", "There is nothing here for your unit.", "See your own issues.")


def check_move(session: Session, who: Principal, action: str, photo: str | None) -> None:
    """Raises Problem where a unit tries a move of the office's, or names a photo not its own."""
    if who.unit is None:
        return
    if photo is not None and not holds_picture(session, who.unit, photo):
        raise Problem(
            "not_found",
            "There is no such photo for your unit.",
            "Name it by its sha256, after it was sent to `verification` of the issue.",
        )
    if action not in UNIT_MOVES:
        raise Problem(
            "missing_scope",
            f"A unit may {' or '.join(sorted(UNIT_MOVES))} its issues, not {action} them.",
            "Ask the office that assigned the issue.",
        )


Reader = Annotated[Principal, Depends(needs("read"))]
Reviewer = Annotated[Principal, Depends(needs("review"))]
Uploader = Annotated[Principal, Depends(needs("upload"))]
JobReader = Annotated[Principal, Depends(needs("upload", "read"))]
Anyone = Annotated[Principal, Depends(needs("read", "upload"))]
Admin = Annotated[Principal, Depends(needs("admin"))]
