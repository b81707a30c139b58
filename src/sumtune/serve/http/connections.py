"""How many connections there are, in all and from one client, and which of them makes room for a new one."""

import time
from collections.abc import Callable, Sequence
from ipaddress import IPv6Address, ip_address
from typing import Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from sumtune.serve.http.error_responses import error_response

__all__ = ["OVERSHOOT", "ConnectionLimit", "ConnectionRegistry", "client_network", "crowded"]

CROWDED = "sumtune.crowded"
"""Entry of the scope of requests whose connection came when all the others were being answered."""
ALWAYS_ANSWERED = "/health"
RETRY_S = 1
GRACE_S = 0.25
"""Seconds that a connection has at least in which to send its request."""
OVERSHOOT = 0.25
"""Share of connections over the limit that may be in those seconds."""
NETWORK_BITS = 64
"""Of an IPv6 address: what one client usually has all addresses of."""


class Connection(Protocol):
    """One connection."""

    @property
    def awaits_client(self) -> bool:
        """Whether the next move is the client's: it has sent no request, or only a part of one."""
        ...

    def drop(self) -> None:
        """End it at once."""
        ...


class ConnectionRegistry:
    """All connections by client. Where there are too many, one that waits for its client makes room for the new one.

    It is one of the same client if that has too many, else one of the client that has most. So half-sent requests keep
    nobody out. A connection has a moment in which to send its request before it can be dropped: until then there may be
    a few too many.
    """

    def __init__(self, most: int, most_per_client: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.most = most
        self.most_per_client = most_per_client
        self.clock = clock
        self._clients: dict[str, dict[Connection, float]] = {}
        """Since when each connection of a client waits, first the one that has waited longest."""
        self._client_of: dict[Connection, str] = {}

    def __len__(self) -> int:
        return len(self._client_of)

    def add(self, connection: Connection, address: str) -> bool:
        """Take a connection in and make room for it; False where all others of the client, or of all, are answered."""
        client = client_network(address)
        own = self._clients.setdefault(client, {})
        own[connection] = self.clock()
        self._client_of[connection] = client
        if len(own) > self.most_per_client:
            return self._make_room([client], len(own), self.most_per_client, connection)
        if len(self) > self.most:
            largest_first = sorted(self._clients, key=lambda name: len(self._clients[name]), reverse=True)
            return self._make_room(largest_first, len(self), self.most, connection)
        return True

    def mark_idle(self, connection: Connection) -> None:
        """Put a connection that was answered behind those that have waited longer."""
        if (client := self._client_of.get(connection)) is not None:
            own = self._clients[client]
            del own[connection]
            own[connection] = self.clock()

    def remove(self, connection: Connection) -> None:
        """Forget a connection, if it is known."""
        client = self._client_of.pop(connection, None)
        if client is not None:
            del self._clients[client][connection]
            if not self._clients[client]:
                del self._clients[client]

    def _make_room(self, clients: Sequence[str], count: int, most: int, new: Connection) -> bool:
        """Drop connections of the first of `clients` that has any to drop; False where no other one waits."""
        now = self.clock()
        others = [
            (connection, since)
            for client in clients
            for connection, since in self._clients[client].items()
            if connection is not new and connection.awaits_client
        ]
        for connection, since in others[: count - most]:
            if now - since > GRACE_S or count > most * (1 + OVERSHOOT):
                self.remove(connection)
                connection.drop()
                count -= 1
        return bool(others)


def client_network(address: str) -> str:
    """Return what the connections of one client have in common: an IPv4 address, or the /64 network of an IPv6 one.

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


def crowded(app: ASGIApp) -> ASGIApp:
    """Return `app` for a connection that came when there was no room."""

    async def marked(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, CROWDED: True}, receive, send)

    return marked


class ConnectionLimit:
    """Refuses requests of crowded connections with 503, all but those that ask whether the service lives."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it and end its connection."""
        if scope.get(CROWDED) and scope["path"] != ALWAYS_ANSWERED:
            headers = {"Retry-After": str(RETRY_S), "Connection": "close"}
            detail = f"Too many connections are being answered; ask again in {RETRY_S} s."
            await error_response(scope["path"], 503, detail, headers)(scope, receive, send)
            return
        await self.app(scope, receive, send)
