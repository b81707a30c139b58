"""The page in Chromium, with adapters that behave differently."""

import json

import pytest

from sumtune.files.run_dir import RunDir
from sumtune.serve.settings import ServeSettings

from ..fakes import EchoSummarizer, FirstWordsSummarizer, FirstWordSummarizer, StyleSummarizer, loaded_model
from ..live_server import running_service


class Inventing(FirstWordSummarizer):
    """Return the same summary for every dialogue."""

    def summarize(self, dialogues, progress=None, max_tokens=None, styles=None):
        done = super().summarize(dialogues)
        return [type(one)('👋 Ann owes Carl 7 euros; =sum() "so" they said.', 9, False) for one in done]


@pytest.fixture(scope="module")
def browser():
    from browser import CHROMIUM, sync_api  # skips the test if playwright is missing, which a conftest cannot

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """Run folder with scores."""
    root = tmp_path_factory.mktemp("run")
    scores = {"mean": 0.41234, "low": 0.4, "high": 0.425}
    system = dict.fromkeys(("rouge1", "rouge2", "rougeL", "chrf"), scores)
    content = {"split": "test", "n": 32, "systems": {"tuned": system, "base": system}}
    (root / "model_evaluation").mkdir()
    (root / "model_evaluation" / "scores.json").write_text(json.dumps(content))
    return RunDir(root)


@pytest.fixture(scope="module")
def slow():
    return EchoSummarizer()


@pytest.fixture(scope="module")
def url(run_dir, slow):
    summarizers = {"tuned": EchoSummarizer(), "inventing": Inventing(), "slow": slow}
    base = loaded_model("base", FirstWordSummarizer())
    settings = ServeSettings(workers=2)
    with running_service(summarizers, settings, load_base=lambda: base, run_dir=run_dir) as url:
        yield url


@pytest.fixture(scope="module")
def url_of_parts():
    """Address of a service that reads long dialogues in parts."""
    with running_service({"tuned": FirstWordsSummarizer()}, long="parts") as url:
        yield url


@pytest.fixture(scope="module")
def url_of_styles():
    """Address of a service whose first adapter was tuned with styles, the second without."""
    with running_service({"styled": StyleSummarizer(), "tuned": FirstWordSummarizer()}) as url:
        yield url


@pytest.fixture
def open_page(browser):
    """Return a function that opens an address; at the end, check for errors and requests to other hosts."""
    contexts, requests, complaints = [], [], []

    def open_address(address, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        return page

    yield open_address
    for context in contexts:
        context.close()
    assert not [url for url in requests if not url.startswith(("http://127.0.0.1:", "blob:http://127.0.0.1:"))]
    assert not [text for text in complaints if "Failed to load resource" not in text]


@pytest.fixture
def page(open_page, url):
    from browser import expect

    page = open_page(url)
    expect(page.get_by_label("Adapter")).to_be_visible()
    return page
