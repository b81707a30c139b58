"""How a refusal looks: `detail` in one sentence, or under `/v1/` the form that OpenAI's clients read."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from sumtune.serve.request_body import truncate
from sumtune.serve.schema import ErrorResponse

__all__ = ["add_error_handlers", "documented_errors", "error_response"]

OPENAI_PREFIX = "/v1/"
MAX_LISTED_PROBLEMS = 5
"""Problems of one request that its refusal names."""
MEANINGS = {
    400: "The body is not UTF-8, or nested too deep to be read.",
    401: "The API key is missing or wrong.",
    403: "The service does not load adapters at run time, or this is not the admin key.",
    404: "There is no such model or adapter.",
    408: "The body did not arrive in time.",
    409: "The name is taken, the adapter is still being loaded, or it is the last one.",
    413: "The request is over 1 MB.",
    422: "Malformed JSON, no text, or a dialogue that is too long.",
    429: "Too many requests with this key; `Retry-After` says when to ask again.",
    500: "Decoding failed.",
    503: "Still loading, or too many dialogues wait; `Retry-After` says when to ask again.",
    504: "The answer was not ready before the deadline.",
}


def documented_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route for its documentation."""
    return {status: {"model": ErrorResponse, "description": MEANINGS[status]} for status in statuses}


def error_response(path: str, status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The response that refuses a request for `path`."""
    if not path.startswith(OPENAI_PREFIX):
        return JSONResponse({"detail": detail}, status, headers)
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": detail, "type": kind, "param": None, "code": _code(status)}
    return JSONResponse({"error": error}, status, headers)


def _code(status: int) -> str | None:
    return {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)


def add_error_handlers(app: FastAPI) -> None:
    """Makes every refusal of the routes look alike."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> JSONResponse:
        return error_response(request.url.path, error.status_code, error.detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def unreadable(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(request.url.path, 422, _in_words(error.errors()))


def _in_words(problems: Sequence[Mapping[str, Any]]) -> str:
    """The first problems of a request, each with its place; names of the client's making are cut."""
    told = list(
        dict.fromkeys(f"{'.'.join(truncate(str(part)) for part in item['loc'])}: {item['msg']}" for item in problems)
    )
    rest = [f"and {len(told) - MAX_LISTED_PROBLEMS} more"] if len(told) > MAX_LISTED_PROBLEMS else []
    return "; ".join(told[:MAX_LISTED_PROBLEMS] + rest)
