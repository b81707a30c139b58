"""Log and count every request, and respond with 500 to unexpected exceptions."""

import asyncio
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response
from sumtune.serve.metrics import Metrics
from sumtune.serve.redaction import redacted_traceback

__all__ = ["RequestLog"]

NO_ROUTE = "(no route)"
"""Logged instead of an unknown path, which could contain anything."""

logger = logging.getLogger("sumtune.serve")


class RequestLog:
    """Log method, route, status and time, but never path, query, body or an exception's message."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on the request. An exception becomes a 500 unless the response has already started."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start = time.perf_counter()
        status = 0

        async def record_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, record_status)
        except asyncio.CancelledError:  # the request took longer than the shutdown timeout
            if status == 0:
                await error_response(scope["path"], 503, "The service is shutting down.")(scope, receive, record_status)
        except Exception as error:
            logger.error("%s %s failed: %s", _method(scope), _route(scope), redacted_traceback(error))
            if status == 0:
                await error_response(scope["path"], 500, "Internal error; see the log of the service.")(
                    scope, receive, record_status
                )
        finally:
            self._record(scope, status, time.perf_counter() - start)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        logger.info("%s %s %d %.0f ms", _method(scope), route, status, seconds * 1000)


def _route(scope: Scope) -> str:
    """Return the route's pattern, which contains nothing from the request."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _method(scope: Scope) -> str:
    """Return the method if it is a standard one; anything else could contain text from the client."""
    known = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "(other)"
