"""The body of a request: not too large, and not forever on its way."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["BodyLimit"]


MAX_CONTAINERS = 50_000
"""Most lists and objects of a body. Making hundreds of thousands would hold up everybody for tenths of a second."""


class BodyLimit:
    """Refuses bodies over `max_bytes` with 413, announced or not, and those slower than `timeout_s` with 408.

    Those that are nothing but brackets get 422, before they are parsed.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, timeout_s: float) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on when its whole body is there."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(self.timeout_s):
                messages = await self._read(scope, receive)
        except TimeoutError:
            detail = f"The request did not arrive within {self.timeout_s:g} s."
            await error_response(scope["path"], 408, detail, {"Connection": "close"})(scope, receive, send)
            return
        if messages is None:
            detail = f"The request is over {self.max_bytes:,} bytes."
            await error_response(scope["path"], 413, detail, {"Connection": "close"})(scope, receive, send)
            return
        if _containers(messages) > MAX_CONTAINERS:
            detail = f"The request has more than {MAX_CONTAINERS:,} lists and objects."
            await error_response(scope["path"], 422, detail)(scope, receive, send)
            return

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive) -> list[Message] | None:
        """The messages of the body, or None where it is too large; no more than `max_bytes` are kept."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self.max_bytes:
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


def _containers(messages: list[Message]) -> int:
    """How many lists and objects the body has at most; brackets in texts are counted as well."""
    bodies = [message.get("body", b"") for message in messages]
    return sum(body.count(bracket) for body in bodies for bracket in (b"[", b"{"))
