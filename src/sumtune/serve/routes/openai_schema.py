"""The answers of OpenAI's chat API that are given here (https://platform.openai.com/docs/api-reference/chat)."""

from typing import Literal

from pydantic import BaseModel

from sumtune.serve.chat.request import Notes

__all__ = [
    "ChatChoice",
    "ChatCompletion",
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
    """The one choice there is."""

    index: Literal[0] = 0
    message: ResponseMessage
    logprobs: None = None
    finish_reason: Literal["stop", "length"]


class Usage(BaseModel):
    """Tokens of the dialogue and of the summary."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class ChatCompletion(BaseModel):
    """A chat completion, with notes that OpenAI's answers do not have."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    sumtune: Notes


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


class OpenAIErrorResponse(BaseModel):
    """Why a request was refused, in OpenAI's form."""

    error: OpenAIError
