"""Submit dialogues to the engine and collect the summaries. All routes that summarize use this module."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request

from sumtune.data.styles import check_style, clean_style
from sumtune.errors import SumtuneError
from sumtune.serve.adapters import LoadedModel
from sumtune.serve.jobs import BatchKey, DecodingFailedError, QueueFullError
from sumtune.serve.reading import Reading
from sumtune.serve.sources import MemoryShortError, Source, read_sources
from sumtune.serve.state import AppState
from sumtune.summarizer import Completion

__all__ = ["Piece", "RequestOptions", "Submission", "stream_pieces", "submit", "wait_for_completions"]

LOADING_RETRY_S = 2
MEMORY_RETRY_S = 30
CLIENT_CLOSED_REQUEST = 499
"""Status in log and metrics for a client that disconnected (nginx uses the same number)."""


@dataclass(frozen=True)
class RequestOptions:
    """Options of a request; None takes the default of the adapter or the service."""

    adapter: str | None = None
    max_tokens: int | None = None
    beams: int | None = None
    deadline_s: float | None = None
    stream: bool = False
    """Whether to stream. The default search is then greedy."""
    style: str | None = None


@dataclass(frozen=True)
class Piece:
    """The next words of the summary at `index`; with `completion`, the end of that summary."""

    index: int
    text: str
    completion: Completion | None = None


@dataclass(frozen=True)
class Submission:
    """Dialogues that the engine has accepted."""

    state: AppState
    model: LoadedModel
    beams: int
    readings: list[Reading]
    """One reading per dialogue."""
    deadline: float
    """Event loop time in seconds."""
    submitted_at: float
    """Event loop time in seconds."""
    pieces: "asyncio.Queue[Piece | BaseException]"
    """Pieces, completions and errors of a stream."""
    note: str | None = None
    """Note that the model was not tuned with the style of the request."""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the request was read."""
        return asyncio.get_running_loop().time() - self.submitted_at

    @property
    def queued_s(self) -> float:
        """Seconds in the queue, of the dialogue that waited longest."""
        return max(reading.queued_s for reading in self.readings)

    def cancel(self) -> None:
        """Cancel the work that is left."""
        for reading in self.readings:
            reading.cancel()


async def submit(state: AppState, dialogues: Sequence[str], options: RequestOptions) -> Submission:
    """Submit `dialogues` to the engine.

    Raises:
        HTTPException: 404 for an unknown adapter, 422 for dialogues or options that the adapter does not support or
            that take longer than the deadline, 503 while loading or if the queue is full or memory is short.
    """
    loop = asyncio.get_running_loop()
    now = loop.time()
    model = await _find(state, options.adapter)
    batch_key, style = _batch_key(model, options), clean_style(options.style or "")
    deadline = now + min(options.deadline_s or state.settings.deadline_s, state.settings.deadline_s)
    pieces: asyncio.Queue[Piece | BaseException] = asyncio.Queue()

    def create_reading(index: int, source: Source) -> Reading:
        on_piece = (lambda text: pieces.put_nowait(Piece(index, text))) if options.stream else None
        return Reading(state.engine, model, source, batch_key, deadline, on_piece, style)

    try:
        note = check_style(style, model.styles, model.count_tokens)
        sources = await asyncio.to_thread(read_sources, model, dialogues, state.settings.max_parts)
        readings = [create_reading(index, source) for index, source in enumerate(sources)]
        state.engine.submit([job for reading in readings for job in reading.jobs])
    except (SumtuneError, QueueFullError) as error:
        raise _http_error(error) from None
    for index, reading in enumerate(readings):
        reading.start()
        if options.stream:
            _collect_completion(reading, index, pieces)
    return Submission(state, model, batch_key.beams, readings, deadline, now, pieces, note)


async def _find(state: AppState, name: str | None) -> LoadedModel:
    if not state.adapters.ready:
        raise HTTPException(503, "The model is still loading.", {"Retry-After": str(LOADING_RETRY_S)})
    try:
        return await state.adapters.find(name)
    except KeyError:
        known = ", ".join(state.adapters.names)
        raise HTTPException(404, f"There is no such model; the models are {known}.") from None
    except SumtuneError as error:
        raise HTTPException(503, str(error), {"Retry-After": str(LOADING_RETRY_S)}) from None


def _batch_key(model: LoadedModel, options: RequestOptions) -> BatchKey:
    beams = options.beams or (1 if options.stream else model.beams)
    summarizer = model.summarizer_with_beams(beams)
    if summarizer is None:
        if options.beams:
            raise HTTPException(422, f"This engine supports only beams={model.beams}.")
        beams, summarizer = model.beams, model.summarizer
    return BatchKey(summarizer, beams, options.max_tokens)


async def wait_for_completions(submission: Submission, request: Request) -> list[Completion]:
    """Return one completion per dialogue when all are finished.

    Raises:
        HTTPException: 504 after the deadline, 500 if decoding failed, 499 if the client disconnected.
    """
    loop = asyncio.get_running_loop()
    completions = asyncio.gather(*(reading.completion for reading in submission.readings))
    completions.add_done_callback(_retrieve_exception)
    disconnected = asyncio.ensure_future(_disconnected(request))
    try:
        remaining_s = submission.deadline - loop.time()
        either: set[asyncio.Future[Any]] = {completions, disconnected}
        await asyncio.wait(either, timeout=remaining_s, return_when=asyncio.FIRST_COMPLETED)
        if completions.done():
            return await completions
        if disconnected.done():
            raise HTTPException(CLIENT_CLOSED_REQUEST, "The client disconnected.")
        raise TimeoutError
    except (TimeoutError, DecodingFailedError, QueueFullError, SumtuneError) as error:
        raise _http_error(error) from None
    finally:
        disconnected.cancel()
        submission.cancel()


async def stream_pieces(submission: Submission) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of a streamed submission. Closing the generator early cancels the jobs.

    Raises:
        HTTPException: 504 after the deadline, 500 if decoding failed.
    """
    loop = asyncio.get_running_loop()
    unfinished = len(submission.readings)
    try:
        while unfinished:
            # A timeout around the whole loop would also interrupt the code that consumes the pieces.
            piece = await asyncio.wait_for(submission.pieces.get(), submission.deadline - loop.time())
            if isinstance(piece, BaseException):
                raise piece
            unfinished -= piece.completion is not None
            yield piece
    except (TimeoutError, DecodingFailedError, QueueFullError, SumtuneError) as error:
        raise _http_error(error) from None
    finally:
        submission.cancel()


def _collect_completion(reading: Reading, index: int, pieces: "asyncio.Queue[Piece | BaseException]") -> None:
    def finish(completion: asyncio.Future[Completion]) -> None:
        if completion.cancelled():
            return
        error = completion.exception()
        pieces.put_nowait(error if error else Piece(index, "", completion.result()))

    reading.completion.add_done_callback(finish)


def _retrieve_exception(completions: "asyncio.Future[list[Completion]]") -> None:
    """Keep asyncio from logging the exception of a future that nobody awaits any more."""
    if not completions.cancelled():
        completions.exception()


def _http_error(error: Exception) -> HTTPException:
    if isinstance(error, TimeoutError):
        return HTTPException(504, "The summary was not ready before the deadline of this request.")
    if isinstance(error, QueueFullError):
        message = f"The queue is full; try again in {error.retry_after_s} s."
        return HTTPException(503, message, {"Retry-After": str(error.retry_after_s)})
    if isinstance(error, MemoryShortError):
        return HTTPException(503, str(error), {"Retry-After": str(MEMORY_RETRY_S)})
    if isinstance(error, SumtuneError):
        return HTTPException(422, str(error))
    return HTTPException(500, "Decoding failed; see the log of the service.")


async def _disconnected(request: Request) -> None:
    """Return when the client has disconnected. The request body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
