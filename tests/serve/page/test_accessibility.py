"""Keyboard, axe, narrow screens, and the documentation page."""

import pytest
from browser import DIALOGUE, MARKS, PHONE, done, expect, picture, summarize, text_file, too_wide, violations

pytestmark = MARKS


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
    expect(sections).to_have_count(10)
    for name in ("POST /summarize", "POST /v1/chat/completions", "GET /v1/models", "GET /ready"):
        section = sections.filter(has=page.get_by_role("heading", name=name, exact=True))
        section.get_by_role("button", name=f"Send {name}").click()
        expect(section.locator("pre")).to_contain_text('"')
        expect(section.locator("pre")).not_to_contain_text("detail")
    assert violations(page) == []
    picture(page, f"docs-{size['width']}")
    assert too_wide(page) == []
