"""OpenAI's chat request: the supported part, and notes on the rest.

https://platform.openai.com/docs/api-reference/chat/create
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sumtune.serve.chat.conversation import AmbiguousChatError, Conversation, Reason, Turn, read_conversation
from sumtune.serve.chat.messages import RequestMessage
from sumtune.serve.chat.parameters import ignored_parameters
from sumtune.serve.request_body import RequestBody, truncate
from sumtune.serve.schema import EXAMPLE, MAX_TOKENS, StyleText

__all__ = ["ChatRequest", "Notes"]

MAX_MESSAGES = 1000
MAX_LEFT_OUT_CHARACTERS = 200
"""Most characters of a left-out text that the response repeats."""


class LeftOutText(BaseModel):
    """A text of the request that was not summarized."""

    message: int = Field(description="Index of the message.")
    text: str = Field(description="Start of the text.")
    reason: Reason = Field(
        description="`instruction`: the prompt is fixed. `earlier message`: the last message contains the dialogue."
    )


class Notes(BaseModel):
    """Parts of the request that had no effect on the summary."""

    left_out: list[LeftOutText]
    without_effect: list[str] = Field(description="Parameters that have no effect.")


class StreamOptions(RequestBody):
    """Options of a stream."""

    model_config = ConfigDict(strict=True)

    include_usage: bool = False


class ChatRequest(RequestBody):
    """Chat request whose messages are the dialogue. Sampling parameters have no effect."""

    model_config = ConfigDict(
        extra="allow",
        strict=True,
        json_schema_extra={"examples": [{"model": "tuned", "messages": [{"role": "user", "content": EXAMPLE}]}]},
    )

    model: str = Field(max_length=200, description="A model from `GET /v1/models`.")
    messages: Annotated[list[RequestMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Literal[1] | None = Field(None, description="Only one summary is supported.")
    style: StyleText | None = Field(
        None, description="Not in OpenAI's API: style of the summary (`extra_body` of OpenAI's clients)."
    )
    stream: bool = False
    stream_options: StreamOptions | None = None

    _conversation: Conversation = PrivateAttr()
    _ignored_parameters: list[str] = PrivateAttr()

    @field_validator("stream", mode="before")
    @classmethod
    def _null_is_false(cls, value: Any) -> Any:
        return False if value is None else value

    @model_validator(mode="after")
    def _read(self) -> "ChatRequest":
        self._ignored_parameters = ignored_parameters(self.model_extra or {})
        turns = [Turn(index, message.role, message.name, message.text) for index, message in enumerate(self.messages)]
        try:
            self._conversation = read_conversation(turns)
        except AmbiguousChatError as error:
            raise PydanticCustomError("unclear", "{reason}", {"reason": str(error)}) from None
        return self

    @property
    def dialogue(self) -> str:
        """The dialogue to summarize."""
        return self._conversation.dialogue

    @property
    def notes(self) -> Notes:
        """Left-out texts and ignored parameters."""
        left_out = [
            LeftOutText(message=part.message, text=truncate(part.text, MAX_LEFT_OUT_CHARACTERS), reason=part.reason)
            for part in self._conversation.left_out
        ]
        return Notes(left_out=left_out, without_effect=self._ignored_parameters)

    @property
    def token_limit(self) -> int | None:
        """Largest number of tokens that the summary may have; None if the request sets no limit."""
        limits = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None]
        return min(*limits, MAX_TOKENS) if limits else None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream ends with token counts."""
        return self.stream_options is not None and self.stream_options.include_usage
