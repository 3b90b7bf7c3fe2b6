"""API keys: made, listed and revoked by admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Admin, Scope
from api.problems import Problem, responses
from api.routes.shapes import Shape
from api.services import Use

router = APIRouter(tags=["keys"])
_REFUSALS = ("not_signed_in", "wrong_key", "missing_scope")


class Key(Shape):
    """A key without its secret."""

    id: int
    name: str = Field(examples=["reviewer Wang"])
    scopes: list[str] = Field(examples=[["review"]])
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewKey(Key):
    """A key with its secret, which is shown this once."""

    key: str = Field(examples=["tck_…"])


class KeyWish(BaseModel):
    """The key to make."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "reviewer Wang", "scopes": ["review"]}]},
    )

    name: str = Field(min_length=1, max_length=100)
    scopes: list[Scope] = Field(min_length=1, max_length=4)


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
    key, row = services.door.keys.create(wish.name, wish.scopes)
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
