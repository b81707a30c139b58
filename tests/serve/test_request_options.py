"""Options of a request: adapter, beams, length, deadline, streaming."""

import gc
import threading

import pytest
from fastapi.testclient import TestClient

from sumtune.errors import ModelError
from sumtune.serve.app import create_app
from sumtune.serve.settings import ServeSettings

from .fakes import (
    URL,
    EchoSummarizer,
    FailingSummarizer,
    FirstWordSummarizer,
    events,
    loaded_model,
    make_client,
    wait_for,
)

DIALOGUE = "Ann: I pay Bob 5 euros"


@pytest.fixture
def telling():
    return EchoSummarizer()


@pytest.fixture
def client(telling):
    base = loaded_model("base", FirstWordSummarizer())
    with make_client({"tuned": telling, "plain": FirstWordSummarizer()}, load_base=lambda: base) as client:
        yield client


def ask(client, **body):
    return client.post("/summarize", json={"dialogues": DIALOGUE} | body)


def test_adapters_are_selected_by_name_and_the_first_is_the_default(client):
    assert ask(client).json()["model"] == "tuned"
    plain = ask(client, adapter="plain").json()
    assert (plain["model"], plain["summaries"][0]["summary"]) == ("plain", "ANN:")
    unknown = ask(client, adapter="other")
    assert unknown.status_code == 404
    assert unknown.json()["detail"] == "There is no such model; the models are tuned, plain, base."


def test_the_base_model_is_loaded_on_first_use():
    loads = []

    def load_base():
        loads.append(1)
        return loaded_model("base", FirstWordSummarizer())

    with make_client({"tuned": EchoSummarizer()}, load_base=load_base) as client:
        assert ask(client).status_code == 200
        assert loads == []
        assert [ask(client, adapter="base").json()["model"] for _ in range(3)] == ["base"] * 3
    assert loads == [1]


def test_a_base_model_that_cannot_be_loaded_is_a_503_and_the_service_continues():
    def load_base():
        raise ModelError("There is no model at 'x'.")

    with make_client({"tuned": EchoSummarizer()}, load_base=load_base) as client:
        answer = ask(client, adapter="base")
        assert (answer.status_code, answer.json()["detail"]) == (503, "There is no model at 'x'.")
        assert ask(client).status_code == 200


def test_beams_can_be_set_if_the_engine_supports_it(client):
    assert ask(client, beams=3).json()["summaries"][0]["summary"] == f"beams 3: {DIALOGUE}"
    assert ask(client, beams=3).json()["beams"] == 3
    refused = ask(client, adapter="plain", beams=3)
    assert (refused.status_code, refused.json()["detail"]) == (422, "This engine supports only beams=1.")
    assert ask(client, adapter="plain", beams=1).status_code == 200
    assert ask(client, beams=9).status_code == 422


def test_equal_beams_give_the_same_summarizer_so_that_requests_share_a_batch():
    summarizer = EchoSummarizer(beams=4)
    tuned = loaded_model("tuned", summarizer, beams=4)
    assert tuned.summarizer_with_beams(4) is summarizer
    assert tuned.summarizer_with_beams(3) is tuned.summarizer_with_beams(3)
    assert tuned.summarizer_with_beams(3) is not tuned.summarizer_with_beams(2)


def test_max_tokens_shortens_the_summary(client):
    (summary,) = ask(client, max_tokens=2).json()["summaries"]
    assert (summary["summary"], summary["tokens"], summary["cut_off"]) == ("Ann: I", 2, True)


def test_unsupported_names_and_numbers_are_marked():
    class Inventing(FirstWordSummarizer):
        def summarize(self, dialogues, **options):
            done = super().summarize(dialogues, **options)
            return [type(one)("👋 Ann owes Carl 7 euros.", one.tokens, one.cut_off) for one in done]

    with make_client({"tuned": Inventing()}) as client:
        (summary,) = ask(client).json()["summaries"]
    assert summary["unsupported"] == [
        {"text": "Carl", "kind": "name", "start": 11, "end": 15},
        {"text": "7", "kind": "number", "start": 16, "end": 17},
    ]
    assert summary["summary"][11:15] == "Carl"


def test_a_wrong_subject_is_returned_with_its_reason():
    class Confusing(FirstWordSummarizer):
        def summarize(self, dialogues, **options):
            done = super().summarize(dialogues, **options)
            return [type(one)("Well, Bob will bring the big tent.", one.tokens, one.cut_off) for one in done]

    with make_client({"tuned": Confusing()}) as client:
        (summary,) = ask(client, dialogues="Ann: I will bring the big tent.\nBob: Thanks!").json()["summaries"]
    assert summary["unsupported"] == []
    assert summary["inconsistent"] == [
        {"text": "Bob", "kind": "subject", "start": 6, "end": 9, "reason": "The dialogue says this of Ann."}
    ]


def test_a_stream_sends_pieces_then_summaries_then_done(client):
    with client.stream("POST", "/summarize", json={"dialogues": [DIALOGUE, "Eve: Hi"], "stream": True}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        arrived = events(answer.read().decode())
    whole = client.post("/summarize", json={"dialogues": [DIALOGUE, "Eve: Hi"], "beams": 1}).json()
    for at, summary in enumerate(whole["summaries"]):
        pieces = [data["text"] for name, data in arrived if name == "piece" and data["index"] == at]
        assert len(pieces) > 1
        assert "".join(pieces) == summary["summary"]
        assert ("summary", {"index": at, **summary}) in arrived
    name, data = arrived[-1]
    assert (name, data["model"], data["beams"]) == ("done", "tuned", 1)


def test_no_piece_of_a_fast_engine_is_lost():
    dialogue = "a b c d e f g h"
    with make_client({"tuned": EchoSummarizer()}, settings=ServeSettings(workers=2, batch_wait_s=0.0)) as client:
        for _ in range(30):
            arrived = events(ask(client, dialogues=dialogue, stream=True).text)
            assert "".join(data["text"] for name, data in arrived if name == "piece") == dialogue


def test_a_stream_with_beams_or_another_engine_has_one_piece(client):
    for options in ({"beams": 4}, {"adapter": "plain"}):
        answer = ask(client, stream=True, **options)
        assert [name for name, _ in events(answer.text)] == ["piece", "summary", "done"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_past_its_deadline_gets_504_and_its_work_stops(stream, caplog):
    slow = EchoSummarizer(pause_s=0.05)
    with make_client({"tuned": slow}) as client:
        answer = ask(client, dialogues="word " * 40, beams=1, deadline_s=0.15, stream=stream)
        if stream:
            name, data = events(answer.text)[-1]
            assert (name, data["status"]) == ("error", 504)
        else:
            assert answer.status_code == 504
            assert "deadline" in answer.json()["detail"]
        said = slow.words
        assert ask(client, dialogues="good").status_code == 200
        assert slow.words <= said + 3
    gc.collect()
    assert not [record for record in caplog.records if record.exc_info], "no traceback of what nobody waits for"


def test_a_request_cannot_extend_the_deadline_of_the_service():
    settings = ServeSettings(workers=1, deadline_s=0.2)
    with make_client({"tuned": EchoSummarizer(pause_s=0.05)}, settings=settings) as client:
        assert ask(client, dialogues="word " * 40, beams=1, deadline_s=60).status_code == 504


def test_a_full_queue_is_a_503_with_retry_after():
    summarizer = EchoSummarizer()
    with make_client({"tuned": summarizer}, settings=ServeSettings(workers=1, max_queued_dialogues=4)) as client:
        answer = client.post("/summarize", json={"dialogues": ["Ann: Hi"] * 5})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert client.post("/summarize", json={"dialogues": ["Ann: Hi"] * 4}).status_code == 200


@pytest.mark.parametrize("stream", [False, True])
def test_an_engine_failure_is_a_500_without_the_dialogue(stream, caplog):
    with make_client({"tuned": FailingSummarizer()}) as client:
        answer = ask(client, dialogues="Zebulon: swordfish", stream=stream)
    assert answer.status_code == (200 if stream else 500)
    assert "Decoding failed" in answer.text
    assert "swordfish" not in answer.text + caplog.text


def test_while_loading_the_service_is_healthy_but_not_ready():
    allowed = threading.Event()

    def load():
        allowed.wait(10)
        return loaded_model("tuned", EchoSummarizer())

    with TestClient(create_app({"tuned": load}), base_url=URL) as client:
        assert client.get("/health").status_code == 200
        for answer in (client.get("/ready"), ask(client)):
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "2"
        allowed.set()
        wait_for(lambda: client.get("/ready").status_code == 200)
        assert ask(client).status_code == 200
