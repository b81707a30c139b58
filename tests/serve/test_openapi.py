"""Schemathesis on the whole API: only documented responses, no 5xx, valid schemas."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as generation

from sumtune.errors import ModelError

from .fakes import ADMIN, EchoSummarizer, FirstWordSummarizer, admin_settings, loaded_model
from .live_server import running_service

pytestmark = pytest.mark.e2e
EXAMPLES = 20
"""Requests of each kind (valid, invalid) for each operation."""
OPERATIONS = {
    "POST /summarize", "GET /v1/models", "POST /v1/chat/completions", "GET /adapters", "POST /adapters",
    "DELETE /adapters/{name}", "GET /run", "GET /health", "GET /ready", "GET /metrics",
}  # fmt: skip


def load(name, folder):
    if len(folder.name) % 2:
        return loaded_model(name, EchoSummarizer())
    raise ModelError("There is no adapter.")


@pytest.fixture(scope="module")
def schemathesis():
    """Not imported at the top: that takes half a second in every process that collects tests."""
    return pytest.importorskip("schemathesis", reason="needs the package schemathesis: pip install '.[dev]'")


@pytest.fixture(scope="module")
def schema(schemathesis, tmp_path_factory):
    root = tmp_path_factory.mktemp("adapters")
    settings = admin_settings(root, requests_per_minute=10_000_000, max_body_bytes=100_000_000)
    with running_service(
        {"tuned": EchoSummarizer(), "plain": FirstWordSummarizer()}, settings, load_adapter=load
    ) as url:
        yield schemathesis.openapi.from_url(f"{url}/openapi.json")


def test_the_schema_lists_all_operations(schema):
    assert {result.ok().label for result in schema.get_all_operations()} == OPERATIONS


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("label", "mode"),
    [(label, "positive") for label in sorted(OPERATIONS)]
    + [(label, "negative") for label in sorted(OPERATIONS) if label.startswith("POST")],
)
def test_every_response_is_documented(schemathesis, schema, label, mode):
    from schemathesis.specs.openapi.checks import positive_data_acceptance

    operation = next(result.ok() for result in schema.get_all_operations() if result.ok().label == label)
    kind = schemathesis.GenerationMode(mode)
    statuses = []

    @given(case=operation.as_strategy(generation_mode=kind))
    @generation(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    def check(case):
        # The service may refuse a valid request for reasons that no schema can express, such as too many tokens.
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {ADMIN}"}, excluded_checks=[positive_data_acceptance]
        )
        statuses.append(answer.status_code)

    check()
    assert statuses
    assert max(statuses) < 500
