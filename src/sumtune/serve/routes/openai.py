"""OpenAI-compatible endpoints."""

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from sumtune.serve.chat.request import ChatRequest
from sumtune.serve.http.error_responses import DESCRIPTIONS
from sumtune.serve.http.sse import event, event_stream
from sumtune.serve.routes.openai_schema import (
    ChatChoice,
    ChatCompletion,
    Extension,
    ModelCard,
    ModelList,
    OpenAIErrorResponse,
    ResponseMessage,
    Usage,
)
from sumtune.serve.state import AppState
from sumtune.serve.submission import RequestOptions, Submission, stream_pieces, submit, wait_for_completions
from sumtune.summarizer import Completion

__all__ = ["create_router"]

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The summary as a chat completion, or as chunks (server-sent events) if `stream` is true.",
        "content": {"text/event-stream": {}},
    }
}


def documented_openai_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the error responses of a route, in OpenAI's format, for its OpenAPI documentation."""
    return {status: {"model": OpenAIErrorResponse, "description": DESCRIPTIONS[status]} for status in statuses}


def create_router(state: AppState) -> APIRouter:
    """Return the routes for chat completions and the list of models."""
    router = APIRouter(prefix="/v1")
    started = int(time.time())

    @router.get("/models", responses=documented_openai_errors(401, 429))
    async def models() -> ModelList:
        """List the loaded adapters, the default first, and the base model."""
        return ModelList(data=[ModelCard(id=name, created=started) for name in state.adapters.names])

    @router.post(
        "/chat/completions",
        response_model=ChatCompletion,
        responses=EVENTS | documented_openai_errors(400, 401, 404, 408, 413, 422, 429, 500, 503, 504),
    )
    async def chat(body: ChatRequest, request: Request) -> ChatCompletion | StreamingResponse:
        """Summarize the messages as one dialogue.

        The field `sumtune` of the response lists what was left out, and says how the dialogue was read.
        """
        options = RequestOptions(body.model, body.token_limit, stream=body.stream, style=body.style)
        submission = await submit(state, [body.dialogue], options)
        identity = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": submission.model.name}
        if body.stream:
            return event_stream(_chunks(submission, identity, body))
        (completion,) = await wait_for_completions(submission, request)
        choice = ChatChoice(message=ResponseMessage(content=completion.text), finish_reason=_finish_reason(completion))
        extension = _extension(submission, body)
        return ChatCompletion(**identity, choices=[choice], usage=_usage(submission, completion), sumtune=extension)

    return router


def _finish_reason(completion: Completion) -> Any:
    return "length" if completion.cut_off else "stop"


def _extension(submission: Submission, body: ChatRequest) -> Extension:
    return Extension(**dict(body.notes), read=submission.readings[0].source.read, note=submission.note)


def _usage(submission: Submission, completion: Completion) -> Usage:
    prompt, written = submission.readings[0].source.tokens, completion.tokens
    return Usage(prompt_tokens=prompt, completion_tokens=written, total_tokens=prompt + written)


async def _chunks(submission: Submission, identity: dict[str, Any], body: ChatRequest) -> AsyncIterator[str]:
    """Yield chunks in OpenAI's format: notes first, then text, usage if requested, and `[DONE]`."""

    def chunk(delta: dict[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        usage: dict[str, Any] = {"usage": None} if body.wants_usage else {}
        return event({**identity, "object": "chat.completion.chunk", "choices": [choice], **usage, **more})

    async with aclosing(stream_pieces(submission)) as pieces:
        try:
            yield chunk({"role": "assistant", "content": ""}, sumtune=_extension(submission, body).model_dump())
            async for piece in pieces:
                if piece.completion is None:
                    yield chunk({"content": piece.text})
                    continue
                yield chunk({}, _finish_reason(piece.completion))
                if body.wants_usage:
                    usage = _usage(submission, piece.completion).model_dump()
                    yield event({**identity, "object": "chat.completion.chunk", "choices": [], "usage": usage})
            yield event("[DONE]")
        except HTTPException as error:
            yield event({"error": {"message": error.detail, "type": "server_error", "param": None, "code": None}})
