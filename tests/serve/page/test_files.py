"""Files on the page: chosen, dropped, split into requests, downloaded as CSV."""

import csv
import io
from pathlib import Path

from browser import DIALOGUE, MARKS, done, expect, text_file

pytestmark = MARKS


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
