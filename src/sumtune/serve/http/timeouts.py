"""Connections that only take up room: uvicorn waits for their next byte forever, this does not."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["impatient"]


def impatient(header_timeout_s: float, send_timeout_s: float) -> type[H11Protocol]:
    """A protocol for uvicorn that drops clients which send no whole request line and headers, or read no answer."""

    class ImpatientProtocol(H11Protocol):
        _for_request: asyncio.TimerHandle | None = None
        _for_reading: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch_request()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch_request()

        def connection_lost(self, exc: Exception | None) -> None:
            super().connection_lost(exc)
            _cancel(self._for_request)
            _cancel(self._for_reading)

        def pause_writing(self) -> None:
            super().pause_writing()
            self._for_reading = self.loop.call_later(send_timeout_s, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            _cancel(self._for_reading)

        def _watch_request(self) -> None:
            """Runs a timer exactly while the headers of a request are on their way."""
            if self._is_answering():
                _cancel(self._for_request)
                self._for_request = None
            elif self._for_request is None:
                self._for_request = self.loop.call_later(header_timeout_s, self._drop_if_silent)

        def _is_answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _drop_if_silent(self) -> None:
            self._for_request = None
            if not self._is_answering():
                self.transport.abort()

    return ImpatientProtocol


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
