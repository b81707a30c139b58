"""Who may ask: everybody on this machine, or whoever has a key; and who may change adapters."""

import hmac
from collections.abc import Sequence
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["KEY_NUMBER", "ApiKeyAuth", "is_loopback"]

KEY_NUMBER = "sumtune.key"
"""Entry of the scope with the place of the key that was used; missing where no key is needed."""

OPEN_PATHS = frozenset({"/", "/docs", "/openapi.json", "/health", "/ready"})
OPEN_PREFIX = "/page/"
"""What holds nothing of anybody: the empty page, the documentation, and whether the service is up."""
ADAPTERS = "/adapters"
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiKeyAuth:
    """Refuses requests without a valid key; where there are no keys, those that do not name this machine as their host.

    The latter keeps a foreign web page, open in a browser on this machine, from reaching the service under a name of
    its own that it lets point here (DNS rebinding). Adapters are changed with the admin key alone.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[str], admin_key: str | None = None) -> None:
        self.app = app
        self.needs_key = bool(keys)
        self.loads_adapters = admin_key is not None
        self.keys = [key.encode() for key in (*keys, *([admin_key] if admin_key else []))]
        """The admin key last."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass an allowed request on, with the number of its key in the scope."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        number = self._number(headers.get(b"authorization", b""))
        refused = self._refused(scope, headers.get(b"host", b"").decode("latin-1"), number)
        if refused is not None:
            status, detail = refused
            extra = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            await error_response(scope["path"], status, detail, extra)(scope, receive, send)
            return
        if number is not None:
            scope[KEY_NUMBER] = number
        await self.app(scope, receive, send)

    def _refused(self, scope: Scope, host: str, number: int | None) -> tuple[int, str] | None:
        """Status and reason where a request is refused."""
        if not self.needs_key and not _is_local(host):
            return 421, "Without an API key this service answers only under localhost: set SUMTUNE_API_KEY."
        if self.needs_key and number is None and not _is_open(scope["path"]):
            return 401, "The API key is missing or wrong: send `Authorization: Bearer <key>`."
        if not _changes_adapters(scope):
            return None
        if not self.loads_adapters:
            return 403, "Adapters can be changed only where the service was started with --allow-adapter-loading."
        if number == len(self.keys) - 1:
            return None
        status = 401 if number is None else 403
        return status, "Only the admin key (SUMTUNE_ADMIN_KEY) can change adapters: send `Authorization: Bearer <key>`."

    def _number(self, authorization: bytes) -> int | None:
        """The place of the key in use. Every key is compared in full, so that time says nothing about them."""
        scheme, _, given = authorization.partition(b" ")
        matches = [hmac.compare_digest(given.strip(), key) for key in self.keys]
        return matches.index(True) if scheme.lower() == b"bearer" and True in matches else None


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only.

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("0.0.0.0"), is_loopback("example.com")
    (True, True, False, False)
    """
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def _changes_adapters(scope: Scope) -> bool:
    return scope["path"].startswith(ADAPTERS) and scope["method"] not in READING


def _is_local(host: str) -> bool:
    """Whether a Host header (`name`, `name:port`, `[address]:port`) names this machine."""
    name = host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(name.lower())
