"""The addresses of the console's pages. Who isn't signed in is sent to the sign-in page."""

from __future__ import annotations

from asyncio import to_thread

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
from api.console.visit import visit_of


@ui.page("/", response_timeout=30)
async def home(request: Request) -> Response:
    """The first page is the queue of new candidates, or a narrow role's own page."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    return RedirectResponse(first_page(visit.who.roles), 303)


@ui.page("/review", response_timeout=30)
async def review(request: Request) -> Response | None:
    """A review queue."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    asked = request.query_params.get("queue", QueueName.NEW)
    name = QueueName(asked) if asked in set(QueueName) else QueueName.NEW
    await ReviewPage(visit, name).build()
    return None


@ui.page("/map", response_timeout=30)
async def map_(request: Request) -> Response | None:
    """The map."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await map_page(visit)
    return None


@ui.page("/areas", response_timeout=30)
async def areas(request: Request) -> Response | None:
    """Responsibility areas."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await areas_page(visit)
    return None


@ui.page("/issues", response_timeout=30)
async def issues(request: Request) -> Response | None:
    """The list of issues."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await list_page(visit, request.query_params)
    return None


@ui.page("/issues/{number}", response_timeout=30)
async def issue(request: Request, number: str) -> Response | None:
    """One issue."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await issue_page(visit, number)
    return None


@ui.page("/upload", response_timeout=30)
async def upload(request: Request) -> Response | None:
    """Sending photos."""
    visit = await to_thread(visit_of, request, "upload")
    if isinstance(visit, Response):
        return visit
    upload_page(visit)
    return None


@ui.page("/rankings", response_timeout=30)
async def rankings(request: Request) -> Response | None:
    """Rankings of a period."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await rankings_page(visit, request.query_params)
    return None


@ui.page("/rankings/issues", response_timeout=30)
async def figure(request: Request) -> Response | None:
    """The issues behind a figure."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await figure_page(visit, request.query_params)
    return None


@ui.page("/rounds", response_timeout=30)
async def rounds(request: Request) -> Response | None:
    """Return visits."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await rounds_page(visit, request.query_params)
    return None


@ui.page("/hot-spots", response_timeout=30)
async def hot_spots(request: Request) -> Response | None:
    """Hot spots and coverage."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await hot_spots_page(visit, request.query_params)
    return None


@ui.page("/exports", response_timeout=30)
async def exports(request: Request) -> Response | None:
    """Files that leave, and lists that come back."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await exports_page(visit)
    return None


@ui.page("/pest", response_timeout=30)
async def pest(request: Request) -> Response | None:
    """Pest inspections and rates."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await pest_page(visit, request.query_params)
    return None


@ui.page("/cameras", response_timeout=30)
async def cameras(request: Request) -> Response | None:
    """The wall of cameras."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await cameras_page(visit)
    return None


@ui.page("/cameras/{name}", response_timeout=30)
async def camera(request: Request, name: str) -> Response | None:
    """One camera."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await camera_page(visit, name)
    return None


@ui.page("/feed", response_timeout=30)
async def feed(request: Request) -> Response | None:
    """Targets and deliveries."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await feed_page(visit, request.query_params)
    return None


@ui.page("/checks", response_timeout=30)
async def checks(request: Request) -> Response | None:
    """What is to be checked."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await checks_page(visit, request.query_params)
    return None


@ui.page("/requests", response_timeout=30)
async def requests(request: Request) -> Response | None:
    """Citizens' requests."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await requests_page(visit, request.query_params)
    return None


@ui.page("/requests/{request_id}", response_timeout=30)
async def one_request(request: Request, request_id: str) -> Response | None:
    """One request."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await request_page(visit, request_id)
    return None


@ui.page("/sample-points", response_timeout=30)
async def sample_points(request: Request) -> Response | None:
    """Sample points."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await sample_points_page(visit)
    return None


@ui.page("/sample-points/{code}", response_timeout=30)
async def sample_point(request: Request, code: str) -> Response | None:
    """One sample point with its sheet."""
    visit = await to_thread(visit_of, request)
    if isinstance(visit, Response):
        return visit
    await sample_point_page(visit, code)
    return None
