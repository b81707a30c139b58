"""OpenAI's own client works with the service as it is."""

import json

import pytest

from sumtune.serve.settings import ServeSettings

from ..fakes import KEY, Breaking, Shouting, Telling
from ..live import running

openai = pytest.importorskip("openai", reason="needs the package openai: pip install '.[dev]'")

DIALOGUE = "Ann: I pay Bob 5 euros"
CHAT = [
    {"role": "system", "content": "Summarize."},
    {"role": "user", "content": "Eve: An older one"},
    {"role": "assistant", "content": "Eve."},
    {"role": "user", "content": DIALOGUE},
]


@pytest.fixture(scope="module")
def client():
    summarizers = {"tuned": Telling(), "plain": Shouting(), "broken": Breaking()}
    settings = ServeSettings(keys=(KEY,), workers=1)
    with (
        running(summarizers, settings) as url,
        openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0) as client,
    ):
        yield client


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["tuned", "plain", "broken"]


def test_the_last_user_message_is_summarized(client):
    done = client.chat.completions.create(model="tuned", messages=CHAT, temperature=0.2, user="me")
    assert done.model == "tuned"
    assert done.object == "chat.completion"
    assert done.choices[0].message.content == DIALOGUE
    assert done.choices[0].finish_reason == "stop"
    assert (done.usage.prompt_tokens, done.usage.completion_tokens, done.usage.total_tokens) == (6, 6, 12)


def test_a_limit_cuts_and_says_so(client):
    for limit in ({"max_tokens": 2}, {"max_completion_tokens": 2}):
        done = client.chat.completions.create(model="tuned", messages=CHAT, **limit)
        assert (done.choices[0].message.content, done.choices[0].finish_reason) == ("Ann: I", "length")


def test_content_in_parts_is_read(client):
    parts = [{"type": "text", "text": "Ann: Hi"}, {"type": "text", "text": "Bob: Ho"}]
    done = client.chat.completions.create(model="tuned", messages=[{"role": "user", "content": parts}])
    assert done.choices[0].message.content == "Ann: Hi Bob: Ho"


def test_content_is_read_as_training_reads_it(client):
    message = {"role": "user", "content": "\ufeffAnn: Hi \r\nBob: Ho\r\n"}
    done = client.chat.completions.create(model="tuned", messages=[message], extra_body={"max_tokens": 40})
    assert done.usage.prompt_tokens == 4
    assert done.choices[0].message.content == "Ann: Hi Bob: Ho"


def test_a_stream_comes_in_chunks_with_its_usage_last(client):
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


def test_errors_are_the_clients_own(client):
    with pytest.raises(openai.NotFoundError, match="There is no such model"):
        client.chat.completions.create(model="gpt", messages=CHAT)
    with pytest.raises(openai.UnprocessableEntityError, match="no user message") as caught:
        client.chat.completions.create(model="tuned", messages=[{"role": "system", "content": DIALOGUE}])
    assert caught.value.body["type"] == "invalid_request_error"
    assert "euros" not in json.dumps(caught.value.body)
    with pytest.raises(openai.UnprocessableEntityError, match="60 tokens"):
        client.chat.completions.create(model="tuned", messages=[{"role": "user", "content": "a " * 60}])
    with pytest.raises(openai.InternalServerError, match="Decoding failed"):
        client.chat.completions.create(model="broken", messages=CHAT)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="0123456789abcdef-wrong").models.list()


def test_an_error_in_a_stream_reaches_the_client(client):
    with pytest.raises(openai.APIError, match="Decoding failed"):
        list(client.chat.completions.create(model="broken", messages=CHAT, stream=True))
