"""Uvicorn protocol that drops idle and slow connections."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from sumtune.serve.http.connections import ConnectionRegistry, over_limit
from sumtune.serve.settings import ServeSettings

__all__ = ["READ_BYTES", "LimitedProtocol", "protocol_class"]

READ_BYTES = 16_384
"""Most bytes per read, and roughly the limit for request headers. With asyncio's default of 256 KB, a client that sends
tiny chunks blocks the event loop for a quarter of a second."""


class LimitedProtocol(H11Protocol):
    """Drop clients that are too slow to send headers or read responses, and connections over the limit."""

    settings: ServeSettings
    registry: ConnectionRegistry
    _for_request: asyncio.TimerHandle | None = None
    _for_reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Register the connection. Over the limit, it gets only health checks and 503."""
        super().connection_made(transport)
        transport.max_size = READ_BYTES
        _disable_nagle(transport.get_extra_info("socket"))
        if not self.registry.add(self, self.client[0] if self.client else ""):
            self.app = over_limit(self.app)
        self._watch_request()

    def data_received(self, data: bytes) -> None:
        """Handle incoming bytes."""
        super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Mark the connection as idle."""
        self.registry.mark_idle(self)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Unregister the connection."""
        super().connection_lost(exc)
        self.registry.remove(self)
        _cancel(self._for_request)
        _cancel(self._for_reading)

    def pause_writing(self) -> None:
        """Start the timeout for a client that does not read."""
        super().pause_writing()
        self._for_reading = self.loop.call_later(self.settings.send_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timeout."""
        super().resume_writing()
        _cancel(self._for_reading)

    @property
    def awaits_client(self) -> bool:
        """Whether the client has not sent a complete request yet."""
        return not self._is_answering() or self.cycle.more_body

    def drop(self) -> None:
        """Close the connection at once."""
        self.transport.abort()

    def _watch_request(self) -> None:
        """Run the header timeout while request headers are incomplete."""
        if self._is_answering():
            _cancel(self._for_request)
            self._for_request = None
        elif self._for_request is None:
            self._for_request = self.loop.call_later(self.settings.header_timeout_s, self._drop_if_silent)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _drop_if_silent(self) -> None:
        self._for_request = None
        if not self._is_answering():
            self.drop()


def protocol_class(settings: ServeSettings) -> type[LimitedProtocol]:
    """Return a uvicorn protocol class with these limits, which all its connections share."""
    registry = ConnectionRegistry(settings.max_connections, settings.max_connections_per_client)
    return type("ServiceProtocol", (LimitedProtocol,), {"settings": settings, "registry": registry})


def _disable_nagle(connection: Any) -> None:
    """Send the body without waiting for the acknowledgement of the headers, which some clients delay by 40 ms.

    asyncio does not do this for sockets from `socket.create_server`.
    """
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
