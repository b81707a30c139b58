"""Soft stops: Control-C and SIGTERM are a wish, which training grants between two optimizer steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["graceful_stop"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOT_OURS = (signal.SIG_IGN, None)
"""Handlers of signals that are ignored, as Control-C is behind `nohup`, or were not set from Python."""


@contextmanager
def graceful_stop() -> Iterator[Callable[[], bool]]:
    """Inside, the first signal only makes the given function say True; the second one acts as it always does.

    In a thread other than the main one signals cannot be caught: there the function never says True.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    wished = threading.Event()
    before = {number: handler for number in SIGNALS if (handler := signal.getsignal(number)) not in NOT_OURS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def wish(_number: int, _frame: FrameType | None) -> None:
        wished.set()
        restore()

    for number in before:
        signal.signal(number, wish)
    try:
        yield wished.is_set
    finally:
        restore()
