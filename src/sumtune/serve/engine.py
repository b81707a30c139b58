"""Dynamic batching: dialogues of many requests, decoded together a few milliseconds after they came."""

import asyncio
import logging
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from sumtune.memory import trim_heap
from sumtune.serve.jobs import DecodingFailedError, Job, QueueFullError
from sumtune.serve.metrics import Metrics
from sumtune.serve.redaction import redacted_traceback
from sumtune.serve.settings import ServeSettings
from sumtune.summarizer import Completion, ParallelSummarizer, StreamingSummarizer

__all__ = ["Engine"]

SMOOTHING = 0.2
"""Weight of the newest batch in the running mean of seconds a dialogue."""
MAX_RETRY_S = 60
TRIM_EVERY_S = 5.0
"""Batches of ever new sizes leave holes in the heap, which grow for minutes unless they are given back."""
MAX_BATCH_WAITS = 25
"""Times that a batch waits on because another dialogue came."""

logger = logging.getLogger(__name__)


class Engine:
    """A bounded queue in front of decoding threads. All methods belong to the event loop; decoding never blocks it."""

    def __init__(self, settings: ServeSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._waiting: list[Job] = []
        self._arrived = asyncio.Event()
        self._idle = 0
        self._running = 0
        """Dialogues that are being decoded."""
        self._exclusive_running = False
        """Whether a summarizer is at work that takes the whole machine."""
        self._seconds_per_job: float | None = None
        self._trimmed = 0.0
        """When the heap was trimmed."""
        self._workers: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(settings.workers, thread_name_prefix="decode")
        self._closing = False

    def start(self) -> None:
        """Begins to take jobs from the queue."""
        self._trimmed = asyncio.get_running_loop().time()
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._settings.workers)]

    async def close(self) -> None:
        """Returns when everything that was taken on is finished."""
        self._closing = True
        self._arrived.set()
        await asyncio.gather(*self._workers)
        self._threads.shutdown()

    def submit(self, jobs: Sequence[Job]) -> None:
        """Puts `jobs` into the queue, all or none.

        Raises:
            QueueFullError: they do not fit, or they would be done after their deadline at the present speed.
        """
        now = asyncio.get_running_loop().time()
        before, of_each_s = self._running + len(self._waiting), self._seconds_per_job or 0.0
        wait_s = before * of_each_s
        full = len(self._waiting) + len(jobs) > self._settings.max_queued_dialogues
        late = before > 0 and now + wait_s + len(jobs) * of_each_s > min(job.deadline for job in jobs)
        if full or self._closing or late:
            raise QueueFullError(max(1, min(MAX_RETRY_S, math.ceil(wait_s))))
        for job in jobs:
            job.arrived = now
        self._set_waiting([*self._waiting, *jobs])
        self._arrived.set()

    def cancel(self, jobs: Sequence[Job]) -> None:
        """Stops work on `jobs`: those that wait are dropped, those being decoded greedily end at the next token."""
        for job in jobs:
            job.stopped = True
            job.future.cancel()
        self._set_waiting([job for job in self._waiting if not job.stopped])

    def _set_waiting(self, waiting: list[Job]) -> None:
        self._waiting = waiting
        self._metrics.waiting.set(len(waiting))

    async def _work(self) -> None:
        while not (self._closing and not self._waiting):
            await self._run_next_batch()
            await self._trim_heap_if_due()

    async def _run_next_batch(self) -> None:
        """Waits for one batch and decodes it. A function of its own, so that an idle worker holds on to no model."""
        self._idle += 1
        await self._arrived.wait()
        await self._wait_for_more()
        batch = self._take_batch()
        self._idle -= 1
        if not batch or not self._waiting:
            self._arrived.clear()
        if batch:
            await self._run_and_notify(batch)

    async def _trim_heap_if_due(self) -> None:
        """Between batches, when nothing is counted as being decoded."""
        loop = asyncio.get_running_loop()
        if loop.time() > self._trimmed + TRIM_EVERY_S:
            self._trimmed = loop.time()
            await loop.run_in_executor(self._threads, trim_heap)

    async def _wait_for_more(self) -> None:
        """Returns when no more dialogues have come for a moment: answers that go out together bring the next ones."""
        for _ in range(MAX_BATCH_WAITS):
            before = len(self._waiting)
            if self._closing:
                return
            await asyncio.sleep(self._settings.batch_wait_s)
            if len(self._waiting) <= before:
                return

    async def _run_and_notify(self, batch: list[Job]) -> None:
        """Decodes a batch; then those that waited for its summarizer can be taken."""
        alone = _is_exclusive(batch[0])
        self._exclusive_running = self._exclusive_running or alone
        self._running += len(batch)
        try:
            await self._run(batch)
        finally:
            self._running -= len(batch)
            if alone:
                self._exclusive_running = False
            if self._waiting or self._closing:
                self._arrived.set()

    def _take_batch(self) -> list[Job]:
        """The oldest job that can be begun and those that can share its batch.

        Of summarizers that decode several batches at once, the other idle workers are left their part.
        """
        now = asyncio.get_running_loop().time()
        self._expire_late(now)
        first = next((job for job in self._waiting if not (self._exclusive_running and _is_exclusive(job))), None)
        if first is None:
            return []
        most = self._settings.max_batch_dialogues
        if not _is_exclusive(first):
            most = min(most, math.ceil(len(self._waiting) / self._idle))
        batch_key, tokens = first.batch_key, 0
        batch: list[Job] = []
        rest: list[Job] = []
        for job in self._waiting:
            fits = not batch or tokens + job.tokens <= self._settings.max_batch_tokens
            if job.batch_key == batch_key and len(batch) < most and fits:
                batch.append(job)
                tokens += job.tokens
                job.queued_s = now - job.arrived
            else:
                rest.append(job)
        self._set_waiting(rest)
        return batch

    def _expire_late(self, now: float) -> None:
        late = [job for job in self._waiting if job.deadline <= now]
        for job in late:
            if not job.future.done():
                job.future.set_exception(TimeoutError())
        self._set_waiting([job for job in self._waiting if job.deadline > now])

    async def _run(self, batch: list[Job]) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            completions = await loop.run_in_executor(self._threads, self._decode, batch, loop)
            finished = list(zip(batch, completions, strict=True))
        except Exception as error:
            logger.error("Decoding a batch of %d failed: %s", len(batch), redacted_traceback(error))
            await self._retry_individually(batch)
            return
        at_once = 1 if _is_exclusive(batch[0]) else self._settings.workers
        self._update_speed((loop.time() - begun) / len(batch) / at_once)
        self._metrics.batch.observe(len(batch))
        for job, completion in finished:
            self._metrics.tokens.labels("read").inc(job.tokens)
            self._metrics.tokens.labels("written").inc(completion.tokens)
            if not job.future.done():
                job.future.set_result(completion)

    async def _retry_individually(self, failed: list[Job]) -> None:
        """Decodes the dialogues of a failed batch one by one: one of them must not take the others with it."""
        for job in failed:
            if len(failed) > 1 and not job.shown and not job.stopped:
                await self._run([job])
            elif not job.future.done():
                job.future.set_exception(DecodingFailedError())

    def _update_speed(self, seconds: float) -> None:
        known = self._seconds_per_job
        self._seconds_per_job = seconds if known is None else (1 - SMOOTHING) * known + SMOOTHING * seconds

    @staticmethod
    def _decode(batch: list[Job], loop: asyncio.AbstractEventLoop) -> list[Completion]:
        """In a thread: the completions of a batch; greedy ones are watched, so that they can be stopped."""
        batch_key = batch[0].batch_key
        dialogues = [job.dialogue for job in batch]

        def watch(at: int, piece: str) -> bool:
            if piece and not batch[at].stopped:
                batch[at].shown = True
                loop.call_soon_threadsafe(batch[at].on_piece, piece)
            return batch[at].stopped

        if batch_key.beams == 1 and isinstance(batch_key.summarizer, StreamingSummarizer):
            return batch_key.summarizer.stream(dialogues, watch, batch_key.max_tokens)
        completions = batch_key.summarizer.summarize(dialogues, max_tokens=batch_key.max_tokens)
        for at, completion in enumerate(completions):
            watch(at, completion.text)
        return completions


def _is_exclusive(job: Job) -> bool:
    """True where the job's summarizer uses every core for one batch, so that a second one would only disturb."""
    return not isinstance(job.batch_key.summarizer, ParallelSummarizer)
