"""API keys: made, listed and revoked by admins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.access import Role
from api.auth import Admin, Anyone
from api.problems import Problem, responses
from api.routes import API
from api.routes.shapes import Shape
from api.services import Use

router = APIRouter(prefix=API, tags=["access"])
_REFUSALS = ("not_signed_in", "wrong_key", "missing_scope")


class Key(Shape):
    """A key without its secret."""

    id: int
    name: str = Field(examples=["reviewer Wang"])
    role: str = Field(examples=["unit"])
    unit: str | None = Field(description="For the role unit: whose issues.", examples=["城管局"])
    scopes: list[str] = Field(description="Rights of an older key besides its role's.")
    hint: str = Field(description="How the key begins.", examples=["tck_mZ3xQ0"])
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(Key):
    """A key with its secret, which is shown this once."""

    key: str = Field(examples=["tck_…"])


class KeyWish(BaseModel):
    """The key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"name": "reviewer Wang", "role": "reviewer"},
                {"name": "urban management", "role": "unit", "unit": "城管局", "expires_days": 90},
            ]
        },
    )

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
    role: Role
    unit: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="For the role unit: its name, as issues are assigned to it.",
    )
    expires_days: int | None = Field(
        default=None, ge=1, le=3660, description="Days until it ends; none: it doesn't."
    )


class Me(Shape):
    """Who asks, and what they may do."""

    name: str
    role: str = Field(examples=["reviewer"])
    unit: str | None


@router.get("/keys", response_model=list[Key], summary="List keys", responses=responses(*_REFUSALS))
def get_keys(services: Use, _who: Admin) -> list[Key]:
    """All keys ever made, without their secrets."""
    return [Key.model_validate(row) for row in services.door.keys.all()]


@router.post(
    "/keys",
    response_model=NewKey,
    status_code=201,
    summary="Make a key",
    responses=responses(*_REFUSALS, "foreign_origin", "invalid"),
)
def post_key(wish: KeyWish, services: Use, _who: Admin) -> NewKey:
    """Makes a key. Its secret is in this answer and nowhere else."""
    until = services.now() + timedelta(days=wish.expires_days) if wish.expires_days else None
    key, row = services.door.keys.create(wish.name, wish.role, unit=wish.unit, expires_at=until)
    return NewKey(key=key, **Key.model_validate(row).model_dump())


@router.delete(
    "/keys/{key}",
    response_model=Key,
    summary="Revoke a key",
    responses=responses(*_REFUSALS, "foreign_origin", "not_found", "move_not_allowed"),
)
def delete_key(
    key: Annotated[int, Path(description="The key's id.")], services: Use, who: Admin
) -> Key:
    """Ends a key and the console sessions that it began; a key can't end itself."""
    if key == who.key_id:
        raise Problem(
            "move_not_allowed",
            "A key can't revoke itself.",
            "Use another admin key, or `tidycity keys revoke` on the server.",
        )
    return Key.model_validate(services.door.keys.revoke(key))


@router.get(
    "/whoami",
    response_model=Me,
    summary="Who asks",
    responses=responses(*_REFUSALS),
)
def get_me(who: Anyone) -> Me:
    """The name, role and unit of the key or session that asks."""
    return Me(name=who.name, role=who.role, unit=who.unit)
