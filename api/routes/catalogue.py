"""What tidycity knows: categories, the words for statuses and reasons, and the models."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from api.auth import Reader
from api.problems import responses
from api.routes.shapes import Named, Shape
from api.services import Use
