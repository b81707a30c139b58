"""The dialogues of a request as text: whatever form they have, the text that training would have made of them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, TypeAdapter, WithJsonSchema

from sumtune.data.dialogue import as_text, is_unicode

__all__ = ["MAX_CHARACTERS", "MAX_DIALOGUES", "Dialogues"]

MAX_DIALOGUES = 64
MAX_CHARACTERS = 100_000
MAX_TURNS = 10_000

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_CHARACTERS)]
Turns = Annotated[list[Text | dict[str, Any]], Field(min_length=1, max_length=MAX_TURNS)]
SpokenTurns = Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MAX_TURNS)]
Given = Text | Annotated[list[Text | Turns], Field(min_length=1, max_length=MAX_DIALOGUES)] | SpokenTurns
"""One dialogue as text, several as text or turns, or one as turns that are all objects."""


def _texts(given: Any) -> list[str]:
    """The dialogues as texts, one turn a line.

    Raises:
        ValueError: there is none, there are too many, or one is no dialogue.
    """
    is_turns = isinstance(given, list) and all(isinstance(turn, dict) for turn in given)
    dialogues = given if isinstance(given, list) and not is_turns else [given]
    if len(dialogues) > MAX_DIALOGUES:
        raise ValueError(f"there are {len(dialogues)} dialogues, at most {MAX_DIALOGUES} are read at once")
    return [_text(f"dialogue {number}", dialogue) for number, dialogue in enumerate(dialogues, 1)]


def _text(name: str, dialogue: Any) -> str:
    if isinstance(dialogue, list) and len(dialogue) > MAX_TURNS:
        raise ValueError(f"{name} has {len(dialogue)} turns, at most {MAX_TURNS} are read")
    text = as_text(dialogue)
    if text is None or dialogue is None:
        raise ValueError(f"{name} is neither a text nor a list of turns: texts, or objects with `speaker` and `text`")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"{name} has more than {MAX_CHARACTERS} characters")
    if not text:
        raise ValueError(f"{name} has no text")
    if not is_unicode(text):
        raise ValueError(f"{name} holds half a character (an unpaired surrogate)")
    return text


Dialogues = Annotated[list[str], BeforeValidator(_texts), WithJsonSchema(TypeAdapter(Given).json_schema())]
"""Dialogues of a request in any form; they become texts."""
