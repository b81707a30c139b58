"""Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi.responses import StreamingResponse

__all__ = ["event", "event_stream"]


def event(data: Any, name: str | None = None) -> str:
    r"""Return one event as text, with `data` as JSON.

    >>> event({"text": "Hi\n"}, "piece")
    'event: piece\ndata: {"text": "Hi\\n"}\n\n'
    """
    head = f"event: {name}\n" if name else ""
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return f"{head}data: {text}\n\n"


def event_stream(events: AsyncIterator[str]) -> StreamingResponse:
    """Return a response that streams `events`; proxies must not cache or buffer it."""
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )
