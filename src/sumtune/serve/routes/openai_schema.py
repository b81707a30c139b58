"""Response models of OpenAI's chat API (https://platform.openai.com/docs/api-reference/chat)."""

from typing import Literal

from pydantic import BaseModel, Field

from sumtune.serve.chat.request import Notes

__all__ = [
    "ChatChoice",
    "ChatCompletion",
    "Extension",
    "ModelCard",
    "ModelList",
    "OpenAIErrorResponse",
    "ResponseMessage",
    "Usage",
]


class ResponseMessage(BaseModel):
    """The summary as a message."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class ChatChoice(BaseModel):
    """The only choice in a response."""

    index: Literal[0] = 0
    message: ResponseMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Token counts of the dialogue and the summary."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Extension(Notes):
    """What OpenAI's format has no field for."""

    read: str = Field(description="How the dialogue was read: `whole`, or `parts (5)` if it is long.")
    note: str | None = Field(
        None, description="A message if the model does not know the requested style; otherwise null."
    )


class ChatCompletion(BaseModel):
    """A chat completion, with the extra field `sumtune`."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    sumtune: Extension


class ModelCard(BaseModel):
    """A model that requests may name."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "sumtune"


class ModelList(BaseModel):
    """All models that requests may name."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class OpenAIError(BaseModel):
    """Error in OpenAI's format."""

    message: str
    type: str
    param: str | None
    code: str | None


class OpenAIErrorResponse(BaseModel):
    """Error response in OpenAI's format."""

    error: OpenAIError
