"""A body is read as JSON only where the client says that it is JSON.

A page of another site can send a body without a type, or as plain text, from the browser of somebody who may use the
service; JSON it cannot send unasked. FastAPI before 0.132 read a body without a type, which is why pyproject.toml asks
for a later one.
"""

import json

import pytest

from ..fakes import FirstWordSummarizer, make_client

BODIES = {
    "/summarize": {"dialogues": "Ann: Hello there"},
    "/v1/chat/completions": {"model": "tiny", "messages": [{"role": "user", "content": "Ann: Hello there"}]},
}
NO_JSON = {
    "none": {},
    "text": {"content-type": "text/plain"},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
}


@pytest.fixture(scope="module")
def service():
    summarizer = FirstWordSummarizer()
    with make_client({"tiny": summarizer}) as client:
        yield client, summarizer


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("headers", NO_JSON.values(), ids=NO_JSON)
def test_a_body_that_is_not_called_json_is_not_read(service, path, headers):
    client, summarizer = service
    summarizer.calls.clear()
    answer = client.post(path, content=json.dumps(BODIES[path]).encode(), headers=headers)
    assert answer.status_code in (415, 422)
    assert summarizer.calls == []


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_read(service, path, kind):
    content = json.dumps(BODIES[path]).encode()
    assert service[0].post(path, content=content, headers={"content-type": kind}).status_code == 200
