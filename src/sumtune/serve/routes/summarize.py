"""`POST /summarize`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import StreamingResponse

from sumtune.serve.asking import Asked, Wish, ask, completions, pieces
from sumtune.serve.http.errors import documented
from sumtune.serve.http.sse import event, event_stream
from sumtune.serve.schema import Summaries, SummarizeRequest, Summary, Unsupported
from sumtune.serve.service import Service
from sumtune.summarizer import Completion
from sumtune.text.faithfulness import unsupported

__all__ = ["routes"]

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The summaries; server-sent events where `stream` is true.",
        "content": {"text/event-stream": {}},
    }
}


def routes(service: Service) -> APIRouter:
    """The route that summarizes."""
    router = APIRouter()

    @router.post(
        "/summarize",
        response_model=Summaries,
        responses=EVENTS | documented(400, 401, 404, 408, 413, 422, 429, 500, 503, 504),
    )
    async def summarize(body: SummarizeRequest, request: Request) -> Summaries | StreamingResponse:
        """One summary for each dialogue."""
        wish = Wish(body.adapter, body.max_tokens, body.beams, body.deadline_s, in_pieces=body.stream)
        asked = await ask(service, body.as_list(), wish)
        if body.stream:
            return event_stream(_events(asked))
        return _answer(asked, await completions(asked, request))

    return router


def _answer(asked: Asked, done: Sequence[Completion]) -> Summaries:
    summaries = [_summary(job.dialogue, completion) for job, completion in zip(asked.jobs, done, strict=True)]
    return Summaries(summaries=summaries, **_about(asked))


def _about(asked: Asked) -> dict[str, Any]:
    return {
        "model": asked.served.name,
        "beams": asked.beams,
        "queued_s": max(job.queued_s for job in asked.jobs),
        "elapsed_s": asked.elapsed_s,
    }


def _summary(dialogue: str, completion: Completion) -> Summary:
    flags = [Unsupported(**asdict(mention)) for mention in unsupported(completion.text, dialogue)]
    return Summary(summary=completion.text, tokens=completion.tokens, cut_off=completion.cut_off, unsupported=flags)


async def _events(asked: Asked) -> AsyncIterator[str]:
    async with aclosing(pieces(asked)) as arriving:
        try:
            async for piece in arriving:
                if piece.completion is None:
                    yield event({"index": piece.place, "text": piece.text}, "piece")
                else:
                    summary = _summary(asked.jobs[piece.place].dialogue, piece.completion)
                    yield event({"index": piece.place, **summary.model_dump()}, "summary")
            yield event(_about(asked), "done")
        except HTTPException as error:
            yield event({"detail": error.detail, "status": error.status_code}, "error")
