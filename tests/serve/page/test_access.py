"""The API key, loading, scores, and requests to other hosts."""

import threading
from pathlib import Path

import pytest
import scored_run
from browser import MARKS, done, expect, picture, summarize

from sumtune.report.report_stage import write_report
from sumtune.serve.app import create_app
from sumtune.serve.settings import ServeSettings

from ..fakes import KEY, EchoSummarizer, loaded_model
from ..live_server import listening_server, running_service

pytestmark = MARKS


def test_the_scores_of_the_run_are_shown(page):
    row = page.get_by_role("row", name="tuned")
    expect(row).to_contain_text("0.412 0.400–0.425")
    expect(page.get_by_text("Mean of 32 conversations of the test split, with 95% intervals.")).to_be_visible()


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
        page.close()


@pytest.fixture(scope="module")
def reported(tmp_path_factory):
    """A scored run with a report."""
    run_dir = scored_run.write_run(tmp_path_factory.mktemp("runs") / "chats", scored_run.scorecard(count=10))
    write_report(run_dir)
    return run_dir


def test_the_report_opens_in_a_sandbox_and_its_filter_works(open_page, reported):
    with running_service({"tuned": EchoSummarizer()}, run_dir=reported) as url:
        page = open_page(url)
        page.get_by_role("link", name="Report").click()
        expect(page.get_by_role("heading", name="chats", level=1)).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("10 of 10 examples")
        page.get_by_label("Show").select_option("best")
        expect(page.locator(".example:visible")).to_have_count(1)
        assert page.evaluate("self.origin") == "null"
        page.close()


def test_with_an_api_key_the_report_is_saved(open_page, reported):
    settings = ServeSettings(api_keys=(KEY,), workers=1)
    with running_service({"tuned": EchoSummarizer()}, settings, run_dir=reported) as url:
        page = open_page(url)
        page.get_by_label("API key").fill(KEY)
        page.get_by_role("button", name="Use this key").click()
        with page.expect_download() as saved:
            page.get_by_role("link", name="Report").click()
        assert saved.value.suggested_filename == "report.html"
        assert Path(saved.value.path()).read_text(encoding="utf-8") == reported.report.read_text(encoding="utf-8")
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
