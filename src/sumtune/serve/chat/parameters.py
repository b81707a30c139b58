"""Settings of a chat request besides its messages: those that are refused, and those that have no effect."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from sumtune.serve.request_body import truncate

__all__ = ["ignored_parameters"]

MOST_NAMES = 20
WITHOUT_MEANING: dict[str, tuple[Any, ...]] = {
    "tools": (),
    "tool_choice": ("none", "auto"),
    "functions": (),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "audio": (),
    "logprobs": (),
    "top_logprobs": (),
    "logit_bias": (),
    "stop": (),
    "web_search_options": (),
}
"""What would change the form or text of the answer, which nothing here can, with the values that ask for nothing."""


def ignored_parameters(settings: Mapping[str, Any]) -> list[str]:
    """Return the names of settings that change nothing: sampling, bookkeeping, and whatever is not known.

    Raises:
        PydanticCustomError: a setting asks for what a summarizer cannot give.
    """
    for name, harmless in WITHOUT_MEANING.items():
        value = settings.get(name)
        if value and value not in harmless:
            raise PydanticCustomError("unsupported", "`{name}` has no meaning for a summarizer", {"name": name})
    given = sorted(
        truncate(name) for name, value in settings.items() if value is not None and name not in WITHOUT_MEANING
    )
    return given if len(given) <= MOST_NAMES else [*given[:MOST_NAMES], f"and {len(given) - MOST_NAMES} more"]
