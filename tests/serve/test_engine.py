"""The queue: refusals, deadlines, cancellation, and the end of the service."""

import asyncio
import threading

import pytest

from sumtune.serve import engine as engine_module
from sumtune.serve.engine import Engine
from sumtune.serve.jobs import BatchKey, Job, QueueFullError
from sumtune.serve.metrics import Metrics
from sumtune.serve.settings import ServeSettings

from .engine_harness import results, until, with_engine
from .fakes import EchoSummarizer, FirstWordSummarizer


def test_the_queue_is_bounded_and_accepts_all_or_none():
    summarizer = FirstWordSummarizer()

    async def test(engine, make):
        engine.submit([make(summarizer) for _ in range(3)])
        with pytest.raises(QueueFullError) as caught:
            engine.submit([make(summarizer) for _ in range(3)])
        assert 1 <= caught.value.retry_after_s <= 60
        last = make(summarizer)
        engine.submit([last])
        await last.future

    with_engine(test, max_queued_dialogues=5)
    assert sum(map(len, summarizer.calls)) == 4


def test_dialogues_that_would_miss_their_deadline_are_refused_at_once():
    summarizer = EchoSummarizer(pause_s=0.05)

    async def test(engine, make):
        first = make(summarizer, "a")
        engine.submit([first])
        await first.future  # now the engine knows that a dialogue takes at least 0.05 s
        waiting = [make(summarizer, "a") for _ in range(5)]
        engine.submit(waiting)
        with pytest.raises(QueueFullError):
            engine.submit([make(summarizer, "a", seconds=0.2)])
        engine.submit([patient := make(summarizer, "a", seconds=10)])
        await patient.future

    with_engine(test, max_batch_dialogues=1)


def test_running_dialogues_count_towards_the_waiting_time():
    summarizer = EchoSummarizer(pause_s=0.1)

    async def test(engine, make):
        engine.submit([first := make(summarizer, "a")])
        await first.future  # now the engine knows that a dialogue takes at least 0.1 s
        summarizer.gate.clear()
        engine.submit([running := make(summarizer, "a")])
        await until(lambda: len(summarizer.calls) == 2)
        with pytest.raises(QueueFullError):
            engine.submit([make(summarizer, "a", seconds=0.15)])
        engine.submit([patient := make(summarizer, "a")])
        summarizer.gate.set()
        await results([running, patient])

    with_engine(test)


def test_a_dialogue_that_expires_in_the_queue_is_never_decoded():
    summarizer = EchoSummarizer()
    summarizer.gate.clear()

    async def test(engine, make):
        first, late = make(summarizer, "a"), make(summarizer, "late")
        engine.submit([first])
        await until(lambda: summarizer.calls)
        engine.submit([late])
        late.deadline = asyncio.get_running_loop().time()
        summarizer.gate.set()
        with pytest.raises(TimeoutError):
            await late.future
        await first.future

    with_engine(test, max_batch_dialogues=1)
    assert summarizer.calls == [["a"]]


def test_cancelled_dialogues_leave_the_queue_or_stop_at_the_next_word():
    summarizer = EchoSummarizer(pause_s=0.02)

    async def test(engine, make):
        running, kept = make(summarizer, "word " * 100), make(summarizer, "kept " * 5)
        engine.submit([running, kept])
        await until(lambda: summarizer.words > 4)
        waiting = make(summarizer, "never")
        engine.submit([waiting])
        engine.cancel([running, waiting])
        assert await results([kept]) == ["kept kept kept kept kept"]

    with_engine(test)
    assert summarizer.calls == [["word " * 100, "kept " * 5]]
    assert summarizer.words < 40, "without cancelling there are 55"


def test_pieces_arrive_in_the_event_loop_before_the_end():
    summarizer = EchoSummarizer(pause_s=0.01)

    async def test(engine, make):
        job = make(summarizer, "one two three")
        loop, pieces = asyncio.get_running_loop(), []

        def listen(piece):
            assert asyncio.get_running_loop() is loop
            pieces.append((piece, job.future.done()))

        job.on_piece = listen
        engine.submit([job])
        await job.future
        assert pieces == [("one", False), (" two", False), (" three", False)]

    with_engine(test)


def test_decoding_does_not_block_the_event_loop():
    summarizer = EchoSummarizer()
    summarizer.gate.clear()

    async def test(engine, make):
        engine.submit([job := make(summarizer, "slow")])
        await until(lambda: summarizer.calls)
        assert not job.future.done(), "decoding waits for the gate, and the event loop runs on"
        summarizer.gate.set()
        await job.future

    with_engine(test)


def test_close_finishes_submitted_jobs_and_refuses_new_ones():
    summarizer = EchoSummarizer(pause_s=0.05)
    jobs = []

    async def test(engine, make):
        jobs.extend(make(summarizer, "one two") for _ in range(3))
        engine.submit(jobs)
        closing = asyncio.ensure_future(engine.close())
        await asyncio.sleep(0)
        with pytest.raises(QueueFullError):
            engine.submit([make(summarizer)])
        await closing
        assert await results(jobs) == ["one two"] * 3

    async def run():
        engine = Engine(ServeSettings(workers=1, max_batch_dialogues=1), Metrics())
        loop = asyncio.get_running_loop()
        engine.start()
        await test(
            engine, lambda one, text="x": Job(text, 1, BatchKey(one, 1, None), loop.time() + 10, loop.create_future())
        )

    asyncio.run(run())


@pytest.mark.parametrize(("every_s", "trims"), [(-1.0, True), (1e12, False)])
def test_the_heap_is_trimmed_between_batches_at_intervals(monkeypatch, every_s, trims):
    trimmed = []
    monkeypatch.setattr(engine_module, "TRIM_EVERY_S", every_s)
    monkeypatch.setattr(engine_module, "trim_heap", lambda: trimmed.append(threading.current_thread().name))

    async def test(engine, make):
        for _ in range(3):
            jobs = [make(FirstWordSummarizer())]
            engine.submit(jobs)
            await results(jobs)

    with_engine(test)
    assert bool(trimmed) is trims
    assert all(name.startswith("decode") for name in trimmed), "not in the event loop, which it would hold up"
