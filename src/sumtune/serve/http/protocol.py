"""Uvicorn protocol that drops idle and slow connections."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from sumtune.serve.http.connections import ConnectionRegistry, crowded
from sumtune.serve.settings import ServeSettings

__all__ = ["READ_BYTES", "LimitedProtocol", "protocol_class"]

READ_BYTES = 16_384
"""Most bytes that are read and parsed in one go, and about the most of a request's headers. One client's bytes must not
hold up the others: 256 KB, asyncio's default, of tiny chunks take a quarter of a second."""


class LimitedProtocol(H11Protocol):
    """Drops clients that send no whole headers or read no answer in time, and those there is no room for."""

    settings: ServeSettings
    registry: ConnectionRegistry
    _for_request: asyncio.TimerHandle | None = None
    _for_reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a new connection in. Where every other one is being answered, it may ask for little."""
        super().connection_made(transport)
        transport.max_size = READ_BYTES
        _send_at_once(transport.get_extra_info("socket"))
        if not self.registry.add(self, self.client[0] if self.client else ""):
            self.app = crowded(self.app)
        self._watch_request()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        super().data_received(data)
        self._watch_request()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self.registry.mark_idle(self)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self.registry.remove(self)
        _cancel(self._for_request)
        _cancel(self._for_reading)

    def pause_writing(self) -> None:
        """Give the client some seconds to read."""
        super().pause_writing()
        self._for_reading = self.loop.call_later(self.settings.send_timeout_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        _cancel(self._for_reading)

    @property
    def awaits_client(self) -> bool:
        """Whether the next move is the client's: it has sent no request, or only a part of one."""
        return not self._is_answering() or self.cycle.more_body

    def drop(self) -> None:
        """End the connection at once."""
        self.transport.abort()

    def _watch_request(self) -> None:
        """Run a timer exactly while the headers of a request are on their way."""
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
    """Return a protocol for uvicorn with these limits; all its connections share them."""
    registry = ConnectionRegistry(settings.max_connections, settings.max_connections_per_client)
    return type("ServiceProtocol", (LimitedProtocol,), {"settings": settings, "registry": registry})


def _send_at_once(connection: Any) -> None:
    """Without this, an answer's body waits until its headers are acknowledged, which takes some clients 40 ms.

    asyncio does it for sockets that it knows to be TCP's, which those of `socket.create_server` do not say.
    """
    if connection is not None and connection.family in (socket.AF_INET, socket.AF_INET6):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
