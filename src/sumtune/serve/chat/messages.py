"""Messages of a chat request. Content that is not text is refused with a reason."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from sumtune.data.dialogue import as_text, is_unicode
from sumtune.serve.dialogue_input import MAX_CHARACTERS
from sumtune.serve.request_body import RequestBody, truncate

__all__ = ["RequestMessage"]

MAX_PARTS = 1000
CONTENT_SCHEMA = {
    "anyOf": [
        {"type": "string", "maxLength": MAX_CHARACTERS},
        {
            "type": "array",
            "maxItems": MAX_PARTS,
            "items": {
                "type": "object",
                "properties": {"type": {"const": "text"}, "text": {"type": "string", "maxLength": MAX_CHARACTERS}},
                "required": ["type", "text"],
                "additionalProperties": False,
            },
        },
        {"type": "null"},
    ]
}
IGNORED_FIELDS = frozenset({"cache_control", "id", "status"})
"""Fields that some clients send with messages and parts, and that hold no text of the conversation."""


class RequestMessage(RequestBody):
    """Message of a chat request: a turn of the conversation or an instruction."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[Any, WithJsonSchema(CONTENT_SCHEMA)] = None
    name: Annotated[str, Field(max_length=200)] | None = Field(None, description="Speaker, instead of the role.")
    refusal: Annotated[str, Field(max_length=MAX_CHARACTERS)] | None = None

    @property
    def text(self) -> str:
        """The content as one text, normalized as in training."""
        content = [self.content] if isinstance(self.content, str) else map(_text_of, self.content or ())
        return as_text("\n".join([*content, self.refusal or ""])) or ""

    @model_validator(mode="after")
    def _is_text(self) -> "RequestMessage":
        if self.role in ("tool", "function"):
            raise _unsupported(f"a message with the role `{self.role}` is not a turn of a conversation")
        _refuse_extra_fields(self.model_extra or {}, "a message")
        if isinstance(self.content, str):
            _require_text(self.content)
        elif isinstance(self.content, list) and len(self.content) <= MAX_PARTS:
            for part in self.content:
                _require_text_part(part)
        elif self.content is not None:
            raise _unsupported(f"the content of a message must be a text or up to {MAX_PARTS} parts of type `text`")
        return self


def _require_text_part(part: Any) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in ("text", "refusal"):
        raise _unsupported(f"only parts of type `text` can be summarized, not `{_display_name(kind)}`")
    _require_text(part.get(kind))
    _refuse_extra_fields({key: value for key, value in part.items() if key not in ("type", kind)}, "a part")


def _require_text(text: Any) -> None:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS or not is_unicode(text):
        raise _unsupported(f"a text must be a string of at most {MAX_CHARACTERS} Unicode characters")


def _refuse_extra_fields(fields: dict[str, Any], owner: str) -> None:
    """Refuse fields that could hold a part of the conversation."""
    for name, value in fields.items():
        if value and name not in IGNORED_FIELDS:
            raise _unsupported(f"`{_display_name(name)}` of {owner} cannot be summarized")


def _text_of(part: dict[str, str]) -> str:
    return part[part["type"]]


def _display_name(name: Any) -> str:
    return truncate(str(name) if isinstance(name, str) else type(name).__name__)


def _unsupported(reason: str) -> PydanticCustomError:
    return PydanticCustomError("unsupported", "{reason}", {"reason": reason})
