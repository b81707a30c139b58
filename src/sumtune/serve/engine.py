"""Dynamic batching: jobs of several requests share a batch."""

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sumtune.memory import trim_heap
from sumtune.serve.batches import choose_batch, is_exclusive
from sumtune.serve.decoding import Decoding
from sumtune.serve.jobs import DecodingFailedError, Job, QueueFullError, TooSlowError
from sumtune.serve.metrics import Metrics
from sumtune.serve.redaction import redacted_traceback
from sumtune.serve.settings import ServeSettings
from sumtune.serve.speed import Speed
from sumtune.summarizer import Completion

__all__ = ["Engine"]

MAX_RETRY_S = 60
TRIM_EVERY_S = 5.0
"""Seconds between heap trims. Batches of varying size fragment the heap, which grows until it is trimmed."""
LONG_SHARE = 0.5
"""After a pause, long jobs run for this share of the time that the short jobs took."""
MAX_BATCH_WAITS = 25
"""Most times a batch waits because another dialogue arrived."""

logger = logging.getLogger(__name__)


class Engine:
    """Bounded queue in front of decoding threads.

    Call all methods from the event loop. Decoding never blocks it.
    """

    def __init__(self, settings: ServeSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._waiting: list[Job] = []
        self._wake_up = asyncio.Event()
        self._idle = 0
        """Idle workers."""
        self._running: list[Job] = []
        """Jobs being decoded."""
        self._after_long = False
        """Whether the newest batch is one of long jobs."""
        self._exclusive_running = False
        """Whether a summarizer that uses all cores is decoding."""
        self._speed = Speed(settings.max_batch_dialogues)
        self._trimmed_at = 0.0
        self._workers: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="decode")
        self._closing = False

    def start(self) -> None:
        """Start the workers."""
        self._trimmed_at = asyncio.get_running_loop().time()
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._settings.workers)]

    async def close(self) -> None:
        """Refuse new jobs, and return when all submitted jobs have finished."""
        self._closing = True
        self._wake_up.set()
        await asyncio.gather(*self._workers)
        self._threads.shutdown()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Add all `jobs` to the queue, or none.

        Raises:
            TooSlowError: at the speed measured recently, reading them takes longer than their deadline.
            QueueFullError: they do not fit, or at the current speed they would miss their deadline.
        """
        now = asyncio.get_running_loop().time()
        deadline_s = min(job.deadline for job in jobs) - now
        if (reading_s := self._speed.reading_s(jobs, now)) > deadline_s:
            raise TooSlowError(sum(job.tokens for job in jobs), reading_s, deadline_s)
        ahead = [*self._running, *self._waiting]
        wait_s = self._speed.wait_s(ahead, jobs)
        parts = sum(job.is_part for job in [*self._waiting, *jobs])
        full = len(self._waiting) + len(jobs) > self._settings.max_queued_dialogues or parts > self._settings.max_parts
        late = bool(ahead) and wait_s + self._speed.seconds(jobs) > deadline_s
        if full or self._closing or late:
            raise QueueFullError(max(1, min(MAX_RETRY_S, math.ceil(wait_s))))
        self._add(jobs, now)
        self._set_waiting([*self._waiting, *jobs])

    def submit_next(self, jobs: Sequence[Job]) -> None:
        """Add `jobs` that continue a dialogue at the front of the queue, however full it is.

        They are fewer than the jobs of the same dialogue that have left the queue.

        Raises:
            QueueFullError: the engine is closing.
        """
        if self._closing:
            raise QueueFullError(1)
        self._add(jobs, asyncio.get_running_loop().time())
        self._set_waiting([*jobs, *self._waiting])

    def _add(self, jobs: Sequence[Job], now: float) -> None:
        for job in jobs:
            job.submitted_at = now
        self._wake_up.set()

    def cancel(self, jobs: Sequence[Job]) -> None:
        """Cancel `jobs`. Waiting jobs leave the queue; greedy decoding stops at the next token."""
        for job in jobs:
            job.cancelled = True
            job.future.cancel()
        self._set_waiting([job for job in self._waiting if not job.cancelled])

    def _set_waiting(self, waiting: list[Job]) -> None:
        self._waiting = waiting
        self._metrics.waiting.set(len(waiting))

    async def _work(self) -> None:
        while not (self._closing and not self._waiting):
            await self._run_next_batch()
            await self._trim_heap_if_due()

    async def _run_next_batch(self) -> None:
        """Wait for a batch and decode it. A separate function, so that an idle worker keeps no model alive."""
        self._idle += 1
        await self._wake_up.wait()
        await self._wait_for_more()
        batch = self._take_batch()
        self._idle -= 1
        if not batch or not self._waiting:
            self._wake_up.clear()
        if batch:
            await self._run_and_notify(batch)

    async def _trim_heap_if_due(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() > self._trimmed_at + TRIM_EVERY_S:
            self._trimmed_at = loop.time()
            await loop.run_in_executor(self._threads, trim_heap)

    async def _wait_for_more(self) -> None:
        """Return when no dialogue has arrived for `batch_wait_s`."""
        for _ in range(MAX_BATCH_WAITS):
            before = len(self._waiting)
            if self._closing:
                return
            await asyncio.sleep(self._settings.batch_wait_s)
            if len(self._waiting) <= before:
                return

    async def _run_and_notify(self, batch: list[Job]) -> None:
        """Decode a batch, then wake the workers for the jobs that waited for its summarizer."""
        exclusive = is_exclusive(batch[0])
        self._exclusive_running = self._exclusive_running or exclusive
        try:
            await self._run(batch)
        finally:
            if exclusive:
                self._exclusive_running = False
            if self._waiting or self._closing:
                self._wake_up.set()

    def _take_batch(self, *, while_paused: bool = False) -> list[Job]:
        """Remove the jobs of the next batch from the queue, and return them; `while_paused`, only short jobs."""
        now = asyncio.get_running_loop().time()
        self._expire_late(now)
        batch = choose_batch(
            [job for job in self._waiting if not (while_paused and job.is_long)], self._settings,
            idle=max(1, self._idle), exclusive_running=self._exclusive_running and not while_paused,
            after_long=self._after_long,
        )  # fmt: skip
        if batch and not while_paused:
            self._after_long = batch[0].is_long
        for job in batch:
            job.queued_s = now - job.submitted_at
        self._set_waiting([job for job in self._waiting if job not in batch])
        return batch

    def _expire_late(self, now: float) -> None:
        late = [job for job in self._waiting if job.deadline <= now]
        for job in late:
            if not job.future.done():
                job.future.set_exception(TimeoutError())
        self._set_waiting([job for job in self._waiting if job.deadline > now])

    async def _run(self, batch: list[Job]) -> None:
        self._running += batch
        try:
            completions = await self._decode(batch)
            finished = [] if completions is None else list(zip(batch, completions, strict=True))
        except Exception as error:
            logger.error("Decoding a batch of %d failed: %s", len(batch), redacted_traceback(error))
            await self._retry_individually(batch)
            return
        finally:
            self._running = [job for job in self._running if job not in batch]
        if not finished:
            return
        self._metrics.batch.observe(len(batch))
        for job, completion in finished:
            self._metrics.tokens.labels("read").inc(job.tokens)
            self._metrics.tokens.labels("written").inc(completion.tokens)
            if not job.future.done():
                job.future.set_result(completion)

    async def _decode(self, batch: list[Job]) -> list[Completion] | None:
        """Decode a batch in a thread, and measure its speed. While long jobs pause, decode the short jobs that wait.

        Return None if all jobs were cancelled during a pause.
        """
        loop = asyncio.get_running_loop()
        decoding, seconds, slice_s = Decoding(batch, loop), 0.0, 0.0
        while True:
            start = time.monotonic()
            should_pause = partial(self._should_pause, batch, start + slice_s)
            completions = await loop.run_in_executor(self._threads, decoding.advance, should_pause)
            end = time.monotonic()
            seconds += end - start
            if completions is not None:
                parallel_batches = 1 if is_exclusive(batch[0]) else self._settings.workers
                self._speed.update(batch, seconds / parallel_batches, loop.time())
            if completions is not None or all(job.cancelled for job in batch):
                return completions
            if short := self._take_batch(while_paused=True):
                await self._run(short)
            slice_s = LONG_SHARE * (time.monotonic() - end)

    def _should_pause(self, batch: list[Job], after: float) -> bool:
        """Return whether a batch stops here: for short jobs from the time `after` on, or because it is cancelled.

        Called in the thread that decodes. Other threads replace the lists that it reads, and never change them.
        """
        if not batch[0].is_long:
            return False
        short_waits = any(not job.is_long for job in self._waiting)
        return (short_waits and time.monotonic() >= after) or all(job.cancelled for job in batch)

    async def _retry_individually(self, failed: list[Job]) -> None:
        """Decode the jobs of a failed batch one by one, so that one bad dialogue does not fail the others."""
        for job in failed:
            if len(failed) > 1 and not job.partly_sent and not job.cancelled:
                await self._run([job])
            elif not job.future.done():
                job.future.set_exception(DecodingFailedError())
