"""Limit the number of connections, in total and per client. Idle connections make room for new ones."""

import time
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["OVERSHOOT", "ConnectionLimit", "ConnectionRegistry", "client_network", "over_limit"]

OVER_LIMIT = "sumtune.over_limit"
"""Scope entry of requests on a connection over the limit."""
HEALTH_PATH = "/health"
RETRY_S = 1
GRACE_S = 0.25
"""Seconds before a silent connection can be dropped."""
OVERSHOOT = 0.25
"""Share by which connections in their grace period may exceed the limit."""
NETWORK_BITS = 64
"""Length of the IPv6 prefix that usually belongs to one client."""


class Connection(Protocol):
    """A client connection."""

    @property
    def awaits_client(self) -> bool:
        """Whether the client has not sent a complete request yet."""
        ...

    def drop(self) -> None:
        """Close the connection at once."""
        ...


class ConnectionRegistry:
    """Registry of all connections by client.

    Over a limit, a new connection replaces the longest idle one, that is, one that has not sent a complete request yet.
    If the new client is at its own limit, only its connections count; otherwise, those of the client with the most. So
    slow clients cannot block others. During its first `GRACE_S` seconds a connection is not replaced, so the number of
    connections may exceed the limit by the share `OVERSHOOT`.
    """

    def __init__(self, max_total: int, max_per_client: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.max_total = max_total
        self.max_per_client = max_per_client
        self.clock = clock
        self._clients: dict[str, dict[Connection, float]] = {}
        """By client: its connections and since when each is idle, the longest idle first."""
        self._client_of: dict[Connection, str] = {}

    def __len__(self) -> int:
        return len(self._client_of)

    def add(self, connection: Connection, address: str) -> bool:
        """Add a connection and make room for it. Return False if there is no idle connection to drop."""
        client = client_network(address)
        own = self._clients.setdefault(client, {})
        own[connection] = self.clock()
        self._client_of[connection] = client
        if len(own) > self.max_per_client:
            return self._make_room([client], len(own), self.max_per_client, connection)
        if len(self) > self.max_total:
            largest_first = sorted(self._clients, key=lambda name: len(self._clients[name]), reverse=True)
            return self._make_room(largest_first, len(self), self.max_total, connection)
        return True

    def mark_idle(self, connection: Connection) -> None:
        """Mark a connection as idle from now on, after its response."""
        if (client := self._client_of.get(connection)) is not None:
            own = self._clients[client]
            del own[connection]
            own[connection] = self.clock()

    def remove(self, connection: Connection) -> None:
        """Remove a connection, if it is registered."""
        client = self._client_of.pop(connection, None)
        if client is not None:
            del self._clients[client][connection]
            if not self._clients[client]:
                del self._clients[client]

    def _make_room(self, clients: Sequence[str], count: int, limit: int, new: Connection) -> bool:
        """Drop idle connections, in the order of `clients`. Return False if there are none."""
        now = self.clock()
        idle = [
            (connection, since)
            for client in clients
            for connection, since in self._clients[client].items()
            if connection is not new and connection.awaits_client
        ]
        for connection, since in idle[: count - limit]:
            if now - since > GRACE_S or count > limit * (1 + OVERSHOOT):
                self.remove(connection)
                connection.drop()
                count -= 1
        return bool(idle)


def client_network(address: str) -> str:
    """Return the identity of a client: its IPv4 address, or the /64 network of its IPv6 address.

    >>> client_network("192.0.2.7"), client_network("2001:db8:0:1:aaaa::5"), client_network("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:0:1::', '192.0.2.7')
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    host_bits = parsed.max_prefixlen - NETWORK_BITS
    return str(IPv6Address(int(parsed) >> host_bits << host_bits))


def over_limit(app: ASGIApp) -> ASGIApp:
    """Return `app` for a connection over the limit."""

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, OVER_LIMIT: True}, receive, send)

    return marked


class ConnectionLimit:
    """Refuse requests on connections over the limit (503), except health checks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request, or refuse it and close its connection."""
        if scope.get(OVER_LIMIT) and scope["path"] != HEALTH_PATH:
            headers = {"Retry-After": str(RETRY_S), "Connection": "close"}
            detail = f"Too many connections; try again in {RETRY_S} s."
            await error_response(scope["path"], 503, detail, headers)(scope, receive, send)
            return
        await self.app(scope, receive, send)
