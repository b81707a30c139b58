"""Facts about a run for those who want to repeat it: settings, versions, machine, licences."""

from collections.abc import Iterator, Mapping
from typing import Any

from sumtune.config import Config
from sumtune.model.locate import EMBEDDED, is_hub_id

__all__ = ["base_model_id", "is_gemma", "licences_of", "settings_of"]

EMBEDDED_ID = "google/gemma-3-270m"
"""The Hugging Face id of the model whose weights are embedded."""
GEMMA_NOTICE = (
    "Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms. They also bind "
    "this adapter and models that are merged with it."
)


def settings_of(config: Config) -> tuple[tuple[str, str], ...]:
    """Return every setting by its dotted key."""
    return tuple(_flat(config.model_dump(mode="json")))


def base_model_id(config: Config) -> str | None:
    """Return the Hugging Face id of the base model; None for a folder or file of the user."""
    name = config.model.name
    if name == EMBEDDED:
        return EMBEDDED_ID
    return name if is_hub_id(name) and not name.endswith(".gguf") else None


def is_gemma(config: Config) -> bool:
    """Return whether the base model is known to be a Gemma, so that its terms bind the adapter."""
    return "gemma" in (base_model_id(config) or config.model.name).lower().rpartition("/")[2]


def licences_of(config: Config) -> tuple[tuple[str, str], ...]:
    """Return the licence of each ingredient for which it is known."""
    base = GEMMA_NOTICE if is_gemma(config) else "As its publisher says; it may also bind this adapter."
    data = "Apache-2.0" if config.data.path == EMBEDDED else "Yours, or as the publisher of the data says."
    return (("Base model", base), ("Conversations", data), ("sumtune", "Apache-2.0"))


def _flat(settings: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)
