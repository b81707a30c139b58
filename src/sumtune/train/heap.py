"""Memory that was freed, given back to the system."""

import ctypes
import sys

__all__ = ["give_memory_back"]


def give_memory_back() -> None:
    """Lets glibc release what it keeps for later; elsewhere nothing.

    Micro-batches of ever new sizes leave holes of ever new sizes: over a thousand optimizer steps twice the need.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
