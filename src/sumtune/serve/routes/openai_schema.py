"""The part of OpenAI's chat API that has a meaning here (https://platform.openai.com/docs/api-reference/chat)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sumtune.data.dialogue import as_text
from sumtune.serve.dialogues import MAX_CHARACTERS
from sumtune.serve.schema import EXAMPLE, MAX_TOKENS

__all__ = ["Chat", "ChatChoice", "ChatMessage", "ChatRequest", "ChatUsage", "ModelCard", "ModelList", "OpenAIProblem"]

MAX_MESSAGES = 1000
Text = Annotated[str, Field(max_length=MAX_CHARACTERS)]


class TextPart(BaseModel):
    """A piece of a message; only text can be summarized."""

    type: Literal["text"]
    text: Text


class GivenMessage(BaseModel):
    """A message of the request."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | Annotated[list[TextPart], Field(max_length=MAX_MESSAGES)] | None = None

    @property
    def text(self) -> str:
        """Its content as one text, as training reads it."""
        parts = self.content if isinstance(self.content, list) else [TextPart(type="text", text=self.content or "")]
        return as_text("\n".join(part.text for part in parts)) or ""


class StreamOptions(BaseModel):
    """What a stream should have besides its text."""

    model_config = ConfigDict(strict=True)

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A chat whose last user message holds the dialogue. Settings of sampling are read and have no effect."""

    model_config = ConfigDict(
        strict=True,
        json_schema_extra={"examples": [{"model": "tuned", "messages": [{"role": "user", "content": EXAMPLE}]}]},
    )

    model: str = Field(max_length=200, description="One of `GET /v1/models`.")
    messages: Annotated[list[GivenMessage], Field(min_length=1, max_length=MAX_MESSAGES)]
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    n: Literal[1] | None = Field(None, description="There is one summary.")
    stream: bool = False
    stream_options: StreamOptions | None = None

    @field_validator("stream", mode="before")
    @classmethod
    def _null_is_false(cls, value: Any) -> Any:
        return False if value is None else value

    @model_validator(mode="after")
    def _has_dialogue(self) -> "ChatRequest":
        if not self.dialogue:
            raise ValueError("there is no user message with a dialogue in it")
        return self

    @property
    def dialogue(self) -> str:
        """The text of the last user message."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), "")

    @property
    def limit(self) -> int | None:
        """Most tokens of the summary."""
        given = [limit for limit in (self.max_tokens, self.max_completion_tokens) if limit is not None]
        return min(*given, MAX_TOKENS) if given else None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the number of tokens."""
        return self.stream_options is not None and self.stream_options.include_usage


class ChatMessage(BaseModel):
    """The summary as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    """The one choice there is."""

    index: Literal[0] = 0
    message: ChatMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class ChatUsage(BaseModel):
    """Tokens of the dialogue and of the summary."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Chat(BaseModel):
    """A chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: ChatUsage


class ModelCard(BaseModel):
    """A model that can be asked for."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "sumtune"


class ModelList(BaseModel):
    """All models that can be asked for."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class OpenAIError(BaseModel):
    """Why a request was refused."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIProblem(BaseModel):
    """Why a request was refused, in OpenAI's form."""

    error: OpenAIError
