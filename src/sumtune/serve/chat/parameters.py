"""Parameters of a chat request besides its messages: which are refused, and which are ignored."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from sumtune.serve.request_body import truncate

__all__ = ["ignored_parameters"]

MAX_NAMES = 20
UNSUPPORTED: dict[str, tuple[Any, ...]] = {
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
"""Parameters that would change the response in unsupported ways, with the values that have no effect."""


def ignored_parameters(parameters: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters that have no effect, such as `temperature`, and of unknown ones.

    Raises:
        PydanticCustomError: a parameter asks for something unsupported.
    """
    for name, harmless in UNSUPPORTED.items():
        value = parameters.get(name)
        if value and value not in harmless:
            raise PydanticCustomError("unsupported", "`{name}` is not supported", {"name": name})
    names = sorted(
        truncate(name) for name, value in parameters.items() if value is not None and name not in UNSUPPORTED
    )
    return names if len(names) <= MAX_NAMES else [*names[:MAX_NAMES], f"and {len(names) - MAX_NAMES} more"]
