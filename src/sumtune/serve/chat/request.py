"""The part of OpenAI's chat requests that has a meaning here, and notes on the rest.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sumtune.serve.chat.conversation import AmbiguousChatError, Conversation, Reason, Turn, read_conversation
from sumtune.serve.chat.messages import RequestMessage
from sumtune.serve.chat.parameters import ignored_parameters
from sumtune.serve.request_body import RequestBody, truncate
from sumtune.serve.schema import EXAMPLE, MAX_TOKENS

__all__ = ["ChatRequest", "Notes"]

MAX_MESSAGES = 1000
LONGEST_LEFT_OUT = 200
"""Characters of a text that was left out which the answer repeats."""


class LeftOutText(BaseModel):
    """A text of the request that is no part of what was summarized."""

    message: int = Field(description="Which message it stands in, counted from 0.")
    text: str = Field(description="How it begins.")
    reason: Reason = Field(
        description="`instruction`: the model has one fixed prompt. `earlier message`: the last one holds the dialogue."
    )


class Notes(BaseModel):
    """What had no effect on the summary."""

    left_out: list[LeftOutText]
    without_effect: list[str] = Field(description="Settings that change nothing.")


class StreamOptions(RequestBody):
    """What a stream should have besides its text."""

    model_config = ConfigDict(strict=True)

    include_usage: bool = False


class ChatRequest(RequestBody):
    """A chat whose messages are the dialogue. Settings of sampling are read and have no effect."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={"examples": [{"model": "tuned", "messages": [{"role": "user", "content": EXAMPLE}]}]},
    )

    model: str = Field(max_length=200, description="One of `GET /v1/models`.")
    messages: Annotated[list[RequestMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Literal[1] | None = Field(None, description="There is one summary.")
    stream: bool = False
    stream_options: StreamOptions | None = None

    _conversation: Conversation = PrivateAttr()
    _without_effect: list[str] = PrivateAttr()

    @field_validator("stream", mode="before")
    @classmethod
    def _null_is_false(cls, value: Any) -> Any:
        return False if value is None else value

    @model_validator(mode="after")
    def _read(self) -> "ChatRequest":
        self._without_effect = ignored_parameters(self.model_extra or {})
        turns = [Turn(place, message.role, message.name, message.text) for place, message in enumerate(self.messages)]
        try:
            self._conversation = read_conversation(turns)
        except AmbiguousChatError as error:
            raise PydanticCustomError("unclear", "{reason}", {"reason": str(error)}) from None
        return self

    @property
    def dialogue(self) -> str:
        """What the model reads."""
        return self._conversation.dialogue

    @property
    def notes(self) -> Notes:
        """What the model does not read."""
        left_out = [
            LeftOutText(message=part.message, text=truncate(part.text, LONGEST_LEFT_OUT), reason=part.reason)
            for part in self._conversation.left_out
        ]
        return Notes(left_out=left_out, without_effect=self._without_effect)

    @property
    def limit(self) -> int | None:
        """Most tokens of the summary."""
        given = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None]
        return min(*given, MAX_TOKENS) if given else None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the number of tokens."""
        return self.stream_options is not None and self.stream_options.include_usage
