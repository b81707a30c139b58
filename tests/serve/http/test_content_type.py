"""A body is read as JSON only with the JSON content type.

Through a user's browser, another web site can send a body without a content type or as plain text, but not as JSON.
FastAPI before 0.132 read bodies without a content type, so pyproject.toml requires a later version.
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
def test_a_body_without_the_json_content_type_is_not_read(service, path, headers):
    client, summarizer = service
    summarizer.calls.clear()
    answer = client.post(path, content=json.dumps(BODIES[path]).encode(), headers=headers)
    assert answer.status_code in (415, 422)
    assert summarizer.calls == []


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_a_body_with_the_json_content_type_is_read(service, path, kind):
    content = json.dumps(BODIES[path]).encode()
    assert service[0].post(path, content=content, headers={"content-type": kind}).status_code == 200
