"""Dialogues that are read in parts: the same summaries as elsewhere, nobody else waits, nothing is left behind."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest
from fastapi.testclient import TestClient

from sumtune.decode.long_dialogues import LongDialogueSummarizer
from sumtune.serve.app import create_app
from sumtune.serve.settings import ServeSettings
from sumtune.text.parts import split

from .fakes import (
    MAX_SOURCE_TOKENS,
    URL,
    FirstWordsSummarizer,
    count_tokens,
    events,
    loaded_model,
    make_client,
    wait_for,
)
from .live_server import connect, listening_server, request, running_service

ONE_PART = ServeSettings(workers=1, max_long_batch_tokens=1)
"""Settings that decode one part per batch."""
SHORT = "Zoe: Hi"


def dialogue(turns):
    """Return a dialogue of 4 tokens a turn."""
    return "\n".join(f"Ann{number}: item {number} done" for number in range(turns))


LONG = dialogue(40)
PARTS = split(LONG, count_tokens, MAX_SOURCE_TOKENS)


def ask(client, dialogues=LONG, **body):
    return client.post("/summarize", json={"dialogues": dialogues} | body)


def waiting(client):
    """Return the number of jobs in the queue."""
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith("sumtune_queue_dialogues")).split()[1])


class Held:
    """Service with a summarizer that decodes a batch for each permit, and a pool for requests."""

    def __init__(self, client, summarizer, pool):
        self.client, self.calls, self.pool = client, summarizer.calls, pool
        self.release = summarizer.permits.release

    def start(self, dialogues=LONG, **body):
        """Send a request in a thread, and return its future."""
        return self.pool.submit(ask, self.client, dialogues, **body)

    def wait_for_calls(self, count):
        wait_for(lambda: len(self.calls) == count)


@pytest.fixture
def held(request: pytest.FixtureRequest):
    settings = getattr(request, "param", ONE_PART)
    summarizer = FirstWordsSummarizer(permits=threading.Semaphore(0))
    with ThreadPoolExecutor(8) as pool, make_client({"tuned": summarizer}, long="parts", settings=settings) as client:
        yield Held(client, summarizer, pool)
        summarizer.permits.release(1000)


@pytest.mark.parametrize("words", [1, 2, 20, 1000], ids=lambda words: f"{words} words")
@pytest.mark.parametrize("turns", [1, 12, 13, 40, 300])
def test_the_summary_is_that_of_the_summarizer_of_long_dialogues(words, turns):
    text, summarizer = dialogue(turns), FirstWordsSummarizer(words)
    (expected,) = LongDialogueSummarizer(summarizer, count_tokens, MAX_SOURCE_TOKENS, "parts").summarize([text])
    served = FirstWordsSummarizer(words)
    with make_client({"tuned": served}, long="parts") as client:
        whole, streamed = ask(client, [text, SHORT]), ask(client, [text, SHORT], stream=True)
    pieces = [data["text"] for name, data in events(streamed.text) if name == "piece" and data["index"] == 0]
    assert "".join(pieces) == expected.text
    summaries = {data["index"]: data for name, data in events(streamed.text) if name == "summary"}
    for found in (whole.json()["summaries"], summaries):
        said = found[0]["summary"], found[0]["tokens"], found[0]["read"]
        assert said == (expected.text, expected.tokens, expected.read)
        assert found[1]["read"] == "whole"
    read = [sorted(text for call in one.calls for text in call) for one in (summarizer, served)]
    assert sorted([*read[0], SHORT] * 2) == read[1]


def test_a_chat_completion_says_how_the_dialogue_was_read():
    with make_client({"tuned": FirstWordsSummarizer()}, long="parts") as client:
        body = {"model": "tuned", "messages": [{"role": "user", "content": LONG}]}
        answer = client.post("/v1/chat/completions", json=body).json()
        streamed = client.post("/v1/chat/completions", json=body | {"stream": True})
    assert answer["sumtune"]["read"] == f"parts ({len(PARTS)})"
    assert answer["usage"]["prompt_tokens"] == 160
    _, first = events(streamed.text)[0]
    assert first["sumtune"] == answer["sumtune"]


def test_short_requests_are_answered_between_the_parts(held):
    long = held.start()
    for number in range(3):
        held.wait_for_calls(2 * number + 1)
        short = held.start(f"Zoe{number}: Hi")
        wait_for(lambda: waiting(held.client) == len(PARTS) - number)  # noqa: B023 - called in this round
        held.release()
        held.wait_for_calls(2 * number + 2)
        held.release()
        assert short.result(10).json()["summaries"][0]["read"] == "whole"
        assert not long.done()
    held.release(100)
    assert long.result(10).json()["summaries"][0]["read"] == f"parts ({len(PARTS)})"
    assert held.calls[:6] == [[text] for number in range(3) for text in (PARTS[number], f"Zoe{number}: Hi")]


def test_parts_are_not_starved_by_short_requests(held):
    blocker = held.start("Eve: first")
    held.wait_for_calls(1)
    long = held.start()
    wait_for(lambda: waiting(held.client) == len(PARTS))
    shorts = [held.start(f"Zoe{number}: Hi") for number in range(3)]
    wait_for(lambda: waiting(held.client) == len(PARTS) + 3)
    held.release(100)
    assert {answer.result(10).status_code for answer in (blocker, long, *shorts)} == {200}
    assert held.calls[1] == [PARTS[0]], "the oldest job, although a batch of short jobs has just ended"
    assert len(held.calls[2]) == 3
    assert held.calls[3] == [PARTS[1]]


@pytest.mark.parametrize("stream", [False, True])
def test_a_long_request_past_its_deadline_leaves_no_job_behind(held, stream, caplog):
    answer = held.start(deadline_s=0.2, stream=stream).result(10)
    assert "deadline" in answer.text
    assert stream or answer.status_code == 504
    assert waiting(held.client) == 0
    held.release(100)
    assert ask(held.client, SHORT).status_code == 200
    assert held.calls[-1] == [SHORT]
    assert held.calls[:-1] in ([], [[PARTS[0]]]), "the first part may have started in time, no other"
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(
    "held", [ServeSettings(workers=1, max_queued_dialogues=len(PARTS) * 2, max_long_batch_tokens=1)], indirect=True
)
def test_a_long_request_that_does_not_fit_leaves_nothing_in_the_queue_and_short_ones_fit(held):
    blocker = held.start("Eve: first")
    held.wait_for_calls(1)
    first = held.start()
    wait_for(lambda: waiting(held.client) == len(PARTS))
    refused = ask(held.client)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert waiting(held.client) == len(PARTS)
    others = held.start([SHORT] * len(PARTS))
    wait_for(lambda: waiting(held.client) == 2 * len(PARTS))
    assert ask(held.client, SHORT).status_code == 503
    held.release(100)
    assert {answer.result(10).status_code for answer in (blocker, first, others)} == {200}
    assert sum(PARTS[0] in call for call in held.calls) == 1


def test_dialogues_of_together_too_many_parts_are_refused():
    settings = ServeSettings(workers=1, max_queued_dialogues=4 * len(PARTS) - 2)
    with make_client({"tuned": FirstWordsSummarizer()}, long="parts", settings=settings) as client:
        answer = ask(client, [LONG, SHORT, LONG])
        assert ask(client, [LONG, SHORT]).status_code == 200
    assert answer.status_code == 422
    assert answer.json()["detail"] == (
        f"The dialogues are read in {2 * len(PARTS)} parts; this service reads at most {2 * len(PARTS) - 1} parts per "
        "request."
    )


def test_a_dialogue_of_too_many_parts_is_refused_before_it_is_read():
    summarizer = FirstWordsSummarizer()
    settings = ServeSettings(workers=1, max_queued_dialogues=2 * len(PARTS))
    with make_client({"tuned": summarizer}, long="parts", settings=settings) as client:
        assert ask(client).status_code == 200
        summarizer.calls.clear()
        for turns in (50, 500):  # a few parts too many, and more tokens than all parts could have
            answer = ask(client, [SHORT, dialogue(turns)])
            assert answer.status_code == 422
            assert answer.json()["detail"] == (
                f"Dialogue 2 has {4 * turns} tokens; this service reads at most {len(PARTS)} parts of up to "
                f"{MAX_SOURCE_TOKENS} tokens, which overlap."
            )
    assert summarizer.calls == []


def test_an_adapter_that_truncates_refuses_long_dialogues():
    with make_client({"tuned": FirstWordsSummarizer()}, long="truncate") as client:
        answer = ask(client)
        assert (answer.status_code, client.get("/adapters").json()[0]["long"]) == (422, "refused")
    assert answer.json()["detail"] == "Dialogue 1 has 160 tokens; this model accepts at most 50."


@pytest.mark.parametrize("stream", [False, True])
def test_a_part_that_fails_fails_the_dialogue_and_cancels_the_other_parts(stream, caplog):
    class Picky(FirstWordsSummarizer):
        def stream(self, dialogues, watch, max_tokens=None, styles=None):
            super().stream(dialogues, watch, max_tokens)
            raise RuntimeError(f"cannot decode {dialogues[0]!r}")

    picky = Picky()
    with make_client({"tuned": picky}, long="parts", settings=ONE_PART) as client:
        answer = ask(client, stream=stream)
        assert (answer.status_code, waiting(client)) == (200 if stream else 500, 0)
    assert "Decoding failed" in answer.text
    assert picky.calls[0] == [PARTS[0]]
    assert len(picky.calls) < len(PARTS)
    assert "item" not in answer.text + caplog.text


def test_a_meeting_of_30_000_tokens_fits_in_a_request_and_in_the_queue():
    def load():
        return replace(loaded_model("tuned", FirstWordsSummarizer(20), long="parts"), max_source_tokens=1024)

    with TestClient(create_app({"tuned": load}), base_url=URL) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        (summary,) = ask(client, text := dialogue(7500)).json()["summaries"]
    assert count_tokens([text]) == [30_000]
    assert summary["read"] == f"parts ({len(split(text, count_tokens, 1024))})"


@pytest.mark.parametrize("stream", [False, True])
def test_a_long_request_whose_client_disconnects_leaves_no_job_behind(stream):
    summarizer = FirstWordsSummarizer(permits=threading.Semaphore(0))
    body = json.dumps({"dialogues": LONG, "stream": stream}).encode()
    with running_service({"tuned": summarizer}, ONE_PART, long="parts") as url, httpx.Client(base_url=url) as client:
        with connect(url) as connection:
            connection.sendall(request(body))
            wait_for(lambda: waiting(client) == len(PARTS) - 1)
        wait_for(lambda: waiting(client) == 0)
        summarizer.permits.release(100)
        assert ask(client, SHORT).status_code == 200
    assert summarizer.calls == [[PARTS[0]], [SHORT]]


def test_a_request_that_is_cancelled_after_its_parts_submits_nothing_more():
    summarizer, counting, proceed = FirstWordsSummarizer(), threading.Event(), threading.Event()

    def count_slowly(texts):
        if summarizer.calls:  # the parts are summarized, and their summaries are counted
            counting.set()
            proceed.wait(10)
        return count_tokens(texts)

    def load():
        return replace(loaded_model("tuned", summarizer, long="parts"), count_tokens=count_slowly)

    with listening_server(create_app({"tuned": load})) as url, httpx.Client(base_url=url) as client:
        wait_for(lambda: client.get("/ready").status_code == 200)
        with connect(url) as connection:
            connection.sendall(request(json.dumps({"dialogues": LONG}).encode()))
            assert counting.wait(10)
        wait_for(lambda: 'status="499"' in client.get("/metrics").text)
        proceed.set()
        assert ask(client, SHORT).status_code == 200
    assert sorted(text for call in summarizer.calls for text in call) == sorted([*PARTS, SHORT])
