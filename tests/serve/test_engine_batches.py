"""Dynamic batching: jobs that share a batch, and workers that share the queue."""

import asyncio

import pytest

from .engine_harness import results, until, with_engine
from .fakes import EchoSummarizer, FirstWordSummarizer


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
