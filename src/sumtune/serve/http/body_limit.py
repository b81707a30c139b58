"""Limits for the size and duration of request bodies."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["BodyLimit"]


MAX_CONTAINERS = 50_000
"""Most lists and objects in a body. Parsing hundreds of thousands blocks the event loop for tenths of a second."""


class BodyLimit:
    """Refuse bodies over `max_bytes` (413), slower than `timeout_s` (408), or with too many brackets (422).

    All checks happen before the body is parsed. `max_bytes` holds with and without a Content-Length header.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request when its whole body has arrived."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.timeout_s):
                messages = await self._read(scope, receive)
        except TimeoutError:
            detail = f"The request body did not arrive within {self.timeout_s:g} s."
            await error_response(scope["path"], 408, detail, {"Connection": "close"})(scope, receive, send)
            return
        if messages is None:
            detail = f"The request body is larger than {self.max_bytes:,} bytes."
            await error_response(scope["path"], 413, detail, {"Connection": "close"})(scope, receive, send)
            return
        if _max_containers(messages) > MAX_CONTAINERS:
            detail = f"The request body has more than {MAX_CONTAINERS:,} lists and objects."
            await error_response(scope["path"], 422, detail)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """Return the messages of the body, or None if it is larger than `max_bytes`."""
        content_length = dict(scope["headers"]).get(b"content-length", b"0")
        if content_length.isdigit() and int(content_length) > self.max_bytes:
            return None
        messages: list[Message] = []
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            if size > self.max_bytes:
                return None
            more = message.get("more_body", False)
            messages.append(message)
        return messages


def _max_containers(messages: list[Message]) -> int:
    """Return an upper bound of the lists and objects in the body. Brackets in strings count too."""
    bodies = [message.get("body", b"") for message in messages]
    return sum(body.count(bracket) for body in bodies for bracket in (b"[", b"{"))
