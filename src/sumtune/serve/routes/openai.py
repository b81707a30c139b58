"""The endpoints that OpenAI's clients call, so that they work with this service unchanged."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from sumtune.serve.asking import Asked, Wish, ask, completions, pieces
from sumtune.serve.chat.request import ChatRequest
from sumtune.serve.http.errors import MEANINGS
from sumtune.serve.http.sse import event, event_stream
from sumtune.serve.routes.openai_schema import (
    Chat,
    ChatChoice,
    ChatMessage,
    ChatUsage,
    ModelCard,
    ModelList,
    OpenAIProblem,
)
from sumtune.serve.service import Service
from sumtune.summarizer import Completion

__all__ = ["routes"]

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The summary as a chat completion; its chunks as server-sent events where `stream` is true.",
        "content": {"text/event-stream": {}},
    }
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route, in OpenAI's form."""
    return {status: {"model": OpenAIProblem, "description": MEANINGS[status]} for status in statuses}


def routes(service: Service) -> APIRouter:
    """Chat completions and the list of models."""
    router = APIRouter(prefix="/v1")
    started = int(time.time())

    @router.get("/models", responses=documented(401, 429))
    async def models() -> ModelList:
        """The adapters in service, the default first, and the base model."""
        return ModelList(data=[ModelCard(id=name, created=started) for name in service.adapters.names])

    @router.post(
        "/chat/completions",
        response_model=Chat,
        responses=EVENTS | documented(400, 401, 404, 408, 413, 422, 429, 500, 503, 504),
    )
    async def chat(body: ChatRequest, request: Request) -> Chat | StreamingResponse:
        """Summarize the messages as one dialogue. Instructions are left out; `sumtune` in the answer says which."""
        asked = await ask(service, [body.dialogue], Wish(body.model, body.limit, in_pieces=body.stream))
        identity = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": asked.served.name}
        if body.stream:
            return event_stream(_chunks(asked, identity, body))
        (completion,) = await completions(asked, request)
        choice = ChatChoice(message=ChatMessage(content=completion.text), finish_reason=_reason(completion))
        return Chat(**identity, choices=[choice], usage=_usage(asked, completion), sumtune=body.notes)

    return router


def _reason(completion: Completion) -> Any:
    return "length" if completion.cut_off else "stop"


def _usage(asked: Asked, completion: Completion) -> ChatUsage:
    read = asked.jobs[0].tokens
    return ChatUsage(prompt_tokens=read, completion_tokens=completion.tokens, total_tokens=read + completion.tokens)


async def _chunks(asked: Asked, identity: dict[str, Any], body: ChatRequest) -> AsyncIterator[str]:
    """Chunks in OpenAI's form, the notes first, the usage last where it is asked for, then `[DONE]`."""

    def chunk(delta: dict[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage: dict[str, Any] = {"usage": None} if body.wants_usage else {}
        return event({**identity, "object": "chat.completion.chunk", "choices": [choice], **usage, **more})

    async with aclosing(pieces(asked)) as arriving:
        try:
            yield chunk({"role": "assistant", "content": ""}, sumtune=body.notes.model_dump())
            async for piece in arriving:
                if piece.completion is None:
                    yield chunk({"content": piece.text})
                    continue
                yield chunk({}, _reason(piece.completion))
                if body.wants_usage:
                    usage = _usage(asked, piece.completion).model_dump()
                    yield event({**identity, "object": "chat.completion.chunk", "choices": [], "usage": usage})
            yield event("[DONE]")
        except HTTPException as error:
            yield event({"error": {"message": error.detail, "type": "server_error", "param": None, "code": None}})
