"""The messages of a chat request as texts; whatever is no text is refused with a reason."""

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
WITHOUT_TEXT = frozenset({"cache_control", "id", "status"})
"""Fields of messages and parts that some clients send, and that hold no text of the conversation."""


class RequestMessage(RequestBody):
    """A message of the request: a turn of the conversation, or an instruction."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Annotated[Any, WithJsonSchema(CONTENT_SCHEMA)] = None
    name: Annotated[str, Field(max_length=200)] | None = Field(None, description="The speaker, if not the role.")
    refusal: Annotated[str, Field(max_length=MAX_CHARACTERS)] | None = None

    @property
    def text(self) -> str:
        """Its content as one text, as training reads it."""
        content = [self.content] if isinstance(self.content, str) else map(_text_of, self.content or ())
        return as_text("\n".join([*content, self.refusal or ""])) or ""

    @model_validator(mode="after")
    def _is_text(self) -> "RequestMessage":
        if self.role in ("tool", "function"):
            raise _unsupported(f"a message with the role `{self.role}` is no turn of a conversation")
        _refuse_more(self.model_extra or {}, "a message")
        if isinstance(self.content, str):
            _require_text(self.content)
        elif isinstance(self.content, list) and len(self.content) <= MAX_PARTS:
            for part in self.content:
                _require_text_part(part)
        elif self.content is not None:
            raise _unsupported(f"the content of a message is a text, or up to {MAX_PARTS} parts of the type `text`")
        return self


def _require_text_part(part: Any) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in ("text", "refusal"):
        raise _unsupported(f"only parts of the type `text` can be summarized, not `{_shown(kind)}`")
    _require_text(part.get(kind))
    _refuse_more({key: value for key, value in part.items() if key not in ("type", kind)}, "a part")


def _require_text(text: Any) -> None:
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS or not is_unicode(text):
        raise _unsupported(f"a text is a string of at most {MAX_CHARACTERS} Unicode characters")


def _refuse_more(fields: dict[str, Any], of_what: str) -> None:
    """Refuses fields that could hold something of the conversation."""
    for name, value in fields.items():
        if value and name not in WITHOUT_TEXT:
            raise _unsupported(f"`{_shown(name)}` of {of_what} cannot be summarized")


def _text_of(part: dict[str, str]) -> str:
    return part[part["type"]]


def _shown(name: Any) -> str:
    return truncate(str(name) if isinstance(name, str) else type(name).__name__)


def _unsupported(reason: str) -> PydanticCustomError:
    return PydanticCustomError("unsupported", "{reason}", {"reason": reason})
