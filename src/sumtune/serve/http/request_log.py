"""A line in the log and a count in the metrics for each request, and an answer where our own code fails."""

import asyncio
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response
from sumtune.serve.metrics import Metrics
from sumtune.serve.redaction import redacted_traceback

__all__ = ["RequestLog"]

NO_ROUTE = "(no route)"
"""Stands for paths that do not exist: they are not logged, since anything could be in them."""

logger = logging.getLogger("sumtune.serve")


class RequestLog:
    """Logs method, route, status and time: never path, query, body or the words of an exception."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; an exception becomes a 500 where nothing has been sent yet."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = time.perf_counter()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except asyncio.CancelledError:  # it outlasted the time in which running requests are finished
            if status == 0:
                await error_response(scope["path"], 503, "The service is being stopped.")(scope, receive, watched)
        except Exception as error:
            logger.error("%s %s failed: %s", _method(scope), _route(scope), redacted_traceback(error))
            if status == 0:
                await error_response(scope["path"], 500, "An error of the service; its log says where.")(
                    scope, receive, watched
                )
        finally:
            self._record(scope, status, time.perf_counter() - begun)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self.metrics.requests.labels(route, str(status)).inc()
        self.metrics.seconds.labels(route).observe(seconds)
        logger.info("%s %s %d %.0f ms", _method(scope), route, status, seconds * 1000)


def _route(scope: Scope) -> str:
    """The route's pattern, which holds nothing of the request."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _method(scope: Scope) -> str:
    """The method where it is one of HTTP's own: others are the client's words."""
    known = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
    return scope["method"] if scope["method"] in known else "(other)"
