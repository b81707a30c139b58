"""`POST /summarize`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from sumtune.serve.http.error_responses import documented_errors
from sumtune.serve.http.sse import event, event_stream
from sumtune.serve.schema import SummarizeRequest, SummarizeResponse, Summary, UnsupportedMention
from sumtune.serve.state import AppState
from sumtune.serve.submission import RequestOptions, Submission, stream_pieces, submit, wait_for_completions
from sumtune.summarizer import Completion
from sumtune.text.faithfulness import unsupported

__all__ = ["create_router"]

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The summaries; server-sent events where `stream` is true.",
        "content": {"text/event-stream": {}},
    }
}


def create_router(state: AppState) -> APIRouter:
    """The route that summarizes."""
    router = APIRouter()

    @router.post(
        "/summarize",
        response_model=SummarizeResponse,
        responses=EVENTS | documented_errors(400, 401, 404, 408, 413, 422, 429, 500, 503, 504),
    )
    async def summarize(body: SummarizeRequest, request: Request) -> SummarizeResponse | StreamingResponse:
        """One summary for each dialogue."""
        options = RequestOptions(body.adapter, body.max_tokens, body.beams, body.deadline_s, stream=body.stream)
        submission = await submit(state, body.as_list(), options)
        if body.stream:
            return event_stream(_events(submission))
        return _answer(submission, await wait_for_completions(submission, request))

    return router


def _answer(submission: Submission, done: Sequence[Completion]) -> SummarizeResponse:
    summaries = [_summary(job.dialogue, completion) for job, completion in zip(submission.jobs, done, strict=True)]
    return SummarizeResponse(summaries=summaries, **_about(submission))


def _about(submission: Submission) -> dict[str, Any]:
    return {
        "model": submission.model.name,
        "beams": submission.beams,
        "queued_s": max(job.queued_s for job in submission.jobs),
        "elapsed_s": submission.elapsed_s,
    }


def _summary(dialogue: str, completion: Completion) -> Summary:
    flags = [UnsupportedMention(**asdict(mention)) for mention in unsupported(completion.text, dialogue)]
    return Summary(summary=completion.text, tokens=completion.tokens, cut_off=completion.cut_off, unsupported=flags)


async def _events(submission: Submission) -> AsyncIterator[str]:
    async with aclosing(stream_pieces(submission)) as arriving:
        try:
            async for piece in arriving:
                if piece.completion is None:
                    yield event({"index": piece.place, "text": piece.text}, "piece")
                else:
                    summary = _summary(submission.jobs[piece.place].dialogue, piece.completion)
                    yield event({"index": piece.place, **summary.model_dump()}, "summary")
            yield event(_about(submission), "done")
        except HTTPException as error:
            yield event({"detail": error.detail, "status": error.status_code}, "error")
