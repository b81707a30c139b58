"""Chromium, and what tests of the page do with it."""

import os
import shutil
from pathlib import Path

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="needs the package playwright: pip install '.[dev]'")
Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe
expect = sync_api.expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MARKS = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt install chromium"),
]

DIALOGUE = "Ann: I pay Bob 5 euros"
PHONE = {"width": 360, "height": 740}
SCREENSHOTS = os.environ.get("SUMTUNE_SCREENSHOTS")
"""Folder for screenshots."""


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


def text_file(name, text):
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode() if isinstance(text, str) else text}


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
