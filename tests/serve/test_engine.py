"""Dynamic batching: shared batches, refusals, and cancellation."""

import asyncio
import threading

import pytest

from sumtune.serve import engine as engine_module
from sumtune.serve.engine import Engine
from sumtune.serve.jobs import BatchKey, DecodingFailedError, Job, QueueFullError
from sumtune.serve.metrics import Metrics
from sumtune.serve.settings import ServeSettings

from .fakes import EchoSummarizer, FailingSummarizer, FirstWordSummarizer


def with_engine(test, **settings):
    """Run the coroutine `test(engine, make)` with a started engine; `make` creates jobs."""

    async def run():
        engine = Engine(ServeSettings(**({"workers": 1} | settings)), Metrics())
        loop = asyncio.get_running_loop()

        def make(summarizer, text="Ann: Hi", tokens=10, beams=1, max_tokens=None, seconds=10.0):
            batch_key = BatchKey(summarizer, beams, max_tokens)
            return Job(text, tokens, batch_key, loop.time() + seconds, loop.create_future())

        engine.start()
        try:
            await asyncio.wait_for(test(engine, make), 20)
        finally:
            await engine.close()

    asyncio.run(run())


async def until(condition):
    """Return when `condition()` is true; `with_engine` limits the time."""
    while not condition():
        await asyncio.sleep(0.001)


async def results(jobs):
    return [completion.text for completion in await asyncio.gather(*(job.future for job in jobs))]


def test_dialogues_that_arrive_together_share_a_batch_in_order():
    summarizer = FirstWordSummarizer()

    async def test(engine, make):
        jobs = [make(summarizer, f"s{number}: Hi") for number in range(5)]
        for job in jobs:
            engine.submit([job])
        assert await results(jobs) == [f"S{number}:" for number in range(5)]

    with_engine(test)
    assert [len(call) for call in summarizer.calls] == [5]


@pytest.mark.parametrize(
    ("settings", "tokens", "sizes"),
    [
        ({"max_batch_dialogues": 2}, [10] * 5, [2, 2, 1]),
        ({"max_batch_tokens": 100}, [40, 40, 40, 10, 50], [3, 2]),
        ({"max_batch_tokens": 100}, [500, 10, 10], [1, 2]),
    ],
)
def test_a_batch_is_limited_by_dialogues_and_tokens(settings, tokens, sizes):
    summarizer = FirstWordSummarizer()

    async def test(engine, make):
        jobs = [make(summarizer, tokens=count) for count in tokens]
        engine.submit(jobs)
        await results(jobs)

    with_engine(test, **settings)
    assert [len(call) for call in summarizer.calls] == sizes


def test_dialogues_with_different_options_do_not_share_a_batch():
    one, other = FirstWordSummarizer(), FirstWordSummarizer()

    async def test(engine, make):
        jobs = [make(one), make(other), make(one), make(one, beams=4), make(one, max_tokens=5), make(other)]
        engine.submit(jobs)
        await results(jobs)

    with_engine(test)
    assert [len(call) for call in one.calls] == [2, 1, 1]
    assert [len(call) for call in other.calls] == [2]


class Copied(EchoSummarizer):
    copies = 2


def test_idle_workers_share_the_queue_of_a_parallel_summarizer():
    summarizer = Copied(pause_s=0.02)

    async def test(engine, make):
        jobs = [make(summarizer, f"word{number}") for number in range(8)]
        engine.submit(jobs)
        await results(jobs)

    with_engine(test, workers=2)
    assert [len(call) for call in summarizer.calls] == [4, 4]


def test_an_exclusive_summarizer_decodes_one_batch_at_a_time():
    summarizer = EchoSummarizer()
    summarizer.gate.clear()

    async def test(engine, make):
        engine.submit([first := make(summarizer, "a b c")])
        await until(lambda: summarizer.calls)
        engine.submit(later := [make(summarizer, f"word{number}") for number in range(8)])
        await asyncio.sleep(0.03)
        assert len(summarizer.calls) == 1, "the other dialogues wait for the next batch"
        summarizer.gate.set()
        await results([first, *later])

    with_engine(test, workers=2)
    assert [len(call) for call in summarizer.calls] == [1, 8]


def test_a_batch_waits_while_more_dialogues_arrive():
    summarizer = FirstWordSummarizer()

    async def test(engine, make):
        jobs = []
        for _ in range(6):
            engine.submit([job := make(summarizer)])
            jobs.append(job)
            await asyncio.sleep(0.01)
        await results(jobs)

    with_engine(test, batch_wait_s=0.05)
    assert [len(call) for call in summarizer.calls] == [6]


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


def test_a_failed_batch_fails_alone_and_the_log_does_not_quote_it(caplog):
    summarizer = FirstWordSummarizer()

    async def test(engine, make):
        broken, good = make(FailingSummarizer(), "Zebulon: swordfish"), make(summarizer)
        engine.submit([broken, good])
        with pytest.raises(DecodingFailedError):
            await broken.future
        await good.future

    with_engine(test)
    assert "RuntimeError at fakes.py" in caplog.text
    assert "swordfish" not in caplog.text


def test_one_bad_dialogue_does_not_fail_its_batch():
    class Picky(FirstWordSummarizer):
        def summarize(self, dialogues, **options):
            if "bad" in dialogues:
                raise RuntimeError("bad")
            return super().summarize(dialogues, **options)

    async def test(engine, make):
        picky = Picky()
        jobs = [make(picky, text) for text in ("one", "bad", "two")]
        engine.submit(jobs)
        one, bad, two = await asyncio.gather(*(job.future for job in jobs), return_exceptions=True)
        assert (one.text, two.text) == ("ONE", "TWO")
        assert isinstance(bad, DecodingFailedError)

    with_engine(test)


def test_a_partly_sent_summary_is_not_retried():
    class Tripping(EchoSummarizer):
        def stream(self, dialogues, watch, max_tokens=None):
            self.calls.append(list(dialogues))
            watch(0, "half")
            raise RuntimeError("planted")

    tripping, pieces = Tripping(), []

    async def test(engine, make):
        shown, other = make(tripping, "a"), make(tripping, "b")
        shown.on_piece = pieces.append
        engine.submit([shown, other])
        for job in (shown, other):
            with pytest.raises(DecodingFailedError):
                await job.future

    with_engine(test)
    assert tripping.calls == [["a", "b"], ["b"]]
    assert pieces == ["half"]


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


def test_a_missing_completion_fails_the_batch_and_the_next_batch_runs():
    class Losing(FirstWordSummarizer):
        def summarize(self, dialogues, **options):
            return super().summarize(dialogues, **options)[1:]

    async def test(engine, make):
        (lost,) = jobs = [make(Losing())]
        engine.submit(jobs)
        with pytest.raises(DecodingFailedError):
            await lost.future
        good = [make(FirstWordSummarizer())]
        engine.submit(good)
        assert await results(good) == ["ANN:"]

    with_engine(test)
