"""Route `POST /summarize`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.http.sse import event, event_stream
from sumtune.serve.schema import InconsistentPart, SummarizeRequest, SummarizeResponse, Summary, UnsupportedMention
from sumtune.serve.state import AppState
from sumtune.serve.submission import RequestOptions, Submission, stream_pieces, submit, wait_for_completions
from sumtune.summarizer import Completion
from sumtune.text.claims.check import inconsistencies_in_english
from sumtune.text.mentions import ENGLISH, language_of_conversation, unsupported_in

__all__ = ["create_router"]

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The summaries, or server-sent events if `stream` is true.",
        "content": {"text/event-stream": {}},
    }
}


def create_router(state: AppState) -> APIRouter:
    """Return the route `/summarize`."""
    router = APIRouter()

    @router.post(
        "/summarize",
        response_model=SummarizeResponse,
        responses=EVENTS | documented_errors(400, 401, 404, 408, 413, 422, 429, 500, 503, 504),
    )
    async def summarize(body: SummarizeRequest, request: Request) -> SummarizeResponse | StreamingResponse:
        """Summarize one or more dialogues."""
        options = RequestOptions(
            body.adapter, body.max_tokens, body.beams, body.deadline_s, stream=body.stream, style=body.style
        )
        submission = await submit(state, body.as_list(), options)
        if body.stream:
            return event_stream(_events(submission))
        return _response(submission, await wait_for_completions(submission, request))

    return router


def _response(submission: Submission, completions: Sequence[Completion]) -> SummarizeResponse:
    summaries = [
        _summary(reading.source.dialogue, completion)
        for reading, completion in zip(submission.readings, completions, strict=True)
    ]
    return SummarizeResponse(summaries=summaries, **_metadata(submission))


def _metadata(submission: Submission) -> dict[str, Any]:
    return {
        "model": submission.model.name,
        "beams": submission.beams,
        "queued_s": submission.queued_s,
        "elapsed_s": submission.elapsed_s,
        "note": submission.note,
    }


def _summary(dialogue: str, completion: Completion) -> Summary:
    language = language_of_conversation(completion.text, dialogue)
    mentions = [
        UnsupportedMention(**asdict(mention)) for mention in unsupported_in(language, completion.text, dialogue)
    ]
    parts = inconsistencies_in_english(completion.text, dialogue) if language == ENGLISH else []
    return Summary(
        summary=completion.text,
        tokens=completion.tokens,
        cut_off=completion.cut_off,
        read=completion.read,
        unsupported=mentions,
        inconsistent=[InconsistentPart.model_validate(asdict(part)) for part in parts],
    )


async def _events(submission: Submission) -> AsyncIterator[str]:
    async with aclosing(stream_pieces(submission)) as pieces:
        try:
            async for piece in pieces:
                if piece.completion is None:
                    yield event({"index": piece.index, "text": piece.text}, "piece")
                else:
                    summary = _summary(submission.readings[piece.index].source.dialogue, piece.completion)
                    yield event({"index": piece.index, **summary.model_dump()}, "summary")
            yield event(_metadata(submission), "done")
        except HTTPException as error:
            yield event({"detail": error.detail, "status": error.status_code}, "error")
