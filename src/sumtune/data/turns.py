"""Find the speaker and the text of a turn, whatever keys its object has."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["SPEAKER_KEYS", "TEXT_KEYS", "speaker_and_text", "unread_keys"]

SPEAKER_KEYS = (
    "speaker", "speaker_name", "user_profile", "display_name", "displayname", "nickname", "real_name", "name", "author",
    "author_name", "sender", "sender_name", "username", "user_name", "participant", "user", "agent", "role", "from",
)  # fmt: skip
"""The first key that has a value wins, so names come before roles and ids."""
TEXT_KEYS = ("text", "content", "value", "message", "utterance", "body", "msg")
NAME_KEYS = (
    "real_name", "display_name", "displayname", "global_name", "nickname", "name", "username", "user", "email", "id",
)  # fmt: skip
"""Keys of the name if the speaker is an object."""
DEEPEST = 3
TEXT_PARTS = ("text", "input_text", "output_text")
"""Types of parts with text in the chat APIs; others are, for example, images."""


def speaker_and_text(turn: Mapping[Any, Any]) -> tuple[Any, Any]:
    """Return the speaker of a turn (None if there is none) and its text.

    If an object has no known key for the text, the object itself is returned as the text.

    >>> speaker_and_text({"user": "U1", "user_profile": {"real_name": "Ann"}, "text": "Hi", "ts": "1.0"})
    ('Ann', 'Hi')
    """
    fields = {str(key).lower(): value for key, value in turn.items()}
    if not any(key in fields for key in TEXT_KEYS):
        return None, turn
    speaker = next((name for key in SPEAKER_KEYS if (name := _name(fields.get(key))) is not None), None)
    return speaker, _join_parts(next((fields[key] for key in TEXT_KEYS if fields.get(key) is not None), None))


def unread_keys(turns: Iterable[Any]) -> tuple[str, ...]:
    """Return the keys that hold texts in turns without a known speaker, because one of them may be the name.

    >>> unread_keys([{"who": "Ann", "text": "Hi", "ts": 1.5}])
    ('who',)
    """
    objects = [turn for turn in turns if isinstance(turn, Mapping)]
    if any(speaker_and_text(turn)[0] not in (None, "") for turn in objects):
        return ()
    known = {*TEXT_KEYS, *SPEAKER_KEYS}
    texts = (str(key) for turn in objects for key, value in turn.items() if isinstance(value, str))
    return tuple(dict.fromkeys(key for key in texts if key.lower() not in known))


def _name(value: Any, depth: int = 0) -> Any:
    """Return the name of a speaker that is given as a text, a number, or an object with a name."""
    if not isinstance(value, Mapping) or depth == DEEPEST:
        return value if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
    fields = {str(key).lower(): inner for key, inner in value.items()}
    names = (_name(fields.get(key), depth + 1) for key in NAME_KEYS)
    return next((name for name in names if name is not None), None)


def _join_parts(text: Any) -> Any:
    """Return the text of a message whose content is a list of parts: objects in chat APIs, also texts in Telegram."""
    if not isinstance(text, list) or not text or not all(isinstance(part, str | Mapping) for part in text):
        return text
    if any(isinstance(part, str) for part in text):
        return "".join(str(part.get("text", "")) if isinstance(part, Mapping) else part for part in text)
    parts = [part.get("text") for part in text if part.get("type", "text") in TEXT_PARTS]
    return "\n".join(parts) if parts and all(isinstance(part, str) for part in parts) else text
