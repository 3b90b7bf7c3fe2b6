"""What tidycity knows: categories, the words for statuses and reasons, and the models."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth import Reader
from api.problems import responses
from api.routes import API
from api.routes.shapes import Named, Shape, named
from api.services import Use
from detect.model_folder import load_card, read_registry
from detect.model_set import names_in
from issues.labels import labels

router = APIRouter(prefix=API, tags=["catalogue"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope")


class Category(Named):
    """One kind of problem and the rules that matter to readers of issues."""

    group: str = Field(examples=["litter"])
    clause: str | None = Field(description="Clause of the national standard.")
    event_code: str | None = Field(description="Event code of digital city management.")
    radius_m: float = Field(description="Findings this close together are one issue.")
    suspected: bool = Field(description="One photo can't decide it.")


class CatalogueBody(Shape):
    """Categories, their groups, and the words for fixed codes in both languages."""

    categories: list[Category]
    groups: list[Named]
    words: dict[str, dict[str, dict[str, str]]] = Field(
        description="Kind → code → language → word.",
        examples=[{"status": {"closed": {"zh": "已销号", "en": "closed"}}}],
    )


class ModelClass(Shape):
    """One class of a model; `category` null: seen for context only."""

    name: str
    category: str | None
    threshold: float
    strict: float | None = Field(
        description="The threshold of `NAME@strict`: few false candidates before many true ones."
    )
    experimental: bool


class Model(Shape):
    """A model that can be used."""

    name: str = Field(examples=["street"])
    id: str
    version: str
    status: str = Field(examples=["stable"])
    input_px: int
    ways: list[str] = Field(
        description="What may follow the name and @: other weights, several looks at a picture, "
        "strict thresholds.",
        examples=[["int8", "careful", "strict"]],
    )
    in_use: bool
    classes: list[ModelClass]


@router.get(
    "/catalogue", response_model=CatalogueBody, summary="The catalogue", responses=_REFUSALS
)
def get_catalogue(services: Use, _who: Reader) -> CatalogueBody:
    """All categories of the office's table, with names in Chinese and English."""
    table = services.catalogue
    return CatalogueBody(
        categories=[
            Category(
                code=code,
                zh=entry.zh,
                en=entry.en,
                group=entry.group,
                clause=entry.clause,
                event_code=entry.event_code,
                radius_m=entry.radius_m,
                suspected=entry.suspected,
            )
            for code, entry in table.categories.items()
        ],
        groups=[named(table, code) for code in table.groups],
        words={
            kind: {c: {str(lang): w for lang, w in word.items()} for c, word in codes.items()}
            for kind, codes in labels().items()
        },
    )


@router.get(
    "/models",
    response_model=list[Model],
    summary="List models",
    responses={**_REFUSALS, **responses("model_unavailable")},
)
def get_models(services: Use, _who: Reader) -> list[Model]:
    """The models of the registry and what each can find."""
    registry = read_registry()
    in_use = names_in(services.settings.model or registry.default)
    found = []
    for name in registry.models:
        card = load_card(name)
        found.append(
            Model(
                name=name,
                id=card.id,
                version=card.version,
                status=card.status,
                input_px=card.input_px,
                ways=card.ways,
                in_use=name in in_use,
                classes=[ModelClass.model_validate(entry) for entry in card.classes],
            )
        )
    return found
