"""The page in Chromium: summaries, files, downloads, keyboard and accessibility."""

import csv
import io
import json
import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from sumtune.files.run_dir import RunDir
from sumtune.serve.app import create_app
from sumtune.serve.settings import ServeSettings

from .fakes import KEY, EchoSummarizer, FirstWordSummarizer, loaded_model
from .live_server import listening_server, running_service

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright: pip install '.[dev]'")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium"),
]

DIALOGUE = "Ann: I pay Bob 5 euros"
PHONE = {"width": 360, "height": 740}
SCREENSHOTS = os.environ.get("SUMTUNE_SCREENSHOTS")
"""Folder for screenshots."""


class Inventing(FirstWordSummarizer):
    """Return the same summary for every dialogue."""

    def summarize(self, dialogues, progress=None, max_tokens=None):
        done = super().summarize(dialogues)
        return [type(one)('👋 Ann owes Carl 7 euros; =sum() "so" they said.', 9, False) for one in done]


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """Run folder with scores and a report."""
    root = tmp_path_factory.mktemp("run")
    scores = {"mean": 0.41234, "low": 0.4, "high": 0.425}
    system = dict.fromkeys(("rouge1", "rouge2", "rougeL", "chrf"), scores)
    content = {"split": "test", "n": 32, "systems": {"tuned": system, "base": system}}
    (root / "model_evaluation").mkdir()
    (root / "model_evaluation" / "scores.json").write_text(json.dumps(content))
    (root / "report.html").write_text("<!doctype html><title>R</title><style>p{color:red}</style><p>The report</p>")
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
    page = open_page(url)
    expect(page.get_by_label("Adapter")).to_be_visible()
    return page


def picture(page, name):
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


def summarize(page, dialogue=DIALOGUE, adapter=None):
    if adapter:
        page.get_by_label("Adapter").select_option(adapter)
    page.get_by_label("Conversation", exact=True).fill(dialogue)
    page.get_by_role("button", name="Summarize").click()


def done(page):
    expect(page.get_by_role("status")).to_contain_text("Done")


def test_a_conversation_is_typed_and_its_summary_appears(page):
    summarize(page)
    done(page)
    expect(page.locator("article .summary")).to_have_text(DIALOGUE)


def test_the_summary_appears_while_it_is_written(page, slow):
    slow.pause_s = 0.05
    page.evaluate(
        """() => {
            window.seen = new Set();
            const look = () => window.seen.add(document.querySelector("article .summary")?.textContent ?? "");
            new MutationObserver(look).observe(document.getElementById("results"), { childList: true, subtree: true });
        }"""
    )
    words = "one two three four five six seven eight nine ten"
    summarize(page, words, "slow")
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    done(page)
    seen = page.evaluate("[...window.seen]")
    assert len(seen) > 5
    assert all(words.startswith(text) for text in seen)
    expect(page.locator("article .summary")).to_have_text(words)
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


def test_stopping_stops_the_work(page, slow):
    slow.pause_s, slow.words = 0.05, 0
    summarize(page, "word " * 45, "slow")
    expect(page.locator("article .summary")).to_contain_text("word word")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Summarize")).to_be_enabled()
    page.wait_for_timeout(300)
    said = slow.words
    page.wait_for_timeout(300)
    assert slow.words == said < 45


def test_an_example_can_be_picked(page):
    page.get_by_label("Example").select_option("The boiler")
    expect(page.get_by_label("Conversation", exact=True)).to_have_value(re.compile("^Maya: The boiler"))


def test_unsupported_names_and_numbers_are_marked(page):
    summarize(page, adapter="inventing")
    done(page)
    assert page.locator("article mark").all_text_contents() == ["Carl", "7"]
    expect(page.locator("article .summary")).to_contain_text("👋 Ann owes Carl 7 euros")
    expect(page.get_by_text("Not in the conversation: Carl, 7.")).to_be_visible()
    picture(page, "marked")


def test_tuned_and_untuned_summaries_are_side_by_side(page):
    page.get_by_label("Compare with the untuned model").check()
    summarize(page)
    done(page)
    assert page.locator("article h4").all_text_contents() == ["Tuned", "Untuned"]
    assert page.locator("article .summary").all_text_contents() == [DIALOGUE, "ANN:"]
    left, right = (page.locator("article .pair > div").nth(place).bounding_box() for place in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    picture(page, "beside")


def test_the_page_shows_the_error_message_of_the_service(page):
    summarize(page, "word " * 60)
    expect(page.get_by_role("alert")).to_have_text("Dialogue 1 has 60 tokens; this model accepts at most 50.")
    expect(page.get_by_role("heading", name="Summaries", exact=True)).to_be_hidden()
    picture(page, "error")
    summarize(page)
    done(page)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_empty_conversation_shows_an_error_and_focuses_the_field(page):
    page.get_by_role("button", name="Summarize").click()
    expect(page.get_by_role("alert")).to_contain_text("Paste a conversation first")
    expect(page.get_by_label("Conversation", exact=True)).to_be_focused()


def text_file(name, text):
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode() if isinstance(text, str) else text}


def test_several_files_become_a_csv(page):
    page.get_by_label("Adapter").select_option("inventing")
    page.get_by_label("Compare with the untuned model").check()
    names = [f"chat {number}.txt" for number in range(20)]
    page.get_by_label("Text files").set_input_files([text_file(name, DIALOGUE) for name in names])
    page.get_by_role("button", name="Summarize 20 files").click()
    done(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    assert saved.value.suggested_filename == "summaries.csv"
    text = Path(saved.value.path()).read_bytes().decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert header[0] == "conversation"
    assert [row[0] for row in rows] == names
    assert rows[0][1:] == ['👋 Ann owes Carl 7 euros; =sum() "so" they said.', "Carl; 7", "ANN:", ""]


def test_spreadsheet_formulas_become_text(page):
    page.get_by_label("Text files").set_input_files([text_file("=cmd.txt", "=1+1 is")])
    page.get_by_role("button", name="Summarize 1 file").click()
    done(page)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    _, row = csv.reader(io.StringIO(Path(saved.value.path()).read_bytes().decode("utf-8-sig")))
    assert row[:2] == ["'=cmd.txt", "'=1+1 is"]


def test_large_files_are_split_into_several_requests(page):
    files = [text_file(f"{number}.txt", f"File{number} " + " " * 30 + "é" * 45_000) for number in range(12)]
    page.get_by_label("Text files").set_input_files(files)
    page.get_by_role("button", name="Summarize 12 files").click()
    done(page)
    first_words = [text.split()[0] for text in page.locator("article .summary").all_text_contents()]
    assert first_words == [f"File{number}" for number in range(12)]


def test_binary_files_are_named_and_skipped(page):
    page.get_by_label("Text files").set_input_files(
        [text_file("good.txt", DIALOGUE), text_file("picture.txt", b"\xff\xd8\xff")]
    )
    expect(page.get_by_role("alert")).to_have_text("picture.txt is not a UTF-8 text file.")
    assert page.get_by_role("list", name="Chosen files").get_by_role("listitem").all_text_contents() == ["good.txt"]
    page.get_by_role("button", name="Remove files").click()
    expect(page.get_by_role("list", name="Chosen files")).to_be_hidden()


def test_a_file_can_be_dropped(page):
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.items.add(new File([text], "dropped.txt"));
            const options = { dataTransfer: data, bubbles: true, cancelable: true };
            document.getElementById("form").dispatchEvent(new DragEvent("drop", options));
        }""",
        DIALOGUE,
    )
    page.get_by_role("button", name="Summarize 1 file").click()
    done(page)
    expect(page.get_by_role("heading", name="dropped.txt")).to_be_visible()


def test_the_page_works_with_the_keyboard_only(page):
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the conversation")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    for _ in range(10):
        if page.evaluate("document.activeElement.id") == "dialogue":
            break
        page.keyboard.press("Tab")
    expect(page.get_by_label("Conversation", exact=True)).to_be_focused()
    page.keyboard.type(DIALOGUE)
    page.keyboard.press("Control+Enter")
    done(page)
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))
    assert {"example", "files", "adapter", "compare", "submit", "download"} <= reached


def test_the_scores_and_the_report_of_the_run_are_shown(page):
    row = page.get_by_role("row", name="tuned")
    expect(row).to_contain_text("0.412 0.400–0.425")
    expect(page.get_by_text("Mean of 32 conversations of the test split, with 95% intervals.")).to_be_visible()
    page.get_by_role("link", name="Report of the run").click()
    expect(page.get_by_text("The report")).to_have_css("color", "rgb(255, 0, 0)")


@pytest.mark.parametrize(("dialogue", "direction"), [("ليلى: مرحبا يا كريم.", "rtl"), ("Ann: Hello, Karim.", "ltr")])
def test_text_runs_in_the_direction_of_its_script(page, dialogue, direction):
    summarize(page, dialogue)
    done(page)
    expect(page.locator("article .summary")).to_have_text(dialogue)
    for element in (page.get_by_label("Conversation", exact=True), page.locator("article .summary")):
        assert element.evaluate("node => getComputedStyle(node).direction") == direction


def test_the_page_asks_for_the_api_key(open_page, run_dir):
    settings = ServeSettings(api_keys=(KEY,), workers=1)
    with running_service({"tuned": EchoSummarizer()}, settings, run_dir=run_dir) as url:
        page = open_page(url)
        expect(page.get_by_role("alert")).to_have_text("Enter the API key first.")
        page.get_by_label("API key").fill("0123456789abcdef-wrong")
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_role("alert")).to_have_text("The service does not accept this API key.")
        picture(page, "key")
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Use this key").click()
        expect(page.get_by_label("API key")).to_be_hidden()
        summarize(page)
        done(page)
        with page.expect_download() as saved:
            page.get_by_role("link", name="Report of the run").click()
        assert "The report" in Path(saved.value.path()).read_text()
        page.close()


def test_the_page_shows_that_the_model_is_loading(open_page):
    allowed = threading.Event()

    def load():
        allowed.wait(20)
        return loaded_model("tuned", EchoSummarizer())

    with listening_server(create_app({"tuned": load})) as url:
        page = open_page(url)
        expect(page.get_by_role("status")).to_have_text("The model is loading…")
        expect(page.get_by_role("alert")).to_have_count(0)
        allowed.set()
        expect(page.get_by_role("status")).to_have_text("")
        summarize(page)
        done(page)
        page.close()


def violations(page):
    """Return the violations that axe finds, as text."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


def too_wide(page):
    """Return the start of each element that is wider than the page."""
    return page.evaluate(
        """() => {
            const width = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= width) return [];
            const wide = [...document.body.querySelectorAll("*")];
            const reach = (one) => one.getBoundingClientRect().right;
            return wide.filter((one) => reach(one) > width).map((one) => one.outerHTML.slice(0, 80));
        }"""
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, {"width": 1200, "height": 900}], ids=["phone", "desk"])
def test_axe_finds_no_violations_and_the_page_fits(open_page, url, scheme, size):
    page = open_page(url, color_scheme=scheme, viewport=size)
    expect(page.get_by_label("Adapter")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Compare with the untuned model").check()
    page.get_by_label("Text files").set_input_files([text_file("a-long-name-without-any-space" * 3 + ".txt", DIALOGUE)])
    page.get_by_label("Adapter").select_option("inventing")
    page.get_by_role("button", name="Summarize 1 file").click()
    done(page)
    assert violations(page) == []
    picture(page, f"page-{scheme}-{size['width']}")
    page.get_by_role("button", name="Remove files").click()
    summarize(page, "word " * 60)
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    assert too_wide(page) == []


@pytest.mark.parametrize("size", [PHONE, {"width": 1200, "height": 900}], ids=["phone", "desk"])
def test_the_examples_in_the_documentation_can_be_sent(open_page, url, size):
    page = open_page(f"{url}/docs", viewport=size)
    sections = page.locator("#operations section")
    expect(sections).to_have_count(11)
    for name in ("POST /summarize", "POST /v1/chat/completions", "GET /v1/models", "GET /ready"):
        section = sections.filter(has=page.get_by_role("heading", name=name, exact=True))
        section.get_by_role("button", name=f"Send {name}").click()
        expect(section.locator("pre")).to_contain_text('"')
        expect(section.locator("pre")).not_to_contain_text("detail")
    assert violations(page) == []
    picture(page, f"docs-{size['width']}")
    assert too_wide(page) == []


def test_the_browser_blocks_requests_to_other_hosts(browser, url):
    page = browser.new_page()
    page.goto(url)
    blocked = page.evaluate(
        """() => new Promise(resolve => {
            document.addEventListener("securitypolicyviolation", event => resolve(event.effectiveDirective));
            const image = new Image();
            image.src = "http://127.0.0.2:9/x.png";
            setTimeout(() => resolve("nothing was blocked"), 2000);
        })"""
    )
    assert blocked == "img-src"
    page.close()
