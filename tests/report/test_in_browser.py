"""The report in Chromium: axe, both sizes, both colour schemes, on paper, filtered, and with 800 examples."""

import time

import pytest
import scored_run
from browser import CHROMIUM, MARKS, PHONE, expect, picture, sync_api, too_wide, violations

from sumtune.commands.compare import compare_runs
from sumtune.files.run_dir import RunDir
from sumtune.report.report_stage import write_report
from sumtune.terminal.console import plain_console

pytestmark = MARKS
DESK = {"width": 1200, "height": 900}
MANY, LIMIT_S, LIMIT_BYTES = 800, 3.0, 3_000_000


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_file(browser):
    """Open a file as from a mail attachment; at the end, check that it asked for nothing else and had no error."""
    contexts, requests, complaints = [], [], []

    def open_page(path, **options):
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert {url.partition("#")[0].rpartition("/")[2] for url in requests} <= {"report.html", "comparison.html"}
    assert complaints == []


@pytest.fixture(scope="module")
def report(run):
    return write_report(run)


@pytest.fixture(scope="module")
def comparison(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    other = scored_run.write_run(folder / "other", scored_run.scorecard(words=9), train__epochs=7)
    compare_runs([run, other, run], plain_console(quiet=True), html=folder / "comparison.html")
    return folder / "comparison.html"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("name", ["report", "comparison"])
def test_axe_finds_no_violations_and_the_page_fits(open_file, request, name, scheme, size):
    page = open_file(request.getfixturevalue(name), color_scheme=scheme, viewport=size)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    assert violations(page) == []
    assert too_wide(page) == []
    picture(page, f"{name}-{scheme}-{size['width']}")


def test_examples_are_filtered_by_words_kind_and_marks(open_file, report):
    page = open_file(report)
    shown = page.locator(".example:visible")
    expect(page.get_by_role("status")).to_have_text("23 of 23 examples")
    page.get_by_label("Show").select_option("worst")
    expect(shown).to_have_count(1)
    page.get_by_label("Show").select_option("all")
    page.get_by_label("only with unsupported parts").check()
    count = shown.count()
    assert 0 < count < 23
    assert all(one.locator("mark").count() for one in shown.all())
    page.get_by_role("searchbox").fill("wolfgang nowhere-to-be-found")
    expect(page.get_by_role("status")).to_have_text("0 of 23 examples")
    page.get_by_role("searchbox").fill("WOLFGANG pays")
    expect(shown).to_have_count(count)


def test_the_keyboard_reaches_everything_and_the_first_link_skips_to_the_content(open_file, report):
    page = open_file(report)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    reached = set()
    for _ in range(20):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.ariaLabel"))
    assert {"Scores of all systems", "Measures of faithfulness", "search", "role", "unsupported"} <= reached


def test_without_scripts_all_examples_are_shown(open_file, report):
    page = open_file(report, java_script_enabled=False)
    expect(page.locator(".example:visible")).to_have_count(23)
    expect(page.get_by_role("searchbox")).to_be_hidden()


def test_paper_shows_what_is_folded_away_in_light_colours(open_file, report, tmp_path):
    page = open_file(report, color_scheme="dark")
    settings = page.get_by_role("cell", name="linear", exact=True)
    expect(settings).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(settings).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_a_report_of_800_examples_is_small_and_quick(open_file, card, tmp_path):
    run_dir = scored_run.write_run(tmp_path / "run", scored_run.repeated(card, MANY))
    begun = time.process_time()
    path = write_report(RunDir(run_dir.root))
    assert time.process_time() - begun < LIMIT_S, "processor time, as other work slows the clock"
    assert path.stat().st_size < LIMIT_BYTES
    page = open_file(path)
    assert page.locator("circle.faint").count() == MANY
