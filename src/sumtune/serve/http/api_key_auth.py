"""Authentication by API key. Without keys, only this machine has access."""

import hmac
from collections.abc import Sequence
from ipaddress import ip_address

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["KEY_INDEX", "ApiKeyAuth", "is_loopback"]

KEY_INDEX = "sumtune.key"
"""Scope entry with the index of the API key that was used; missing if no key was sent."""

OPEN_PATHS = frozenset({"/", "/docs", "/openapi.json", "/health", "/ready"})
OPEN_PREFIX = "/page/"
"""Paths that need no key: the empty page, the documentation, and the health checks."""
ADAPTERS_PREFIX = "/adapters"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class ApiKeyAuth:
    """Refuse requests without a valid API key. Changing adapters needs the admin key.

    Without API keys, refuse requests whose `Host` is not this machine. This prevents DNS rebinding, where a web page
    in a browser on this machine reaches the service under its own host name.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[str], admin_key: str | None = None) -> None:
        self.app = app
        self.requires_key = bool(keys)
        self.loads_adapters = admin_key is not None
        self.keys = [key.encode() for key in (*keys, *([admin_key] if admin_key else []))]
        """API keys, then the admin key if there is one."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on an allowed request, with the index of its key in the scope."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key_index = self._key_index(headers.get(b"authorization", b""))
        refused = self._refused(scope, headers.get(b"host", b"").decode("latin-1"), key_index)
        if refused is not None:
            status, detail = refused
            extra = {"WWW-Authenticate": "Bearer"} if status == 401 else None
            await error_response(scope["path"], status, detail, extra)(scope, receive, send)
            return
        if key_index is not None:
            scope[KEY_INDEX] = key_index
        await self.app(scope, receive, send)

    def _refused(self, scope: Scope, host: str, key_index: int | None) -> tuple[int, str] | None:
        """Return status and reason if the request is refused."""
        if not self.requires_key and not _is_local(host):
            return 421, "Without an API key the service accepts only requests to localhost: set SUMTUNE_API_KEY."
        if self.requires_key and key_index is None and not _is_open(scope["path"]):
            return 401, "The API key is missing or wrong: send `Authorization: Bearer <key>`."
        if not _changes_adapters(scope):
            return None
        if not self.loads_adapters:
            return 403, "To change adapters, start the service with --allow-adapter-loading."
        if key_index == len(self.keys) - 1:
            return None
        status = 401 if key_index is None else 403
        return status, "Only the admin key (SUMTUNE_ADMIN_KEY) can change adapters: send `Authorization: Bearer <key>`."

    def _key_index(self, authorization: bytes) -> int | None:
        """Return the index of the key that was sent. Comparing all keys in constant time prevents timing attacks."""
        scheme, _, given = authorization.partition(b" ")
        matches = [hmac.compare_digest(given.strip(), key) for key in self.keys]
        return matches.index(True) if scheme.lower() == b"bearer" and True in matches else None


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach the address `host`.

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
    return scope["path"].startswith(ADAPTERS_PREFIX) and scope["method"] not in SAFE_METHODS


def _is_local(host: str) -> bool:
    """Return whether a Host header (`name`, `name:port` or `[address]:port`) names this machine."""
    name = host.partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return is_loopback(name.lower())
