"""Tracebacks without exception messages, which may quote a dialogue."""

import traceback
from pathlib import PurePath

__all__ = ["redacted_traceback"]


def redacted_traceback(error: BaseException) -> str:
    """Return the types of `error` and its causes with their code locations, without their messages."""
    parts = []
    current: BaseException | None = error
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)
        places = " < ".join(
            f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)
        )
        parts.append(f"{type(current).__name__} at {places or 'an unknown place'}")
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "; caused by ".join(parts)
