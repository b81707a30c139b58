"""Short requests have their turn between the steps of a long dialogue, which goes on and is never lost."""

import asyncio
import threading
from types import SimpleNamespace

import pytest

from sumtune.serve import engine, sources, speed
from sumtune.serve.jobs import LONG_TOKENS, TooSlowError
from sumtune.summarizer import Completion

from . import fakes
from .engine_harness import results, until, with_engine
from .fakes import FirstWordsSummarizer, make_client


class Stepwise(FirstWordsSummarizer):
    """Takes one of the `permits` for each of the four steps of a long dialogue, and records what it does."""

    def __init__(self):
        super().__init__()
        self.done = []
        self.steps = threading.Semaphore(0)
        self.bytes_per_token = 1

    def begin(self, dialogues, watch, max_tokens=None, styles=None):
        return SimpleNamespace(advance=lambda should_pause: self._advance(dialogues, watch, should_pause))

    def _advance(self, dialogues, watch, should_pause):
        if dialogues[0].startswith("Long"):
            while self.done.count(dialogues[0]) < 4:
                assert self.steps.acquire(timeout=10)
                self.done.append(dialogues[0])
                if should_pause():
                    return None
        else:
            self.done += dialogues
        for at, text in enumerate(dialogues):
            watch(at, text)
        return [Completion(text, 1, cut_off=False) for text in dialogues]

    def reading_bytes(self, tokens):
        return self.bytes_per_token * tokens


def test_short_jobs_are_decoded_between_the_steps_of_a_long_one(monkeypatch):
    monkeypatch.setattr(engine, "LONG_SHARE", 0)
    summarizer = Stepwise()

    async def test(engine, make):
        engine.submit([long := make(summarizer, "Long", tokens=LONG_TOKENS + 1)])
        for number in range(1, 4):
            engine.submit([short := make(summarizer, f"Short {number}")])
            summarizer.steps.release()
            assert await results([short]) == [f"Short {number}"]
            assert not long.future.done()
        summarizer.steps.release()
        assert await results([long]) == ["Long"]

    with_engine(test, batch_wait_s=0)
    assert summarizer.done == ["Long", "Short 1", "Long", "Short 2", "Long", "Short 3", "Long"]


def test_after_a_pause_a_long_one_has_its_share_of_the_time(monkeypatch):
    monkeypatch.setattr(engine, "LONG_SHARE", 10**6)
    summarizer = Stepwise()

    async def test(engine, make):
        engine.submit([long := make(summarizer, "Long", tokens=LONG_TOKENS + 1)])
        engine.submit([make(summarizer, "Short 1")])
        summarizer.steps.release()
        await until(lambda: "Short 1" in summarizer.done)
        engine.submit([last := make(summarizer, "Short 2")])
        summarizer.steps.release(3)
        assert await results([long, last]) == ["Long", "Short 2"]

    with_engine(test, batch_wait_s=0)
    assert summarizer.done == ["Long", "Short 1", "Long", "Long", "Long", "Short 2"]


def test_two_long_ones_are_decoded_one_after_the_other():
    summarizer = Stepwise()
    summarizer.steps.release(8)

    async def test(engine, make):
        jobs = [make(summarizer, text, tokens=LONG_TOKENS + 1) for text in ("Long 1", "Long 2")]
        engine.submit(jobs)
        assert await results(jobs) == ["Long 1", "Long 2"]

    with_engine(test, workers=2)
    assert summarizer.done == ["Long 1"] * 4 + ["Long 2"] * 4


def test_a_cancelled_long_one_stops_at_its_next_step():
    summarizer = Stepwise()

    async def test(engine, make):
        engine.submit([long := make(summarizer, "Long", tokens=LONG_TOKENS + 1)])
        summarizer.steps.release()
        await until(lambda: summarizer.done)
        engine.cancel([long])
        summarizer.steps.release()
        engine.submit([short := make(summarizer, "Short")])
        await short.future

    with_engine(test, batch_wait_s=0)
    assert summarizer.done.count("Long") == 2


def test_a_short_one_does_not_count_the_long_ones_that_pause_for_it():
    summarizer = Stepwise()
    summarizer.steps.release(5)

    async def test(engine, make):
        engine.submit([first := make(summarizer, "Long", tokens=LONG_TOKENS + 1)])
        await first.future
        engine._speed.update([first], 30.0, asyncio.get_running_loop().time())
        summarizer.done.clear()
        engine.submit([long := make(summarizer, "Long", tokens=LONG_TOKENS + 1, seconds=1000)])
        await until(lambda: summarizer.done)
        engine.submit([make(summarizer, "Short", seconds=5)])
        summarizer.steps.release(3)
        await long.future

    with_engine(test)


def ask(client, words, **body):
    return client.post("/summarize", json={"dialogues": "Long " + "a " * (words - 1)} | body)


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setattr(fakes, "MAX_SOURCE_TOKENS", 10_000)
    summarizer = Stepwise()
    summarizer.steps.release(100)
    with make_client({"tuned": summarizer}) as client:
        yield SimpleNamespace(http=client, summarizer=summarizer)


def test_a_dialogue_for_which_memory_is_short_is_refused_before_it_is_read(client, monkeypatch):
    monkeypatch.setattr(sources, "available_bytes", lambda: 10**9)
    client.summarizer.bytes_per_token = 300_000
    refused = ask(client.http, 4000)
    assert refused.status_code == 503
    assert refused.json()["detail"] == "Reading 4000 tokens at once takes 1.2 GB of memory, and 1.0 GB are free."
    assert int(refused.headers["retry-after"]) >= 1
    assert client.summarizer.done == []
    client.summarizer.bytes_per_token = 100_000
    assert ask(client.http, 4000).status_code == 200


def test_a_dialogue_that_cannot_be_read_before_its_deadline_is_refused_at_once():
    summarizer = Stepwise()
    summarizer.steps.release(100)

    async def test(engine, make):
        loop = asyncio.get_running_loop()

        def long(number, seconds):
            return make(summarizer, f"Long {number}", tokens=4000, seconds=seconds)

        engine.submit([first := long(1, seconds=1)])  # no speed is known yet
        await first.future
        engine._speed = speed.Speed(1)
        engine._speed.update([first], 8.0, loop.time())
        with pytest.raises(TooSlowError, match=r"Reading 4000 tokens takes about 8 s .* the request is 5 s"):
            engine.submit([long(2, seconds=5)])
        engine.submit([patient := long(3, seconds=20)])
        await patient.future
        engine._speed = speed.Speed(1)
        engine._speed.update([first], 8.0, loop.time() - speed.VALID_S - 1)
        engine.submit([again := long(4, seconds=5)])  # the measurement is old
        await again.future

    with_engine(test)
    assert set(summarizer.done) == {"Long 1", "Long 3", "Long 4"}
