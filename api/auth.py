"""API keys: who may do what.

A key is ``tck_`` and 256 random bits, shown once; the store keeps its SHA-256. A request brings
it as ``Authorization: Bearer tck_…`` or ``X-API-Key: tck_…``; the console signs in with one, then
brings a session cookie (``api/session.py``), which counts only for requests of our own pages.

Scopes: ``read`` sees issues and pictures (faces blurred), ``upload`` sends photos, ``review`` moves
issues and reads, ``admin`` may do all, unblurred originals and keys included.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from starlette.requests import HTTPConnection

from api.guard import same_origin
from api.problems import Problem
from api.session import COOKIE, SessionSigner, Throttle
from detect.errors import BadInput
from issues.errors import StoreError
from issues.keys import KeyRow, add_key, find_key, get_key, list_keys, revoke_key, touch_key
from issues.store import Store

log = logging.getLogger("tidycity.auth")

Scope = Literal["read", "upload", "review", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
PREFIX = "tck_"
USE_NOTED_S = 600

_IMPLIED: dict[str, frozenset[str]] = {
    "read": frozenset({"read"}),
    "upload": frozenset({"upload"}),
    "review": frozenset({"review", "read"}),
    "admin": frozenset(SCOPES),
}

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, and what they may do."""

    key_id: int
    name: str
    scopes: frozenset[str]

    def may(self, scope: Scope) -> bool:
        """Whether one of the scopes held is or implies this one."""
        return any(scope in _IMPLIED.get(held, frozenset()) for held in self.scopes)


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

    def create(self, name: str, scopes: Sequence[str]) -> tuple[str, KeyRow]:
        """A new key, which can't be shown again, and its row."""
        key = PREFIX + secrets.token_urlsafe(32)
        with self.store.transaction() as session:
            return key, add_key(session, name, sha256_of(key), scopes, self.now())

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
        if row is None or row.revoked_at is not None:
            return None
        now = self.now()
        if row.last_used_at is None or (now - row.last_used_at).total_seconds() > USE_NOTED_S:
            self._note_use(row.id, now)
        return Principal(row.id, row.name, frozenset(row.scopes))

    def _note_use(self, key_id: int, now: datetime) -> None:
        try:
            with self.store.transaction() as session:
                touch_key(session, key_id, now)
        except StoreError as error:  # a busy or read-only store still lets people read
            log.warning("the use of key %d can't be noted: %s", key_id, error)


def create_key(store: Store, name: str, scopes: Sequence[str]) -> str:
    """A new key, to be shown once. Raises BadInput for a scope that there isn't."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise BadInput(
            f"a key's scopes are {', '.join(SCOPES)}; got {', '.join(unknown) or 'none'}",
            code="unknown_scope",
            mend="Give one or more of them.",
        )
    key, _ = KeyBook(store, lambda: datetime.now(UTC)).create(name, scopes)
    return key


def ensure_admin_key(store: Store) -> str | None:
    """The first admin key, made when there is no key at all, for the CLI to print; else None."""
    with store.reading() as session:
        if list_keys(session):
            return None
    return create_key(store, "admin", ("admin",))


@dataclass(frozen=True)
class Doorkeeper:
    """Finds out who is asking, by key or by session, and slows guessers."""

    keys: KeyBook
    signer: SessionSigner
    throttle: Throttle
    open_house: bool = False

    def identify(self, request: HTTPConnection) -> Principal | None:
        """Who is asking; None: nobody said. Raises Problem for a wrong key."""
        if self.open_house:
            return EVERYONE
        if (key := _key_in(request)) is not None:
            return self.check_key(key, address_of(request))
        return self._by_cookie(request)

    def check_key(self, key: str, address: str) -> Principal:
        """Whom this key stands for. Raises Problem: wrong_key, or too_many_attempts."""
        who = self.keys.by_key(key) if key.startswith(PREFIX) and len(key) < 100 else None
        if who is not None:
            self.throttle.succeeded(address)
            return who
        if (wait_s := self.throttle.wait_s(address)) > 0:
            raise Problem(
                "too_many_attempts",
                "Too many wrong keys came from this address.",
                f"Wait {int(wait_s) + 1} seconds, then use a valid key.",
                headers={"Retry-After": str(int(wait_s) + 1)},
            )
        self.throttle.failed(address)
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


def address_of(request: HTTPConnection) -> str:
    """The address that asks, as the server sees it."""
    return request.client.host if request.client else "unknown"


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


def _who(
    request: Request,
    _bearer: Annotated[object, Security(_bearer)],
    _header: Annotated[object, Security(_header)],
    _cookie: Annotated[object, Security(_cookie)],
) -> Principal:
    who = doorkeeper_of(request).identify(request)
    if who is None:
        raise Problem(
            "not_signed_in",
            "The request brings no API key.",
            "Send `Authorization: Bearer tck_…`, or sign in to the console.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return who


def needs(*scopes: Scope) -> Callable[[Principal], Principal]:
    """A dependency that gives who asks, if any of these scopes is theirs."""

    def allowed(who: Annotated[Principal, Depends(_who)]) -> Principal:
        if not any(who.may(scope) for scope in scopes):
            raise Problem(
                "missing_scope",
                f"The key {who.name!r} has the scopes {', '.join(sorted(who.scopes))}; "
                f"this needs {' or '.join(scopes)}.",
                "Use a key with that scope, or ask an admin for one.",
            )
        return who

    return allowed


Reader = Annotated[Principal, Depends(needs("read"))]
Reviewer = Annotated[Principal, Depends(needs("review"))]
Uploader = Annotated[Principal, Depends(needs("upload"))]
JobReader = Annotated[Principal, Depends(needs("upload", "read"))]
Admin = Annotated[Principal, Depends(needs("admin"))]
