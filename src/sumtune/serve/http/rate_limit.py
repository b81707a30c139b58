"""How often one key may ask: a token bucket for each."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.api_key_auth import KEY_NUMBER
from sumtune.serve.http.error_responses import error_response

__all__ = ["RateLimit"]

BURST = 0.25
"""Share of a minute's requests that may come at once."""


@dataclass
class _Bucket:
    requests: float
    filled_at: float


class RateLimit:
    """Refuses a key's requests with 429 where they come faster than `per_minute`."""

    def __init__(self, app: ASGIApp, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.app = app
        self.per_second = per_minute / 60
        self.most = max(1.0, per_minute * BURST)
        self.clock = clock
        self._buckets: dict[int, _Bucket] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on while its key has one left."""
        wait_s = self._take(scope[KEY_NUMBER]) if KEY_NUMBER in scope else 0.0
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            detail = f"Too many requests with this key; ask again in {seconds} s."
            await error_response(scope["path"], 429, detail, {"Retry-After": str(seconds)})(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _take(self, key: int) -> float:
        """Takes one request from the key's bucket; the seconds to wait where there is none."""
        now = self.clock()
        bucket = self._buckets.setdefault(key, _Bucket(self.most, now))
        bucket.requests = min(self.most, bucket.requests + (now - bucket.filled_at) * self.per_second)
        bucket.filled_at = now
        if bucket.requests < 1:
            return (1 - bucket.requests) / self.per_second
        bucket.requests -= 1
        return 0.0
