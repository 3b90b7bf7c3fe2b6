"""Responsibility areas."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from api.auth import Reader
from api.problems import responses
from api.routes.shapes import Area, FeatureCollection, area
from api.services import Use
from issues.queries import areas_geojson, list_areas

router = APIRouter(tags=["areas"])
_REFUSALS = responses("not_signed_in", "wrong_key", "missing_scope")


@router.get("/areas", response_model=list[Area], summary="List areas", responses=_REFUSALS)
def get_areas(services: Use, _who: Reader) -> list[Area]:
    """All areas in force, coarsest level first, without their borders."""
    with services.store.reading() as session:
        return [area(row) for row in list_areas(session)]


@router.get(
    "/areas.geojson",
    response_model=FeatureCollection,
    summary="Areas as GeoJSON",
    responses=_REFUSALS,
)
def get_areas_geojson(services: Use, _who: Reader) -> JSONResponse:
    """All areas in force with their borders, in WGS-84."""
    with services.store.reading() as session:
        return JSONResponse(areas_geojson(session), media_type="application/geo+json")
