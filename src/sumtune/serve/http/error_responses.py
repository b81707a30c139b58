"""Error responses: `detail` in one sentence, or OpenAI's error format under `/v1/`."""

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
"""Most validation errors that one response lists."""
DESCRIPTIONS = {
    400: "The body is not UTF-8, or nested too deeply.",
    401: "The API key is missing or wrong.",
    403: "The service does not allow adapter loading, or this is not the admin key.",
    404: "There is no such model or adapter.",
    408: "The body did not arrive in time.",
    409: "The name is taken, the adapter is still loading, or it is the only one.",
    413: "The body is larger than 1 MB.",
    422: "Malformed JSON, no text, or a dialogue that is too long.",
    429: "Too many requests with this key; try again after `Retry-After` seconds.",
    500: "Decoding failed.",
    503: "Still loading, or the queue is full; try again after `Retry-After` seconds.",
    504: "The answer was not ready before the deadline.",
}


def documented_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of a route for its OpenAPI documentation."""
    return {status: {"model": ErrorResponse, "description": DESCRIPTIONS[status]} for status in statuses}


def error_response(path: str, status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return the error response to a request for `path`."""
    if not path.startswith(OPENAI_PREFIX):
        return JSONResponse({"detail": detail}, status, headers)
    kind = "invalid_request_error" if status < 500 else "server_error"
    error = {"message": detail, "type": kind, "param": None, "code": _code(status)}
    return JSONResponse({"error": error}, status, headers)


def _code(status: int) -> str | None:
    return {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}.get(status)


def add_error_handlers(app: FastAPI) -> None:
    """Give all errors that routes raise the format of `error_response`."""

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> JSONResponse:
        return error_response(request.url.path, error.status_code, error.detail, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(request.url.path, 422, _summarize_errors(error.errors()))


def _summarize_errors(problems: Sequence[Mapping[str, Any]]) -> str:
    """Return the first problems, each with its location. Long names from the client are cut."""
    messages = list(
        dict.fromkeys(f"{'.'.join(truncate(str(part)) for part in item['loc'])}: {item['msg']}" for item in problems)
    )
    rest = [f"and {len(messages) - MAX_LISTED_PROBLEMS} more"] if len(messages) > MAX_LISTED_PROBLEMS else []
    return "; ".join(messages[:MAX_LISTED_PROBLEMS] + rest)
