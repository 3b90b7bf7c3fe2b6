"""Every module that defines tables, imported once, so that the metadata is whole."""

from issues.store import (
    access_schema,
    area_schema,
    assessment_schema,
    camera_schema,
    feed_schema,
    hold_schema,
    past_schema,
    pest_schema,
    request_schema,
    verification_schema,
)
from issues.store.schema import Base

__all__ = [
    "Base",
    "access_schema",
    "area_schema",
    "assessment_schema",
    "camera_schema",
    "feed_schema",
    "hold_schema",
    "past_schema",
    "pest_schema",
    "request_schema",
    "verification_schema",
]
