"""`POST /summarize`: responses and error messages."""

import json

import pytest

from sumtune.serve.dialogue_input import MAX_CHARACTERS, MAX_DIALOGUES
from sumtune.serve.settings import ServeSettings

from .fakes import MAX_SOURCE_TOKENS, FirstWordSummarizer, make_client

SECRET = "Zebulon: my password is swordfish"
MAX_BODY_BYTES = ServeSettings.max_body_bytes


@pytest.fixture(scope="module")
def service():
    """Client and summarizer, shared by this file."""
    summarizer = FirstWordSummarizer()
    with make_client(
        {"tiny": summarizer}, settings=ServeSettings(workers=1, max_batch_dialogues=MAX_DIALOGUES)
    ) as client:
        yield client, summarizer


@pytest.fixture
def summarizer(service):
    service[1].calls.clear()
    return service[1]


@pytest.fixture
def client(service, summarizer):
    return service[0]


def test_one_dialogue_as_text_gives_one_summary(client):
    answer = client.post("/summarize", json={"dialogues": "Ann: Hello there"})
    assert answer.status_code == 200
    body = answer.json()
    summary = {"summary": "ANN:", "tokens": 3, "cut_off": False, "read": "whole", "unsupported": [], "inconsistent": []}
    assert body["summaries"] == [summary]
    assert (body["model"], body["beams"]) == ("tiny", 1)
    assert 0 <= body["queued_s"] <= body["elapsed_s"] < 10


@pytest.mark.parametrize("count", [1, 3, MAX_DIALOGUES])
def test_many_dialogues_are_answered_in_their_order_with_one_call(client, summarizer, count):
    dialogues = [f"Speaker{number}: Hi" for number in range(count)]
    body = client.post("/summarize", json={"dialogues": dialogues}).json()
    assert [item["summary"] for item in body["summaries"]] == [f"SPEAKER{number}:" for number in range(count)]
    assert summarizer.calls == [dialogues]


TURNS = [{"speaker": "Ann", "text": "Hello\r\nthere"}, {"role": "Bob", "content": "Yo"}]


@pytest.mark.parametrize(
    ("dialogues", "heard"),
    [
        ("\ufeff Ann: Hello there \r\nBob: Yo\r\n", 1),
        (["Ann: Hello there\rBob: Yo\0"], 1),
        (TURNS, 1),
        ([TURNS], 1),
        ([["Ann: Hello there", TURNS[1]], "Ann: Hello there\nBob: Yo", TURNS], 3),
    ],
)
def test_a_dialogue_is_text_or_turns_as_in_training(client, summarizer, dialogues, heard):
    assert client.post("/summarize", json={"dialogues": dialogues}).status_code == 200
    assert summarizer.calls == [["Ann: Hello there\nBob: Yo"] * heard]


def test_health_and_ready_return_200(client):
    assert client.get("/health").json() == {"status": "ok"}
    ready = client.get("/ready").json()
    assert (ready["status"], ready["models"]) == ("ready", ["tiny"])


def test_the_examples_in_the_documentation_work(client):
    schema = client.get("/openapi.json").json()
    for path in ("/summarize", "/v1/chat/completions"):
        body = schema["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        examples = schema["components"]["schemas"][body["$ref"].rpartition("/")[2]]["examples"]
        assert examples
        for example in examples:
            answer = client.post(path, json=example | ({"model": "tiny"} if "model" in example else {}))
            assert answer.status_code == 200, answer.text


def test_the_longest_allowed_dialogue_is_accepted(client):
    assert client.post("/summarize", json={"dialogues": "a " * MAX_SOURCE_TOKENS}).status_code == 200
    too_long = client.post("/summarize", json={"dialogues": ["Hi", "a " * (MAX_SOURCE_TOKENS + 1)]})
    assert too_long.status_code == 422
    assert too_long.json()["detail"].startswith("Dialogue 2 has 51 tokens")


def refused(client, summarizer, answer, status):
    """Check the status, one readable sentence without dialogue text, and that nothing was summarized."""
    assert answer.status_code == status
    body = answer.json()
    assert list(body) == ["detail"]
    assert isinstance(body["detail"], str)
    assert len(body["detail"].split()) >= 2
    assert len(body["detail"]) < 1000
    assert "swordfish" not in answer.text
    assert "Zebulon" not in answer.text
    assert summarizer.calls == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"dialogue": SECRET},
        {"dialogues": ""},
        {"dialogues": " \n\t "},
        {"dialogues": None},
        {"dialogues": 7},
        {"dialogues": {"text": SECRET}},
        {"dialogues": []},
        {"dialogues": [SECRET, ""]},
        {"dialogues": [SECRET, 7]},
        {"dialogues": [SECRET] * (MAX_DIALOGUES + 1)},
        {"dialogues": [[[SECRET]]]},
        {"dialogues": [SECRET, {"text": SECRET}]},
        {"dialogues": [{"speaker": SECRET}]},
        {"dialogues": [{"text": SECRET + "a" * MAX_CHARACTERS}]},
        {"dialogues": [["\ufeff", {"text": "\0 "}]]},
        {"dialogues": SECRET, "temperature": 1},
        {"dialogues": SECRET + "a" * MAX_CHARACTERS},
        {"dialogues": SECRET + " a" * MAX_SOURCE_TOKENS},
        [SECRET],
        SECRET,
        None,
    ],
    ids=str,
)
def test_an_invalid_body_is_refused_in_one_sentence(client, summarizer, body):
    refused(client, summarizer, client.post("/summarize", json=body), 422)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"dialogues": "' + SECRET.encode(),
        b'{"dialogues": "\xff\xfe"}',
        b"[" * 50_000,
        b"\x00",
        b"nan",
        b'{"dialogues": "\\ud800"}',
    ],
    ids=["nothing", "brace", "unclosed", "not UTF-8", "deep", "zero", "nan", "half a character"],
)
def test_malformed_json_is_refused(client, summarizer, content):
    answer = client.post("/summarize", content=content, headers={"content-type": "application/json"})
    unreadable = content.startswith((b"[[", b'{"dialogues": "\xff'))
    refused(client, summarizer, answer, 400 if unreadable else 422)


def test_a_body_without_the_json_content_type_is_refused(client, summarizer):
    answer = client.post("/summarize", content=SECRET.encode(), headers={"content-type": "text/plain"})
    refused(client, summarizer, answer, 422)


def test_a_body_over_the_limit_is_refused_with_and_without_content_length(client, summarizer):
    body = json.dumps({"dialogues": SECRET + "a" * MAX_BODY_BYTES}).encode()
    pieces = (body[at : at + 65_536] for at in range(0, len(body), 65_536))
    for content in (body, pieces):
        answer = client.post("/summarize", content=content, headers={"content-type": "application/json"})
        refused(client, summarizer, answer, 413)


def test_a_body_at_the_limit_is_accepted(client, summarizer):
    body = json.dumps({"dialogues": [SECRET]}).encode()
    padded = body + b" " * (MAX_BODY_BYTES - len(body))
    answer = client.post("/summarize", content=iter([padded]), headers={"content-type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/summarize", 405), ("DELETE", "/summarize", 405), ("POST", "/health", 405), ("GET", "/nothing", 404)],
)
def test_a_wrong_method_or_path_is_refused(client, summarizer, method, path, status):
    refused(client, summarizer, client.request(method, path), status)
