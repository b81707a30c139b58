"""How a fault of ours is logged: where it happened, but not the exception's words, which may quote a dialogue."""

import traceback
from pathlib import PurePath

__all__ = ["redacted_traceback"]


def redacted_traceback(error: BaseException) -> str:
    """The type of `error` and of its causes, and the places in the code they passed through."""
    parts = []
    seen: BaseException | None = error
    while seen is not None:
        frames = traceback.extract_tb(seen.__traceback__)
        places = " < ".join(
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
        )
        parts.append(f"{type(seen).__name__} at {places or 'an unknown place'}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return "; caused by ".join(parts)
