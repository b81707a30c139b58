"""Rate limit: one token bucket per API key."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.api_key_auth import KEY_INDEX
from sumtune.serve.http.error_responses import error_response

__all__ = ["RateLimit"]

BURST = 0.25
"""Share of the requests per minute that may arrive at once."""


@dataclass
class _Bucket:
    requests: float
    filled_at: float


class RateLimit:
    """Refuse requests over `per_minute` of one API key (429)."""

    def __init__(self, app: ASGIApp, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.per_second = per_minute / 60
        self.capacity = max(1.0, per_minute * BURST)
        self.clock = clock
        self._buckets: dict[int, _Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request if its key has not reached the limit."""
        wait_s = self._take(scope[KEY_INDEX]) if KEY_INDEX in scope else 0.0
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            detail = f"Too many requests with this key; try again in {seconds} s."
            await error_response(scope["path"], 429, detail, {"Retry-After": str(seconds)})(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _take(self, key: int) -> float:
        """Take a request from the key's bucket. Return the seconds to wait if the bucket is empty."""
        now = self.clock()
        bucket = self._buckets.setdefault(key, _Bucket(self.capacity, now))
        bucket.requests = min(self.capacity, bucket.requests + (now - bucket.filled_at) * self.per_second)
        bucket.filled_at = now
        if bucket.requests < 1:
            return (1 - bucket.requests) / self.per_second
        bucket.requests -= 1
        return 0.0
