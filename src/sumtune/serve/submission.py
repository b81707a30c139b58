"""From a request for summaries to the jobs of the engine, and back; the same for every form of the API."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request

from sumtune.errors import SumtuneError
from sumtune.serve.adapters import LoadedModel
from sumtune.serve.jobs import BatchKey, DecodingFailedError, Job, QueueFullError
from sumtune.serve.state import AppState
from sumtune.summarizer import Completion

__all__ = ["Piece", "RequestOptions", "Submission", "stream_pieces", "submit", "wait_for_completions"]

LOADING_RETRY_S = 2
CLIENT_CLOSED_REQUEST = 499
"""What is counted for a client that went away; nobody reads it."""


@dataclass(frozen=True)
class RequestOptions:
    """What a request may choose; None is the default of the adapter or the service."""

    adapter: str | None = None
    max_tokens: int | None = None
    beams: int | None = None
    deadline_s: float | None = None
    stream: bool = False
    """Show words while they are written, greedily unless `beams` says otherwise."""


@dataclass(frozen=True)
class Piece:
    """The next words of the summary at `place`, or with `completion` its end."""

    place: int
    text: str
    completion: Completion | None = None


@dataclass(frozen=True)
class Submission:
    """Dialogues that the engine has taken on."""

    state: AppState
    model: LoadedModel
    beams: int
    jobs: list[Job]
    begun: float
    """By the clock of the event loop, in seconds."""
    arrived: "asyncio.Queue[Piece | BaseException]"
    """Pieces and ends, from the moment the engine has the dialogues."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was read."""
        return asyncio.get_running_loop().time() - self.begun


async def submit(state: AppState, dialogues: Sequence[str], options: RequestOptions) -> Submission:
    """Hands `dialogues` to the engine.

    Raises:
        HTTPException: 404 for an unknown adapter, 422 for what this adapter cannot do, 503 while loading or busy.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    model = await _find(state, options.adapter)
    batch_key = _batch_key(model, options)
    counts = await asyncio.to_thread(_count_tokens, model, dialogues)
    _require_readable(counts, model.max_source_tokens)
    deadline = begun + min(options.deadline_s or state.settings.deadline_s, state.settings.deadline_s)
    jobs = [
        Job(dialogue, tokens, batch_key, deadline, loop.create_future())
        for dialogue, tokens in zip(dialogues, counts, strict=True)
    ]
    arrived: asyncio.Queue[Piece | BaseException] = asyncio.Queue()
    if options.stream:
        for place, job in enumerate(jobs):
            _listen(job, place, arrived)
    try:
        state.engine.submit(jobs)
    except QueueFullError as busy:
        message = f"Too many dialogues wait already; ask again in {busy.retry_after_s} s."
        raise HTTPException(503, message, {"Retry-After": str(busy.retry_after_s)}) from None
    return Submission(state, model, batch_key.beams, jobs, begun, arrived)


def _count_tokens(model: LoadedModel, dialogues: Sequence[str]) -> list[int]:
    try:
        return model.count_tokens(dialogues)
    except SumtuneError as error:
        raise HTTPException(422, str(error)) from None


def _require_readable(counts: Sequence[int], most: int) -> None:
    for number, tokens in enumerate(counts, 1):
        if tokens > most:
            raise HTTPException(422, f"Dialogue {number} has {tokens} tokens; this model reads at most {most}.")


async def _find(state: AppState, name: str | None) -> LoadedModel:
    if not state.adapters.ready:
        raise HTTPException(503, "The model is still being loaded.", {"Retry-After": str(LOADING_RETRY_S)})
    try:
        return await state.adapters.find(name)
    except KeyError:
        known = ", ".join(state.adapters.names)
        raise HTTPException(404, f"There is no such model here; there are {known}.") from None
    except SumtuneError as error:
        raise HTTPException(503, str(error), {"Retry-After": str(LOADING_RETRY_S)}) from None


def _batch_key(model: LoadedModel, options: RequestOptions) -> BatchKey:
    beams = options.beams or (1 if options.stream else model.beams)
    summarizer = model.summarizer_with_beams(beams)
    if summarizer is None:
        if options.beams:
            raise HTTPException(422, f"This engine searches with {model.beams} beams only.")
        beams, summarizer = model.beams, model.summarizer
    return BatchKey(summarizer, beams, options.max_tokens)


async def wait_for_completions(submission: Submission, request: Request) -> list[Completion]:
    """One completion for each dialogue, once all are done.

    Raises:
        HTTPException: 504 after the deadline, 500 where decoding failed, 499 where the client went away.
    """
    loop = asyncio.get_running_loop()
    everything = asyncio.gather(*(job.future for job in submission.jobs))
    everything.add_done_callback(_retrieve_exception)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        remaining = submission.jobs[0].deadline - loop.time()
        either: set[asyncio.Future[Any]] = {everything, gone}
        await asyncio.wait(either, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        if everything.done():
            return await everything
        if gone.done():
            raise HTTPException(CLIENT_CLOSED_REQUEST, "The client went away.")
        raise TimeoutError
    except (TimeoutError, DecodingFailedError) as error:
        raise _http_error(error) from None
    finally:
        gone.cancel()
        everything.cancel()
        submission.state.engine.cancel(submission.jobs)


async def stream_pieces(submission: Submission) -> AsyncGenerator[Piece, None]:
    """The summaries as they are written, piece by piece; leaving the iteration early stops the work.

    Raises:
        HTTPException: 504 after the deadline, 500 where decoding failed.
    """
    loop = asyncio.get_running_loop()
    missing = len(submission.jobs)
    try:
        while missing:
            # Not one timeout around the loop: it would strike whoever reads the pieces, not this wait.
            piece = await asyncio.wait_for(submission.arrived.get(), submission.jobs[0].deadline - loop.time())
            if isinstance(piece, BaseException):
                raise piece
            missing -= piece.completion is not None
            yield piece
    except (TimeoutError, DecodingFailedError) as error:
        raise _http_error(error) from None
    finally:
        submission.state.engine.cancel(submission.jobs)


def _listen(job: Job, place: int, arrived: "asyncio.Queue[Piece | BaseException]") -> None:
    def end(done: asyncio.Future[Completion]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        arrived.put_nowait(error if error else Piece(place, "", done.result()))

    job.on_piece = lambda text: arrived.put_nowait(Piece(place, text))
    job.future.add_done_callback(end)


def _retrieve_exception(done: "asyncio.Future[list[Completion]]") -> None:
    """Keeps asyncio from printing the traceback of what nobody waits for any more."""
    if not done.cancelled():
        done.exception()


def _http_error(error: Exception) -> HTTPException:
    if isinstance(error, TimeoutError):
        return HTTPException(504, "The summary was not ready before the deadline of this request.")
    return HTTPException(500, "Decoding failed; the log of the service says where.")


async def _disconnected(request: Request) -> None:
    """Returns when the client has gone away. The request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
