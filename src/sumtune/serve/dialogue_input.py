"""The `dialogues` field of a request: text or turns, converted to text exactly as in training."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, WithJsonSchema

from sumtune.data.dialogue import as_text, is_unicode

__all__ = ["MAX_CHARACTERS", "MAX_DIALOGUES", "Dialogues"]

MAX_DIALOGUES = 64
MAX_CHARACTERS = 500_000
MAX_TURNS = 10_000

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)]
Turns = Annotated[list[Text | dict[str, Any]], Field(min_length=1, max_length=MAX_TURNS)]
SpokenTurns = Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_TURNS)]
DialogueInput = Text | Annotated[list[Text | Turns], Field(min_length=1, max_length=MAX_DIALOGUES)] | SpokenTurns
"""One dialogue as text, a list of dialogues, or one dialogue as a list of objects."""


def _to_texts(value: Any) -> list[str]:
    """Return the dialogues as texts with one turn per line.

    Raises:
        ValueError: there are no dialogues or too many, or one is invalid.
    """
    is_turns = isinstance(value, list) and all(isinstance(turn, dict) for turn in value)
    dialogues = value if isinstance(value, list) and not is_turns else [value]
    if len(dialogues) > MAX_DIALOGUES:
        raise ValueError(f"there are {len(dialogues)} dialogues; the limit is {MAX_DIALOGUES}")
    return [_to_text(f"dialogue {number}", dialogue) for number, dialogue in enumerate(dialogues, 1)]


def _to_text(name: str, dialogue: Any) -> str:
    if isinstance(dialogue, list) and len(dialogue) > MAX_TURNS:
        raise ValueError(f"{name} has {len(dialogue)} turns; the limit is {MAX_TURNS}")
    text = as_text(dialogue)
    if text is None or dialogue is None:
        raise ValueError(f"{name} is neither a text nor a list of turns: texts, or objects with `speaker` and `text`")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{name} has more than {MAX_CHARACTERS} characters")
    if not text:
        raise ValueError(f"{name} has no text")
    if not is_unicode(text):
        raise ValueError(f"{name} contains an unpaired surrogate")
    return text


Dialogues = Annotated[list[str], BeforeValidator(_to_texts), WithJsonSchema(TypeAdapter(DialogueInput).json_schema())]
"""Dialogues in any accepted form, validated to a list of texts."""
