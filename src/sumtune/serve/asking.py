"""From a request for summaries to the jobs of the engine, and back; the same for every form of the API."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import HTTPException, Request

from sumtune.errors import SumtuneError
from sumtune.serve.adapters import Served
from sumtune.serve.jobs import Busy, DecodingFailedError, Job, Way
from sumtune.serve.service import Service
from sumtune.summarizer import Completion

__all__ = ["Asked", "Piece", "Wish", "ask", "completions", "pieces"]

LOADING_RETRY_S = 2
CLIENT_GONE = 499
"""What is counted for a client that went away; nobody reads it."""


@dataclass(frozen=True)
class Wish:
    """What a request may choose; None is the default of the adapter or the service."""

    adapter: str | None = None
    max_tokens: int | None = None
    beams: int | None = None
    deadline_s: float | None = None
    in_pieces: bool = False
    """Show words while they are written, greedily unless `beams` says otherwise."""


@dataclass(frozen=True)
class Piece:
    """The next words of the summary at `place`, or with `completion` its end."""

    place: int
    text: str
    completion: Completion | None = None


@dataclass(frozen=True)
class Asked:
    """Dialogues that the engine has taken on."""

    service: Service
    served: Served
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


async def ask(service: Service, dialogues: Sequence[str], wish: Wish) -> Asked:
    """Hands `dialogues` to the engine.

    Raises:
        HTTPException: 404 for an unknown adapter, 422 for what this adapter cannot do, 503 while loading or busy.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    served = await _find(service, wish.adapter)
    way = _way(served, wish)
    counts = await asyncio.to_thread(_count_tokens, served, dialogues)
    _require_readable(counts, served.max_source_tokens)
    deadline = begun + min(wish.deadline_s or service.settings.deadline_s, service.settings.deadline_s)
    jobs = [
        Job(dialogue, tokens, way, deadline, loop.create_future())
        for dialogue, tokens in zip(dialogues, counts, strict=True)
    ]
    arrived: asyncio.Queue[Piece | BaseException] = asyncio.Queue()
    if wish.in_pieces:
        for place, job in enumerate(jobs):
            _listen(job, place, arrived)
    try:
        service.engine.submit(jobs)
    except Busy as busy:
        message = f"Too many dialogues wait already; ask again in {busy.retry_after_s} s."
        raise HTTPException(503, message, {"Retry-After": str(busy.retry_after_s)}) from None
    return Asked(service, served, way.beams, jobs, begun, arrived)


def _count_tokens(served: Served, dialogues: Sequence[str]) -> list[int]:
    try:
        return served.count_tokens(dialogues)
    except SumtuneError as error:
        raise HTTPException(422, str(error)) from None


def _require_readable(counts: Sequence[int], most: int) -> None:
    for number, tokens in enumerate(counts, 1):
        if tokens > most:
            raise HTTPException(422, f"Dialogue {number} has {tokens} tokens; this model reads at most {most}.")


async def _find(service: Service, name: str | None) -> Served:
    if not service.adapters.ready:
        raise HTTPException(503, "The model is still being loaded.", {"Retry-After": str(LOADING_RETRY_S)})
    try:
        return await service.adapters.find(name)
    except KeyError:
        known = ", ".join(service.adapters.names)
        raise HTTPException(404, f"There is no such model here; there are {known}.") from None
    except SumtuneError as error:
        raise HTTPException(503, str(error), {"Retry-After": str(LOADING_RETRY_S)}) from None


def _way(served: Served, wish: Wish) -> Way:
    beams = wish.beams or (1 if wish.in_pieces else served.beams)
    summarizer = served.searching(beams)
    if summarizer is None:
        if wish.beams:
            raise HTTPException(422, f"This engine searches with {served.beams} beams only.")
        beams, summarizer = served.beams, served.summarizer
    return Way(summarizer, beams, wish.max_tokens)


async def completions(asked: Asked, request: Request) -> list[Completion]:
    """One completion for each dialogue, once all are done.

    Raises:
        HTTPException: 504 after the deadline, 500 where decoding failed, 499 where the client went away.
    """
    loop = asyncio.get_running_loop()
    everything = asyncio.gather(*(job.done for job in asked.jobs))
    everything.add_done_callback(_look_at)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        remaining = asked.jobs[0].deadline - loop.time()
        either: set[asyncio.Future[Any]] = {everything, gone}
        await asyncio.wait(either, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        if everything.done():
            return await everything
        if gone.done():
            raise HTTPException(CLIENT_GONE, "The client went away.")
        raise TimeoutError
    except (TimeoutError, DecodingFailedError) as error:
        raise _failure(error) from None
    finally:
        gone.cancel()
        everything.cancel()
        asked.service.engine.withdraw(asked.jobs)


async def pieces(asked: Asked) -> AsyncGenerator[Piece, None]:
    """The summaries as they are written, where the wish was `in_pieces`; leaving the iteration early stops the work.

    Raises:
        HTTPException: 504 after the deadline, 500 where decoding failed.
    """
    loop = asyncio.get_running_loop()
    missing = len(asked.jobs)
    try:
        while missing:
            # Not one timeout around the loop: it would strike whoever reads the pieces, not this wait.
            piece = await asyncio.wait_for(asked.arrived.get(), asked.jobs[0].deadline - loop.time())
            if isinstance(piece, BaseException):
                raise piece
            missing -= piece.completion is not None
            yield piece
    except (TimeoutError, DecodingFailedError) as error:
        raise _failure(error) from None
    finally:
        asked.service.engine.withdraw(asked.jobs)


def _listen(job: Job, place: int, arrived: "asyncio.Queue[Piece | BaseException]") -> None:
    def end(done: asyncio.Future[Completion]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        arrived.put_nowait(error if error else Piece(place, "", done.result()))

    job.on_piece = lambda text: arrived.put_nowait(Piece(place, text))
    job.done.add_done_callback(end)


def _look_at(done: "asyncio.Future[list[Completion]]") -> None:
    """Keeps asyncio from printing the traceback of what nobody waits for any more."""
    if not done.cancelled():
        done.exception()


def _failure(error: Exception) -> HTTPException:
    if isinstance(error, TimeoutError):
        return HTTPException(504, "The summary was not ready before the deadline of this request.")
    return HTTPException(500, "Decoding failed; the log of the service says where.")


async def _disconnected(request: Request) -> None:
    """Returns when the client has gone away. The request's body must have been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
