"""Summaries on the page: typed, streamed, marked, compared."""

import json
import re

import pytest
from browser import DIALOGUE, MARKS, done, expect, picture, summarize

from sumtune.text.parts import split

from ..fakes import MAX_SOURCE_TOKENS, count_tokens

pytestmark = MARKS


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


def test_a_long_conversation_says_in_how_many_parts_it_was_read(open_page, url_of_parts):
    page = open_page(url_of_parts)
    text = "\n".join(f"Ann: item {number} done" for number in range(MAX_SOURCE_TOKENS))
    summarize(page, text)
    done(page)
    parts = len(split(text, count_tokens, MAX_SOURCE_TOKENS))
    expect(page.get_by_text(f"Read in {parts} parts.")).to_be_visible()
    picture(page, "parts")
    summarize(page)
    done(page)
    expect(page.get_by_text("Read in")).to_have_count(0)


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


@pytest.mark.parametrize(("dialogue", "direction"), [("ليلى: مرحبا يا كريم.", "rtl"), ("Ann: Hello, Karim.", "ltr")])
def test_text_runs_in_the_direction_of_its_script(page, dialogue, direction):
    summarize(page, dialogue)
    done(page)
    expect(page.locator("article .summary")).to_have_text(dialogue)
    for element in (page.get_by_label("Conversation", exact=True), page.locator("article .summary")):
        assert element.evaluate("node => getComputedStyle(node).direction") == direction


def test_a_style_is_chosen_where_the_adapter_has_some(open_page, url_of_styles):
    page = open_page(url_of_styles)
    choice = page.get_by_label("Style")
    expect(choice.locator("option")).to_have_text(["None", "for the engineer", "in one sentence"])
    for style in ("", "in one sentence"):
        choice.select_option(style)
        summarize(page)
        expect(page.locator("article .summary")).to_have_text(f"style: {style}".strip())
    page.get_by_label("Adapter").select_option("tuned")
    expect(choice).to_be_hidden()
    summarize(page)
    expect(page.locator("article .summary")).to_have_text("ANN:")


def test_a_style_that_the_adapter_does_not_know_is_noted(open_page, url_of_styles):
    page = open_page(url_of_styles)
    asked = json.dumps({"dialogues": [DIALOGUE], "style": "as a haiku", "stream": True})
    page.route("**/summarize", lambda route: route.continue_(post_data=asked))
    summarize(page)
    done(page)
    expect(page.get_by_role("status")).to_contain_text("not tuned with the style 'as a haiku'. It knows: 'for")
    picture(page, "note")
