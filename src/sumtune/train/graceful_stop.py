"""Graceful shutdown: after Control-C or SIGTERM, training stops between two optimizer steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["graceful_stop", "noted_interrupt"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
UNTOUCHED = (signal.SIG_IGN, None)
"""Handlers that are not replaced: of ignored signals (Control-C under `nohup`), and handlers not set from Python."""


@contextmanager
def graceful_stop() -> Iterator[Callable[[], bool]]:
    """Yield a function that returns True after the first SIGINT or SIGTERM. A second signal acts as usual.

    Python handles signals only in the main thread; in any other thread the function always returns False.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    requested = threading.Event()
    previous = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) not in UNTOUCHED}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        requested.set()
        restore()

    for number in previous:
        signal.signal(number, request_stop)
    try:
        yield requested.is_set
    finally:
        restore()


@contextmanager
def noted_interrupt() -> Iterator[Callable[[], None]]:
    """Yield a function that raises KeyboardInterrupt if Control-C was pressed, but did not end the work.

    Python drops an exception, also KeyboardInterrupt, in a callback of the garbage collector.
    """
    noted, previous = threading.Event(), signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        noted.set()
        signal.default_int_handler(number, frame)

    def raise_noted() -> None:
        if noted.is_set():
            raise KeyboardInterrupt

    replaced = previous is signal.default_int_handler and threading.current_thread() is threading.main_thread()
    if replaced:
        signal.signal(signal.SIGINT, note)
    try:
        yield raise_noted
    finally:
        if replaced:
            signal.signal(signal.SIGINT, previous)
