"""A batch that fails: only its bad dialogues fail, and the log quotes none."""

import asyncio

import pytest

from sumtune.serve.jobs import DecodingFailedError

from .engine_harness import results, with_engine
from .fakes import EchoSummarizer, FailingSummarizer, FirstWordSummarizer


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
        def stream(self, dialogues, watch, max_tokens=None, styles=None):
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
