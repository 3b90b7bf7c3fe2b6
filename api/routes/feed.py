"""The tracker feed: targets, their secrets, deliveries and replays. Changes are for admins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Admin, Reviewer
from api.feed.addresses import AddressGuard, parse_networks
from api.feed.errors import AddressRefused, DeliveryError
from api.feed.ping import ping
from api.problems import Problem, responses
from api.routes import API
from api.routes.shapes import Listing, Shape
from api.services import Services, Use
from issues.feed.deliveries import (
    STATES,
    DeliveryRow,
    get_delivery,
    list_deliveries,
    replay,
    replay_dead,
)
from issues.feed.public_type import PublicType
from issues.feed.target import Target, TargetFilter, TargetKind, filter_of
from issues.feed.targets import (
    add_target,
    change_target,
    get_target,
    list_targets,
    remove_target,
    rotate_secret,
)
from issues.issue import Severity
from issues.store.feed_table import counts_by_state

router = APIRouter(prefix=f"{API}/feed", tags=["feed"])
_REFUSALS = ("not_signed_in", "wrong_key", "missing_scope")
_CHANGE = (*_REFUSALS, "foreign_origin", "invalid", "not_found")

TargetId = Annotated[int, Path(description="The target's id.")]
DeliveryId = Annotated[int, Path(description="The delivery's id.")]
State = Literal["waiting", "failed", "delivered", "dead"]


class FilterShape(Shape):
    """Which messages a target wants: all that is given must hold, within a list any one may."""

    model_config = ConfigDict(from_attributes=True, extra="forbid")

    types: list[PublicType] = Field(default=[], description="Empty: all types.")
    categories: list[str] = Field(default=[], examples=[["litter", "pest.rodent"]])
    areas: list[str] = Field(default=[], description="Ids of areas.")
    units: list[str] = Field(default=[], description="Names of units, in either language.")
    min_severity: Severity | None = None


class FeedTarget(Shape):
    """A receiver, without its secret."""

    id: int
    name: str
    kind: TargetKind
    url: str
    filter: FilterShape
    options: dict[str, Any]
    enabled: bool
    paused_reason: str | None = Field(description="Why it is switched off.")
    failures: int = Field(description="Failures in a row.")
    held_until: datetime | None = Field(description="It is left alone until then.")
    last_success_at: datetime | None
    deliveries: dict[str, int] = Field(default={}, description="How many, by state.")
    version: int
    created_at: datetime
    updated_at: datetime


class NewTarget(FeedTarget):
    """A receiver with its signing secret, which is shown this once."""

    secret: str | None = Field(examples=["whsec_…"])


class Secret(Shape):
    """A new signing secret, shown this once."""

    secret: str = Field(examples=["whsec_…"])


class TargetWish(BaseModel):
    """The target to add."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "city platform",
                    "kind": "webhook",
                    "url": "https://tracker.example/hooks/tidycity",
                    "filter": {"types": ["issue.confirmed", "issue.closed"]},
                }
            ]
        },
    )

    name: str = Field(min_length=1, max_length=100)
    kind: TargetKind
    url: str = Field(default="", max_length=2000)
    filter: FilterShape = FilterShape()
    options: dict[str, Any] = Field(default={}, description="By kind: see docs/feed.md.")
    secret: str | None = Field(
        default=None, max_length=500, description="Own signing secret, or the Open311 api_key."
    )


class TargetChange(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: str | None = Field(default=None, max_length=2000)
    filter: FilterShape | None = None
    options: dict[str, Any] | None = None
    enabled: bool | None = None
    version: int | None = Field(default=None, description="Refused if it is another by now.")


class Delivery(Shape):
    """One message to one target, and how far it is."""

    id: int
    target_id: int
    target: str
    message_id: str = Field(examples=["msg_01JD4N7X5C3F"])
    type: PublicType
    issue_number: str | None
    at: datetime = Field(description="When it happened.")
    state: State
    attempts: int
    next_try_at: datetime | None
    in_hand: bool = Field(description="It is being sent now.")
    last_error: str | None
    response_status: int | None
    reference: str | None = Field(description="What it is called at the target.")
    tried_at: datetime | None
    delivered_at: datetime | None


class DeliveryWhole(Delivery):
    """A delivery with what it tells."""

    data: dict[str, Any]


class Replayed(Shape):
    """How many deliveries are tried anew."""

    replayed: int


def target_shape(target: Target, counts: dict[int, dict[str, int]]) -> FeedTarget:
    """A target as JSON, without its secrets."""
    own = {name: getattr(target, name) for name in FeedTarget.model_fields if name != "deliveries"}
    own["filter"] = FilterShape(**target.filter.plain())
    return FeedTarget(**own, deliveries=counts.get(target.id, {}))


def check_address(services: Services, kind: TargetKind, url: str) -> None:
    """Refuses an address that the feed may never reach. Raises Problem."""
    parts = urlsplit(url)
    if kind not in (TargetKind.WEBHOOK, TargetKind.OPEN311) or not parts.hostname:
        return
    guard = AddressGuard(parse_networks(services.settings.feed_allow))
    try:
        guard.pick(parts.hostname, parts.port or 443)
    except AddressRefused as error:
        raise Problem("invalid", error.message, error.mend, cause=error.code) from error
    except (DeliveryError, ValueError):
        return  # a name that isn't known yet may be known later


def _filter(shape: FilterShape) -> TargetFilter:
    return filter_of(shape.model_dump(mode="json"))


@router.get(
    "/targets",
    response_model=list[FeedTarget],
    summary="List targets",
    responses=responses(*_REFUSALS),
)
def get_targets(services: Use, _who: Reviewer) -> list[FeedTarget]:
    """All targets with how their deliveries stand; never their secrets."""
    with services.store.reading() as session:
        counts = counts_by_state(session)
        return [target_shape(one, counts) for one in list_targets(session)]


@router.post(
    "/targets",
    response_model=NewTarget,
    status_code=201,
    summary="Add a target",
    responses=responses(*_REFUSALS, "foreign_origin", "invalid"),
)
def post_target(wish: TargetWish, services: Use, _who: Admin) -> NewTarget:
    """Adds a target; it is told what happens from now on. Its secret is in this answer only."""
    check_address(services, wish.kind, wish.url)
    with services.store.transaction() as session:
        target, secret = add_target(
            session,
            wish.name,
            wish.kind,
            wish.url,
            services.now(),
            wanted=_filter(wish.filter),
            options=wish.options,
            secret=wish.secret,
        )
    shown = secret if wish.kind is TargetKind.WEBHOOK else None
    return NewTarget(**target_shape(target, {}).model_dump(), secret=shown)


@router.patch(
    "/targets/{target}",
    response_model=FeedTarget,
    summary="Change, pause or resume a target",
    responses=responses(*_CHANGE, "version_conflict"),
)
def patch_target(target: TargetId, change: TargetChange, services: Use, who: Admin) -> FeedTarget:
    """Changes what is given. `enabled: true` also forgets failures, so that it is tried at once."""
    with services.store.transaction() as session:
        if change.url is not None:
            check_address(services, get_target(session, target).kind, change.url)
        changed = change_target(
            session,
            target,
            services.now(),
            expected_version=change.version,
            url=change.url,
            wanted=_filter(change.filter) if change.filter else None,
            options=change.options,
            enabled=change.enabled,
            reason=f"paused by {who.name}",
        )
        counts = counts_by_state(session)
    services.feed.dispatcher.wake()
    return target_shape(changed, counts)


@router.delete(
    "/targets/{target}",
    status_code=204,
    response_class=Response,
    summary="Remove a target",
    responses=responses(*_CHANGE),
)
def delete_target(target: TargetId, services: Use, _who: Admin) -> Response:
    """Removes a target with its deliveries; pausing keeps them."""
    with services.store.transaction() as session:
        remove_target(session, target)
    return Response(status_code=204)


@router.post(
    "/targets/{target}/secret",
    response_model=Secret,
    summary="Rotate the signing secret",
    responses=responses(*_CHANGE),
)
def post_secret(
    target: TargetId,
    services: Use,
    _who: Admin,
    overlap_h: Annotated[
        float, Query(ge=0, le=720, description="Hours that the old one signs as well.")
    ] = 24.0,
) -> Secret:
    """A new secret, shown this once; both sign until the overlap ends."""
    with services.store.transaction() as session:
        overlap = timedelta(hours=overlap_h)
        return Secret(secret=rotate_secret(session, target, services.now(), overlap=overlap))


@router.post(
    "/targets/{target}/test",
    response_model=Delivery,
    status_code=202,
    summary="Send a test message",
    responses=responses(*_CHANGE),
)
def post_test(target: TargetId, services: Use, _who: Admin) -> Delivery:
    """Sends a message of the type `feed.ping`; look at the delivery for what became of it."""
    with services.store.transaction() as session:
        row = ping(session, target, services.feed.describer.describe, services.now())
    services.feed.dispatcher.wake()
    return delivery(row)


@router.post(
    "/targets/{target}/replay",
    response_model=Replayed,
    summary="Try all dead deliveries anew",
    responses=responses(*_CHANGE),
)
def post_replay_all(target: TargetId, services: Use, _who: Admin) -> Replayed:
    """Tries all dead deliveries of a target anew, under the same ids."""
    with services.store.transaction() as session:
        get_target(session, target)
        count = replay_dead(session, target, services.now())
    services.feed.dispatcher.wake()
    return Replayed(replayed=count)


@router.get(
    "/deliveries",
    response_model=Listing[Delivery],
    summary="List deliveries",
    responses=responses(*_REFUSALS, "invalid"),
)
def get_deliveries(
    services: Use,
    _who: Reviewer,
    target: Annotated[int | None, Query(description="Only of this target.")] = None,
    state: Annotated[list[State] | None, Query(description="Any of these.")] = None,
    cursor: Annotated[int | None, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Listing[Delivery]:
    """Deliveries, newest first; those that arrived are kept for 30 days."""
    with services.store.reading() as session:
        page = list_deliveries(
            session,
            services.now(),
            target_id=target,
            states=state or (),
            cursor=cursor,
            limit=limit,
        )
    return Listing(items=[delivery(row) for row in page.items], next_cursor=page.next_cursor)


@router.get(
    "/deliveries/{delivery_id}",
    response_model=DeliveryWhole,
    summary="One delivery",
    responses=responses(*_REFUSALS, "not_found"),
)
def get_one_delivery(delivery_id: DeliveryId, services: Use, _who: Reviewer) -> DeliveryWhole:
    """A delivery with what it tells."""
    with services.store.reading() as session:
        row = get_delivery(session, delivery_id, services.now())
    return DeliveryWhole(**delivery(row).model_dump(), data=dict(row.data))


@router.post(
    "/deliveries/{delivery_id}/replay",
    response_model=Delivery,
    summary="Try a delivery anew",
    responses=responses(*_CHANGE),
)
def post_replay(delivery_id: DeliveryId, services: Use, _who: Admin) -> Delivery:
    """Tries it anew under the same id; receivers that had it leave it out by that."""
    with services.store.transaction() as session:
        row = replay(session, delivery_id, services.now())
    services.feed.dispatcher.wake()
    return delivery(row)


def delivery(row: DeliveryRow) -> Delivery:
    """A delivery as JSON."""
    assert row.state in STATES
    return Delivery.model_validate(row)
