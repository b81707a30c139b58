"""Bodies of requests, whatever they hold: what is wrong with them is told briefly."""

from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

__all__ = ["MAX_ECHO_CHARACTERS", "MAX_PROBLEMS", "RequestBody", "truncate"]

MAX_PROBLEMS = 100
"""Most fields of a body, and most things wrong with it, that are looked at one by one."""
MAX_ECHO_CHARACTERS = 40
"""Characters of a name from a request that an answer repeats."""


def truncate(text: str, most: int = MAX_ECHO_CHARACTERS) -> str:
    """Return at most `most` characters of what a client sent, to be repeated to it."""
    return text if len(text) <= most else f"{text[:most]}…"


class RequestBody(BaseModel):
    """What a client sends. Where very much is wrong with it, only how much: telling it all would take seconds."""

    @model_validator(mode="wrap")
    @classmethod
    def _count_problems(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict) and len(value) > MAX_PROBLEMS:
            raise PydanticCustomError("too_many_fields", "It has {count} fields", {"count": len(value)})
        try:
            return handler(value)
        except ValidationError as error:
            count = error.error_count()
            if count <= MAX_PROBLEMS:
                raise
        raise PydanticCustomError("too_many_problems", "{count} things are wrong with it", {"count": count})
