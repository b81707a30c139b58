"""Which jobs share a batch, in which order, and how long they are expected to wait."""

import asyncio
from dataclasses import dataclass

import pytest

from sumtune.serve.batches import choose_batch
from sumtune.serve.engine import Engine
from sumtune.serve.jobs import LONG_TOKENS, BatchKey, Job, QueueFullError
from sumtune.serve.metrics import Metrics
from sumtune.serve.settings import ServeSettings
from sumtune.serve.speed import Speed

from .fakes import FirstWordsSummarizer

ENGINE = FirstWordsSummarizer()
SETTINGS = ServeSettings(max_batch_tokens=100, max_long_batch_tokens=50, max_batch_dialogues=3)


@dataclass
class Copies(FirstWordsSummarizer):
    """A summarizer that decodes two batches at once."""

    copies: int = 2


def job(tokens=10, is_part=False, summarizer=ENGINE, future=None, deadline=0.0):
    return Job(str(tokens), tokens, BatchKey(summarizer, 1, None), deadline, future, is_part=is_part)


def part(tokens=10):
    return job(tokens, is_part=True)


def places(waiting, after_long=False, idle=1, exclusive_running=False):
    """Return the places in the queue of the jobs of the next batch."""
    batch = choose_batch(waiting, SETTINGS, idle=idle, exclusive_running=exclusive_running, after_long=after_long)
    return [waiting.index(one) for one in batch]


@pytest.mark.parametrize(
    ("waiting", "after_short", "after_long"),
    [
        ([], [], []),
        ([job(), part(), job()], [0, 2], [0, 2]),
        ([part(), job(), part(), job()], [0, 2], [1, 3]),
        ([part(), part()], [0, 1], [0, 1]),
        ([part(30), part(30), part(20)], [0, 2], [0, 2]),
        ([part(60), part(10)], [0], [0]),
        ([job(60), job(60), job(40)], [0, 2], [0, 2]),
        ([job(1), job(1), job(1), job(1)], [0, 1, 2], [0, 1, 2]),
        ([job(LONG_TOKENS + 1), job(1), job(2)], [0], [1, 2]),
        ([job(LONG_TOKENS), job(1)], [0], [0]),
    ],
)
def test_short_and_long_jobs_never_share_a_batch_and_take_turns(waiting, after_short, after_long):
    assert places(waiting) == after_short
    assert places(waiting, after_long=True) == after_long


def test_idle_workers_share_the_jobs_of_a_summarizer_that_decodes_several_batches():
    both = Copies()
    waiting = [job(summarizer=both) for _ in range(3)]
    assert places(waiting, idle=2) == [0, 1]
    assert places(waiting, idle=1) == [0, 1, 2]


def test_only_one_batch_of_an_exclusive_summarizer_runs_at_a_time():
    waiting = [job(), job(summarizer=Copies())]
    assert places(waiting, exclusive_running=True) == [1]
    assert places(waiting[:1], exclusive_running=True) == []


def test_a_short_job_waits_for_the_short_ones_ahead_and_for_one_batch_of_long_ones():
    speed = Speed(max_batch_dialogues=4)
    assert speed.wait_s([job(), part()], [job()]) == 0, "nothing is known"
    speed.update([job()] * 2, 1.0, now=0.0)
    speed.update([part(10)], 8.0, now=0.0)
    assert speed.wait_s([job()] * 2 + [part()] * 9, [job()]) == 2 * 0.5 + 8
    assert speed.wait_s([job()] * 2 + [part()] * 9, [part()]) == 2 * 0.5 + 9 * 8
    speed.update([job()], 1.5, now=0.0)
    assert speed.seconds([job(), part(5)]) == pytest.approx(0.8 * 0.5 + 0.2 * 1.5 + 4)


def test_jobs_that_continue_a_dialogue_go_first_and_are_refused_only_while_the_engine_closes():
    async def run():
        engine, loop = Engine(ServeSettings(workers=1, max_queued_dialogues=1), Metrics()), asyncio.get_running_loop()
        summarizer = FirstWordsSummarizer()

        def make(tokens, is_part=False):
            return job(tokens, is_part, summarizer, loop.create_future(), loop.time() + 10)

        engine.submit([first := make(1)])
        with pytest.raises(QueueFullError):
            engine.submit([make(2)])
        engine.submit_next([long := make(3, is_part=True), last := make(4)])
        engine.start()
        await asyncio.gather(first.future, long.future, last.future)
        assert summarizer.calls == [["3"], ["4", "1"]]
        await engine.close()
        with pytest.raises(QueueFullError):
            engine.submit_next([make(5)])

    asyncio.run(run())
