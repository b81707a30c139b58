"""API keys, hosts, rate limits, headers, log and metrics."""

import logging

import pytest

from sumtune.errors import ConfigError, RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.serve import server
from sumtune.serve.http.rate_limit import RateLimit
from sumtune.serve.settings import ServeSettings

from ..fakes import KEY, OTHER_KEY, FirstWordSummarizer, bearer, make_client

CLOSED = [
    ("POST", "/summarize"), ("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/adapters"),
    ("POST", "/adapters"), ("DELETE", "/adapters/x"), ("GET", "/run"), ("GET", "/metrics"),
    ("GET", "/nothing"),
]  # fmt: skip
OPEN = ["/", "/docs", "/openapi.json", "/health", "/ready", "/page/style.css"]


@pytest.fixture(scope="module")
def keyed():
    settings = ServeSettings(api_keys=(KEY, OTHER_KEY), workers=1)
    with make_client({"tuned": FirstWordSummarizer()}, settings=settings) as client:
        yield client


@pytest.mark.parametrize(("method", "path"), CLOSED)
@pytest.mark.parametrize(
    "headers",
    [{}, bearer(""), bearer(KEY[:-1]), bearer(KEY + "x"), {"Authorization": KEY}, {"Authorization": f"Basic {KEY}"}],
    ids=["none", "empty", "short", "long", "no scheme", "basic"],
)
def test_protected_paths_need_a_valid_key(keyed, method, path, headers):
    answer = keyed.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert KEY not in answer.text


@pytest.mark.parametrize("path", OPEN)
def test_public_paths_need_no_key(keyed, path):
    assert keyed.get(path).status_code == 200


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_every_key_is_accepted(keyed, key):
    assert keyed.post("/summarize", json={"dialogues": "Ann: Hi"}, headers=bearer(key)).status_code == 200


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "127.5.5.5"])
def test_without_keys_local_host_names_are_accepted(host):
    with make_client({"tuned": FirstWordSummarizer()}) as client:
        assert client.get("/health", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "10.0.0.1:8000", "", "[::2]"])
def test_without_keys_other_host_names_are_refused(host):
    with make_client({"tuned": FirstWordSummarizer()}) as client:
        answer = client.get("/health", headers={"host": host})
        assert (answer.status_code, "SUMTUNE_API_KEY" in answer.text) == (421, True)


def test_each_key_has_its_own_rate_limit():
    settings = ServeSettings(api_keys=(KEY, OTHER_KEY), requests_per_minute=12, workers=1)
    with make_client({"tuned": FirstWordSummarizer()}, settings=settings) as client:
        statuses = [client.get("/v1/models", headers=bearer(KEY)).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        refused = client.get("/v1/models", headers=bearer(KEY))
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert client.get("/v1/models", headers=bearer(OTHER_KEY)).status_code == 200
        assert client.get("/health").status_code == 200


def test_a_bucket_refills_up_to_its_capacity():
    now = [0.0]
    limit = RateLimit(None, per_minute=60, clock=lambda: now[0])
    assert [limit._take(0) for _ in range(15)] == [0.0] * 15
    assert limit._take(0) == 1.0
    now[0] = 2.0
    assert [limit._take(0) == 0.0 for _ in range(3)] == [True, True, False]
    now[0] = 10_000.0
    assert sum(limit._take(0) == 0.0 for _ in range(100)) == 15


@pytest.mark.parametrize("path", ["/", "/docs", "/health", "/nothing"])
def test_every_response_has_the_security_headers(keyed, path):
    headers = keyed.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    for source in policy.values():
        assert set(source.split()) <= {"'none'", "'self'", "data:"}, "no other host, nothing inline"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"


def test_the_log_has_one_line_per_request_without_its_text(caplog):
    caplog.set_level(logging.DEBUG)
    with make_client({"tuned": FirstWordSummarizer()}) as client:
        client.post("/summarize?note=swordfish", json={"dialogues": "Zebulon: swordfish"})
        client.post("/summarize", json={"dialogue": "Zebulon: swordfish"})
        client.get("/swordfish", headers={"x-note": "swordfish"})
        client.post("/v1/chat/completions", json={"model": "swordfish", "messages": [{"role": "user"}]})
        client.delete("/adapters/swordfish")
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("sumtune")]
    assert sum(line.startswith("POST /summarize 200 ") for line in ours) == 1
    assert sum(line.startswith("POST /summarize 422 ") for line in ours) == 1
    assert sum(line.startswith("GET (no route) 404 ") for line in ours) == 1
    assert "swordfish" not in "".join(ours).lower()
    assert "zebulon" not in "".join(ours).lower()


def test_metrics_count_requests_tokens_and_batches_without_text():
    with make_client({"tuned": FirstWordSummarizer()}) as client:
        client.post("/summarize", json={"dialogues": ["Zebulon: swordfish", "Ann: Hi there"]})
        client.get("/swordfish")
        text = client.get("/metrics").text
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert lines['sumtune_requests_total{route="/summarize",status="200"}'] == "1.0"
    assert lines['sumtune_tokens_total{direction="read"}'] == "5.0"
    assert lines['sumtune_tokens_total{direction="written"}'] == "5.0"
    assert lines["sumtune_batch_dialogues_sum"] == "2.0"
    assert lines["sumtune_queue_dialogues"] == "0.0"
    assert lines['sumtune_request_seconds_count{route="/summarize"}'] == "1.0"
    assert "process_resident_memory_bytes" in lines
    assert "swordfish" not in text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.com"])
def test_a_public_address_needs_a_key(tmp_path, host):
    with pytest.raises(ConfigError, match="SUMTUNE_API_KEY"):
        server.run(RunDir(tmp_path), host, 0)
    with pytest.raises(RunDirError, match="sumtune run"):
        server.run(RunDir(tmp_path), host, 0, settings=ServeSettings(api_keys=(KEY,)))


@pytest.mark.parametrize("text", ["short", "=x", "a=", "a b=x", "base=x", "tuned=x", "/=x", "ä=x"])
def test_adapter_arguments_have_the_form_name_equals_folder(text):
    with pytest.raises(ConfigError, match="--adapter"):
        server.parse_adapters([text])
    with pytest.raises(ConfigError, match="must be unused"):
        server.parse_adapters(["a=x", "a=y"])
    assert {name: str(path) for name, path in server.parse_adapters(["a=x", "b.2=y=z"]).items()} == {
        "a": "x",
        "b.2": "y=z",
    }
