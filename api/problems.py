"""Errors as people's programs get them: RFC 9457 problem+json with a stable code.

Every error of the API has the same shape: ``type`` (a URN of the code), ``code``, ``title``,
``status``, ``detail`` (what happened and what was got), ``mend`` (how to put it right) and
``request_id``. ``PROBLEMS`` is the whole list of codes; docs/api.md documents each.

Errors of the packages below come through here too: their ``code`` is looked up in ``PROBLEMS``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from detect.errors import ModelError, TidycityError, UnreadablePhoto

log = logging.getLogger("tidycity.api")

MEDIA_TYPE = "application/problem+json"

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "bad_request": (400, "The request can't be understood"),
    "bad_query": (400, "The query means nothing here"),
    "not_signed_in": (401, "A key or a sign-in is needed"),
    "wrong_key": (401, "The key isn't valid"),
    "missing_scope": (403, "The key may not do this"),
    "foreign_origin": (403, "The request comes from another site"),
    "not_found": (404, "There is nothing here"),
    "method_not_allowed": (405, "This address doesn't take that method"),
    "too_slow": (408, "The request came too slowly"),
    "move_not_allowed": (409, "The issue can't make this move now"),
    "version_conflict": (409, "Someone changed the issue meanwhile"),
    "idempotency_conflict": (409, "The key was used for another request"),
    "version_mismatch": (412, "The issue isn't the one you read"),
    "too_large": (413, "The upload is too large"),
    "wrong_type": (415, "The upload isn't a photo we read"),
    "invalid": (422, "Something in the request isn't allowed"),
    "unreadable_picture": (422, "The picture can't be read"),
    "too_many_attempts": (429, "Too many wrong keys"),
    "too_many_requests": (429, "The key asks too fast"),
    "internal": (500, "Something went wrong here"),
    "store_unavailable": (503, "The store can't be used now"),
    "no_browser": (503, "There is no browser here to print a PDF with"),
    "disk_full": (507, "The disk is full"),
    "model_unavailable": (503, "The model can't be loaded"),
}

_SAME_CODE = {
    "bad_input": "invalid",
    "unknown_datum": "invalid",
    "issue_not_found": "not_found",
    "no_space": "disk_full",
}
_STATUS_CODES = {
    400: "bad_request",
    401: "not_signed_in",
    403: "missing_scope",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    413: "too_large",
    415: "wrong_type",
}


class Problem(Exception):  # noqa: N818
    """An error with one of the codes of ``PROBLEMS``; ``extra`` joins the body."""

    def __init__(
        self,
        code: str,
        detail: str,
        mend: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status, self.title = PROBLEMS[code]
        self.detail = detail
        self.mend = mend
        self.headers = dict(headers or {})
        self.extra = extra


class FieldError(BaseModel):
    """One field that isn't allowed: where it stands, what is wrong, what was got."""

    where: str
    problem: str
    got: str | None = None


class ProblemBody(BaseModel):
    """The body of every error: application/problem+json (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["urn:tidycity:problem:version_mismatch"])
    code: str = Field(examples=["version_mismatch"])
    title: str
    status: int
    detail: str
    mend: str = Field(default="", description="How to put it right.")
    request_id: str | None = None
    fields: list[FieldError] | None = Field(default=None, description="For `invalid`: the fields.")


def problem_response(problem: Problem, request: Request | None = None) -> JSONResponse:
    """The problem as a response, with the id of the request if there is one."""
    body: dict[str, Any] = {
        "type": f"urn:tidycity:problem:{problem.code}",
        "code": problem.code,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "mend": problem.mend,
    }
    if request is not None:
        body["request_id"] = request.scope.get("tidycity.request_id")
    return JSONResponse(
        body | problem.extra, problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def from_error(error: TidycityError) -> Problem:
    """The problem that stands for an error of the packages below."""
    code = _SAME_CODE.get(error.code, error.code)
    if code not in PROBLEMS:
        code = _code_of_class(error)
    extra: dict[str, Any] = {} if code == error.code else {"cause": error.code}
    problem = Problem(code, error.message, error.mend)
    problem.extra = extra
    return problem


def _code_of_class(error: TidycityError) -> str:
    names = {cls.__name__ for cls in type(error).__mro__}
    if isinstance(error, UnreadablePhoto):
        return "unreadable_picture"
    if isinstance(error, ModelError):
        return "model_unavailable"
    for name, code in (
        ("NotFound", "not_found"),
        ("MoveNotAllowed", "move_not_allowed"),
        ("VersionConflict", "version_conflict"),
        ("StoreError", "store_unavailable"),
        ("QueryError", "bad_query"),
        ("BadInput", "invalid"),
        ("AreaError", "invalid"),
        ("FeedError", "invalid"),
        ("DeliveryError", "invalid"),
        ("CameraError", "invalid"),
    ):
        if name in names:
            return code
    return "internal"


def _field_errors(error: RequestValidationError) -> list[dict[str, str]]:
    found = []
    for entry in error.errors()[:20]:
        got = entry.get("input")
        field = {
            "where": ".".join(str(part) for part in entry["loc"]),
            "problem": str(entry["msg"]),
        }
        if isinstance(got, str | int | float | bool):
            field["got"] = str(got)[:100]
        found.append(field)
    return found


def _invalid(error: RequestValidationError) -> Problem:
    fields = _field_errors(error)
    first = fields[0] if fields else {"where": "request", "problem": "invalid"}
    return Problem(
        "invalid",
        f"{first['where']}: {first['problem']}",
        "Correct the fields listed and send the request again.",
        fields=fields,
    )


def _from_status(error: HTTPException) -> Problem:
    code = _STATUS_CODES.get(error.status_code)
    if code is None:
        code = "bad_request" if error.status_code < 500 else "internal"
    detail = str(error.detail) if error.detail else PROBLEMS[code][1]
    return Problem(code, detail, headers=error.headers)


def handle_problems(app: FastAPI) -> None:
    """Make the app answer every error as a problem."""

    async def on_problem(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return problem_response(error, request)

    async def on_error(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, TidycityError)
        problem = from_error(error)
        if problem.status >= 500:
            log.error("%s %s: %s", request.method, request.url.path, error)
        return problem_response(problem, request)

    async def on_invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return problem_response(_invalid(error), request)

    async def on_status(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem_response(_from_status(error), request)

    async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        hidden = Problem(
            "internal",
            "The server failed while it answered; the log has the cause under the request id.",
            "Try again; if it fails again, send the request id to whoever runs the server.",
        )
        return problem_response(hidden, request)

    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(TidycityError, on_error)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_status)
    app.add_exception_handler(Exception, on_unexpected)


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems that a route can answer with, with an example each."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for code in codes:
        status, title = PROBLEMS[code]
        entry = by_status.setdefault(
            status,
            {"description": title, "model": ProblemBody, "content": {MEDIA_TYPE: {"examples": {}}}},
        )
        entry["content"][MEDIA_TYPE]["examples"][code] = {
            "value": {
                "type": f"urn:tidycity:problem:{code}",
                "code": code,
                "title": title,
                "status": status,
                "detail": title + ".",
                "mend": "",
                "request_id": "0f6c2b",
            }
        }
    return by_status


def describe_problems(schema: dict[str, Any]) -> None:
    """Makes an OpenAPI description say that every error is a problem, and GeoJSON such, as it is.

    Every route may answer 429 to a key that asks too fast.
    """
    body = {"$ref": "#/components/schemas/ProblemBody"}
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            if path.endswith(".geojson"):
                content = operation["responses"]["200"]["content"]
                content["application/geo+json"] = content.pop("application/json", {})
            if "security" in operation:
                told = responses("too_many_requests", "too_many_attempts")[429]
                hurried = {key: told[key] for key in ("description", "content")}
                operation["responses"].setdefault("429", hurried)
            for status, answer in operation["responses"].items():
                if status < "400":
                    continue
                told = answer.get("content", {}).get(MEDIA_TYPE, {})
                if not told:
                    told = responses("invalid")[422]["content"][MEDIA_TYPE]
                answer["content"] = {MEDIA_TYPE: {**told, "schema": body}}
    for unused in ("HTTPValidationError", "ValidationError"):
        schema["components"]["schemas"].pop(unused, None)
    schema["components"]["schemas"].setdefault(
        "ProblemBody", ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
    )
