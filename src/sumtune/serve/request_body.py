"""Base model for request bodies. It keeps validation errors short, whatever a client sends."""

from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import PydanticCustomError

__all__ = ["MAX_ECHO_CHARACTERS", "MAX_PROBLEMS", "RequestBody", "truncate"]

MAX_PROBLEMS = 100
"""Most fields in a body, and most validation errors, that are reported one by one."""
MAX_ECHO_CHARACTERS = 40
"""Most characters of a client's text that a response repeats."""


def truncate(text: str, max_characters: int = MAX_ECHO_CHARACTERS) -> str:
    """Return `text` cut to `max_characters`, with an ellipsis if it was longer."""
    return text if len(text) <= max_characters else f"{text[:max_characters]}…"


class RequestBody(BaseModel):
    """Request body that reports only the number of problems if there are many: listing them all takes seconds."""

    @model_validator(mode="wrap")
    @classmethod
    def _count_problems(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, dict) and len(value) > MAX_PROBLEMS:
            raise PydanticCustomError("too_many_fields", "The body has {count} fields", {"count": len(value)})
        try:
            return handler(value)
        except ValidationError as error:
            count = error.error_count()
            if count <= MAX_PROBLEMS:
                raise
        raise PydanticCustomError("too_many_problems", "The body has {count} problems", {"count": count})
