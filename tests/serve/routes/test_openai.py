"""OpenAI's own client works with the service."""

import json

import pytest

from sumtune.serve.settings import ServeSettings

from ..fakes import KEY, EchoSummarizer, FailingSummarizer, FirstWordSummarizer
from ..live_server import running_service

DIALOGUE = "Ann: I pay Bob 5 euros"
CHAT = [{"role": "system", "content": "You summarize."}, {"role": "user", "content": DIALOGUE}]
TURNS = [
    {"role": "system", "content": "You help customers."},
    {"role": "user", "content": "My order 7 is late."},
    {"role": "assistant", "content": "It left\nyesterday."},
    {"role": "user", "name": "Maya", "content": "Thanks!"},
]
ASKING = {"role": "user", "content": "Please summarize our conversation."}


@pytest.fixture(scope="module")
def openai():
    """Not imported at the top: that takes half a second in every process that collects tests."""
    return pytest.importorskip("openai", reason="needs the package openai: pip install '.[dev]'")


@pytest.fixture(scope="module")
def client(openai):
    summarizers = {"tuned": EchoSummarizer(), "plain": FirstWordSummarizer(), "broken": FailingSummarizer()}
    settings = ServeSettings(api_keys=(KEY,), workers=1)
    with (
        running_service(summarizers, settings) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client,
    ):
        yield client


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["tuned", "plain", "broken"]


def ask(client, messages, **settings):
    return client.chat.completions.create(model="tuned", messages=messages, **settings)


def test_a_single_message_is_summarized_unchanged(client):
    done = ask(client, CHAT, temperature=0.2, user="me")
    assert done.model == "tuned"
    assert done.object == "chat.completion"
    assert done.choices[0].message.content == DIALOGUE
    assert done.choices[0].finish_reason == "stop"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (6, 6, 12)


@pytest.mark.parametrize("end", [[], [ASKING]], ids=["turns alone", "turns and a request"])
def test_several_messages_are_the_turns_of_the_dialogue(client, end):
    """Regression: the final request alone was summarized, and the summary was invented."""
    done = ask(client, TURNS + end)
    assert done.choices[0].message.content == ("user: My order 7 is late. assistant: It left yesterday. Maya: Thanks!")


def test_the_response_lists_left_out_texts_and_ignored_parameters(client):
    notes = ask(client, [*TURNS, ASKING], temperature=0.2, seed=1, extra_body={"min_p": 0.1}).sumtune
    assert notes["left_out"] == [
        {"message": 0, "text": "You help customers.", "reason": "instruction"},
        {"message": 4, "text": "Please summarize our conversation.", "reason": "instruction"},
    ]
    assert notes["without_effect"] == ["min_p", "seed", "temperature"]
    first, *others = ask(client, [*TURNS, ASKING], stream=True)
    assert [part["message"] for part in first.sumtune["left_out"]] == [0, 4]
    assert not any(hasattr(chunk, "sumtune") for chunk in others)
    assert ask(client, [{"role": "user", "content": DIALOGUE}]).sumtune == {
        "left_out": [], "without_effect": [], "read": "whole", "note": None
    }  # fmt: skip


def test_a_request_is_separated_from_a_dialogue_in_the_same_message(client):
    pasted = {"role": "user", "content": f"Summarize the following conversation: {DIALOGUE}"}
    done = ask(client, [pasted])
    assert done.choices[0].message.content == DIALOGUE
    assert done.sumtune["left_out"][0]["text"] == "Summarize the following conversation:"


def test_a_response_can_be_sent_back_as_a_turn(client):
    answer = ask(client, CHAT).choices[0].message.model_dump()
    done = ask(client, [{"role": "user", "content": "Ann: Hi"}, answer])
    assert done.choices[0].message.content == f"user: Ann: Hi assistant: {DIALOGUE}"


REFUSED = {
    "image": ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, "text"),
    "tool message": ({"messages": [{"role": "tool", "content": "5", "tool_call_id": "x"}]}, "role `tool`"),
    "tool call": ({"messages": [{"role": "assistant", "tool_calls": [{"id": "x"}]}]}, "`tool_calls`"),
    "tools": ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "`tools` is not supported"),
    "format": ({"response_format": {"type": "json_object"}}, "`response_format` is not supported"),
    "n": ({"n": 2}, "body.n"),
    "logprobs": ({"logprobs": True}, "`logprobs` is not supported"),
    "stop": ({"stop": ["."]}, "`stop` is not supported"),
    "only instructions": (
        {"messages": [{"role": "system", "content": DIALOGUE}, ASKING]},
        "no message contains a dialogue",
    ),
    "more than asked": (
        {"messages": [*TURNS, {"role": "user", "content": "Summarize our conversation as a poem about Maya."}]},
        "message 4 asks for a summary and for something else",
    ),
    "answered": (
        {"messages": [{"role": "user", "content": "Summarize: Ann: Hi\nBob: Ho"}, *TURNS[2:]]},
        "message 0 asks for a summary of its own dialogue and was already answered",
    ),
}


@pytest.mark.parametrize(("changed", "reason"), REFUSED.values(), ids=REFUSED)
def test_unsupported_requests_are_refused_with_a_reason(openai, client, changed, reason):
    request = {"model": "tuned", "messages": TURNS} | changed
    with pytest.raises(openai.UnprocessableEntityError) as caught:
        client.chat.completions.create(**request)
    assert reason in caught.value.body["message"]
    assert "euros" not in caught.value.body["message"]


def test_parameters_with_neutral_values_are_accepted(client):
    harmless = {
        "n": 1, "logprobs": False, "top_logprobs": None, "tools": [], "tool_choice": "none", "stop": None,
        "response_format": {"type": "text"}, "modalities": ["text"], "logit_bias": {},
    }  # fmt: skip
    answer = client.post("/chat/completions", body={"model": "tuned", "messages": CHAT} | harmless, cast_to=object)
    assert answer["sumtune"]["without_effect"] == []


def test_max_tokens_sets_the_finish_reason(client):
    for limit in ({"max_tokens": 2}, {"max_completion_tokens": 2}):
        done = client.chat.completions.create(model="tuned", messages=CHAT, **limit)
        assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("Ann: I", "length")


def test_content_parts_are_joined(client):
    parts = [{"type": "text", "text": "Ann: Hi"}, {"type": "text", "text": "Bob: Ho"}]
    done = client.chat.completions.create(model="tuned", messages=[{"role": "user", "content": parts}])
    assert done.choices[0].message.content == "Ann: Hi Bob: Ho"


def test_content_is_normalized_as_in_training(client):
    message = {"role": "user", "content": "\ufeffAnn: Hi \r\nBob: Ho\r\n"}
    done = client.chat.completions.create(model="tuned", messages=[message], extra_body={"max_tokens": 40})
    assert done.usage.prompt_tokens == 4
    assert done.choices[0].message.content == "Ann: Hi Bob: Ho"


def test_a_stream_ends_with_usage(client):
    stream = client.chat.completions.create(
        model="tuned", messages=CHAT, stream=True, stream_options={"include_usage": True}
    )
    chunks = list(stream)
    deltas = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(delta for delta in deltas if delta) == DIALOGUE
    assert len([delta for delta in deltas if delta]) > 3
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 12
    assert len({chunk.id for chunk in chunks}) == 1


def test_errors_raise_the_clients_exceptions(openai, client):
    with pytest.raises(openai.NotFoundError, match="There is no such model"):
        client.chat.completions.create(model="gpt", messages=CHAT)
    with pytest.raises(openai.UnprocessableEntityError, match="no message contains a dialogue") as caught:
        client.chat.completions.create(model="tuned", messages=[{"role": "system", "content": DIALOGUE}])
    assert caught.value.body["type"] == "invalid_request_error"
    assert "euros" not in json.dumps(caught.value.body)
    with pytest.raises(openai.UnprocessableEntityError, match="60 tokens"):
        client.chat.completions.create(model="tuned", messages=[{"role": "user", "content": "a " * 60}])
    with pytest.raises(openai.InternalServerError, match="Decoding failed"):
        client.chat.completions.create(model="broken", messages=CHAT)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="0123456789abcdef-wrong").models.list()


def test_an_error_in_a_stream_reaches_the_client(openai, client):
    with pytest.raises(openai.APIError, match="Decoding failed"):
        list(client.chat.completions.create(model="broken", messages=CHAT, stream=True))
