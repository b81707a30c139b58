"""The service as a FastAPI application, for whatever summarizer it is given."""

import time
from collections.abc import Callable, Sequence

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sumtune import __version__
from sumtune.serve.schema import Health, Problem, Summaries, SummarizeRequest, Summary
from sumtune.summarizer import Summarizer

__all__ = ["create_app"]

MAX_BODY_BYTES = 1_000_000
REFUSALS: dict[int | str, dict[str, object]] = {
    400: {"model": Problem, "description": "The body is not UTF-8, or nested too deep to be read."},
    413: {"model": Problem, "description": "The request is over 1 MB."},
    422: {"model": Problem, "description": "Malformed JSON, no text, or a dialogue that is too long."},
}


def create_app(
    summarizer: Summarizer, *, model: str, count_tokens: Callable[[Sequence[str]], list[int]], max_source_tokens: int
) -> FastAPI:
    """The application; `model` is the name it answers with, `max_source_tokens` the longest dialogue it takes."""
    app = FastAPI(title="sumtune", version=__version__, description="Summaries of conversations by a tuned model.")
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_exception_handler(RequestValidationError, _readable)

    @app.get("/", include_in_schema=False)
    def root() -> RedirectResponse:
        return RedirectResponse("/docs")

    @app.get("/health")
    def health() -> Health:
        """Answers as soon as the model is loaded."""
        return Health(status="ok", model=model, engine=summarizer.engine)

    @app.post("/summarize", responses=REFUSALS)
    def summarize(request: SummarizeRequest) -> Summaries:
        """One summary for each dialogue."""
        dialogues = request.as_list()
        for number, tokens in enumerate(count_tokens(dialogues), 1):
            if tokens > max_source_tokens:
                raise HTTPException(
                    422, f"Dialogue {number} has {tokens} tokens; this model reads at most {max_source_tokens}."
                )
        begun = time.perf_counter()
        completions = summarizer.summarize(dialogues)
        summaries = [Summary(summary=done.text, tokens=done.tokens, cut_off=done.cut_off) for done in completions]
        return Summaries(summaries=summaries, model=model, elapsed_s=time.perf_counter() - begun)

    return app


def _readable(_request: Request, error: Exception) -> JSONResponse:
    """All problems of a request as one sentence each, without the request's text in them."""
    assert isinstance(error, RequestValidationError)
    problems = dict.fromkeys(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
    return JSONResponse({"detail": "; ".join(problems)}, status_code=422)


class BodyLimit:
    """Refuses bodies over `max_bytes` with 413, announced or not, before they are kept in memory."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self.app = app
        self.max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on whose whole body fits."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages: list[Message] = []
        size, more = 0, True
        while more:
            message = await receive()
            size += len(message.get("body", b""))
            more = message.get("more_body", False)
            if size > self.max_bytes:
                refusal = JSONResponse({"detail": f"The request is over {self.max_bytes:,} bytes."}, status_code=413)
                await refusal(scope, receive, send)
                return
            messages.append(message)

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, replay, send)
