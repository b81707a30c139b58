"""Graceful shutdown: after Control-C or SIGTERM, training stops between two optimizer steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["graceful_stop"]

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
