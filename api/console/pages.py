"""The addresses of the console's pages. Who isn't signed in is sent to the sign-in page."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Mapping

from nicegui import ui
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.access import first_page
from api.console.areas import areas_page
from api.console.camera import camera_page
from api.console.cameras import cameras_page
from api.console.checks import checks_page
from api.console.exports import exports_page
from api.console.feed import feed_page
from api.console.figure import figure_page
from api.console.hot_spots import hot_spots_page
from api.console.issue import issue_page
from api.console.listing import list_page
from api.console.map import map_page
from api.console.pest import pest_page
from api.console.queue import QueueName
from api.console.rankings import rankings_page
from api.console.requests import request_page, requests_page
from api.console.review import ReviewPage
from api.console.rounds import rounds_page
from api.console.sample_points import sample_point_page, sample_points_page
from api.console.upload import upload_page
from api.console.visit import Visit, visit_of


@ui.page("/", response_timeout=30)
async def home(request: Request) -> Response:
    """The first page is the queue of new candidates, or a narrow role's own page."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    return RedirectResponse(first_page(visit.who.roles), 303)


Show = Callable[[Visit, Request], Awaitable[None]]


async def _review(visit: Visit, request: Request) -> None:
    asked = request.query_params.get("queue", QueueName.NEW)
    name = QueueName(asked) if asked in set(QueueName) else QueueName.NEW
    await ReviewPage(visit, name).build()


async def _upload(visit: Visit, _request: Request) -> None:
    upload_page(visit)


SHOWN: Mapping[str, Show] = {
    "/review": _review,
    "/map": lambda visit, _: map_page(visit),
    "/areas": lambda visit, _: areas_page(visit),
    "/issues": lambda visit, request: list_page(visit, request.query_params),
    "/issues/{number}": lambda visit, request: issue_page(visit, request.path_params["number"]),
    "/upload": _upload,
    "/rankings": lambda visit, request: rankings_page(visit, request.query_params),
    "/rankings/issues": lambda visit, request: figure_page(visit, request.query_params),
    "/rounds": lambda visit, request: rounds_page(visit, request.query_params),
    "/hot-spots": lambda visit, request: hot_spots_page(visit, request.query_params),
    "/exports": lambda visit, _: exports_page(visit),
    "/pest": lambda visit, request: pest_page(visit, request.query_params),
    "/cameras": lambda visit, _: cameras_page(visit),
    "/cameras/{name}": lambda visit, request: camera_page(visit, request.path_params["name"]),
    "/feed": lambda visit, request: feed_page(visit, request.query_params),
    "/checks": lambda visit, request: checks_page(visit, request.query_params),
    "/requests": lambda visit, request: requests_page(visit, request.query_params),
    "/requests/{request_id}": lambda visit, request: request_page(
        visit, request.path_params["request_id"]
    ),
    "/sample-points": lambda visit, _: sample_points_page(visit),
    "/sample-points/{code}": lambda visit, request: sample_point_page(
        visit, request.path_params["code"]
    ),
}


def _add(path: str, show: Show) -> None:
    @ui.page(path, response_timeout=30)
    async def page(request: Request) -> Response | None:
        visit = await to_thread(visit_of, request)
        if isinstance(visit, Response):
            return visit
        await show(visit, request)
        return None


for path, show in SHOWN.items():
    _add(path, show)
