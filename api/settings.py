"""What an office can set: one class, read once at the edge and passed in.

From the environment (``TIDYCITY_…``) or keyword arguments; unknown keywords are refused.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "TIDYCITY_"
READ_ELSEWHERE = frozenset({"MODELS", "CACHE", "DATASETS"})
"""Variables with our prefix that ``detect`` reads itself: places of files, not settings."""


class Settings(BaseSettings):
    """All settings with their defaults. Paths are relative to the working directory."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(Path("tidycity-data"), description="Store, evidence and reports.")
    database_url: str | None = Field(
        None, description="SQLAlchemy URL; none: SQLite in the data folder."
    )
    model: str | None = Field(
        None,
        description="Name or folder of a model, or several (street+stall); none: the default.",
    )
    engine: Literal["openvino", "ultralytics"] = Field("openvino", description="What runs it.")
    second_look: bool | None = Field(
        None, description="Whether a second look judges candidates; none: as the model's card says."
    )
    catalogue: Path | None = Field(None, description="The office's own catalogue of categories.")
    points: Path | None = Field(None, description="The office's own table of points.")
    pest_standards: Path | None = Field(
        None, description="The office's own table of pest measures and levels."
    )
    checklist: Path | None = Field(None, description="The office's own assessment checklist.")
    areas: Path | None = Field(None, description="GeoJSON of responsibility areas.")
    lang: Literal["en", "zh"] | None = Field(None, description="None: as the environment says.")
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8321, ge=1, le=65535, description="Port that the server listens on.")
    auth: bool = Field(True, description="Ask for an API key or sign-in.")
    blur_faces: bool = Field(True, description="Blur faces in every picture that leaves.")
    upload_max_mb: int = Field(50, ge=1, le=1024, description="Largest upload accepted.")
    camera_secrets: Path | None = Field(
        None, description="YAML of cameras' credentials: name: {user: …, password: …}."
    )
    keep_closed_days: int = Field(
        730, ge=0, description="Pictures of closed issues may go after so many days; 0: never."
    )
    keep_rejected_days: int = Field(
        180, ge=0, description="Pictures of rejected issues may go after so many days; 0: never."
    )
    keep_camera_days: int = Field(
        400, ge=0, description="Coverage and history of cameras are kept so long; 0: for ever."
    )
    keep_picture_days: int = Field(
        7, ge=0, description="Last pictures that nobody renewed are kept so long; 0: for ever."
    )
    keep_free_mb: int = Field(
        500, ge=0, description="With less free disk than this, workers keep no last pictures."
    )
    evidence_max_gb: float = Field(
        0,
        ge=0,
        description="With more evidence, no films are made and retention throws away the oldest of "
        "issues that are over; 0: no limit.",
    )
    films: bool = Field(True, description="Cameras: keep a time-lapse of what is found or gone.")
    tile_url: str | None = Field(
        None, description="Map tiles, such as http://tiles.lan/{z}/{x}/{y}.png; none: no tiles."
    )
    risk: Path | None = Field(None, description="The office's own table of risks for rounds.")
    map_link: str | None = Field(
        None, description="Map for a stop: a URL with {lat}, {lon}, {name}; none: geo: links."
    )
    map_link_datum: Literal["wgs84", "gcj02", "bd09"] = Field(
        "wgs84", description="Datum of that map's coordinates."
    )
    rate_limit_factor: float = Field(
        1.0, ge=0, le=1000, description="Times the requests a second of each role; 0: no limit."
    )
    cors_origins: tuple[str, ...] = Field(
        (), description="Sites whose pages may use the API with a key, as a JSON list; none."
    )
    audit_keep_days: int = Field(
        1095, ge=30, description="Days that lines of the audit log are kept when it is pruned."
    )
    public_url: str | None = Field(
        None, description="How others reach this server; none: by its host and port."
    )
    open311: Literal["off", "keyed", "public"] = Field(
        "keyed", description="Open311 server: off, requests read with a key, or by anybody."
    )
    open311_jurisdiction: str | None = Field(
        None, description="The jurisdiction_id that Open311 clients may send; none: any."
    )
    feed: bool = Field(True, description="Send to the feed's targets while the server runs.")
    feed_allow: str | None = Field(
        None, description="Networks of our own that the feed may reach, as CIDR, with commas."
    )
    log_format: Literal["plain", "json"] = Field("plain", description="Form of the log's lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What the log tells; info: every request too."
    )
    stop_s: int = Field(
        30, ge=1, le=600, description="Seconds that running requests have to end at a stop."
    )
    session_secret: str | None = Field(
        None, min_length=32, description="Signs console sessions; none: made and kept in the data."
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown_variables(cls, values: dict[str, Any]) -> dict[str, Any]:
        known = {name.upper() for name in cls.model_fields} | READ_ELSEWHERE
        for name in os.environ:
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
                raise ValueError(
                    f"the environment sets {name}, which is no setting of tidycity; "
                    f"known: {', '.join(PREFIX + k for k in sorted(known))}"
                )
        return values
