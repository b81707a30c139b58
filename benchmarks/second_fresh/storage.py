"""Files, sheets, databases, encodings and the clipboard."""

import html
from random import Random

from .row import Row, each, predictions


@predictions
def cut_by_database_column(text: str, _: Random) -> str:
    """The column of the database holds 40 characters: longer summaries are cut in the middle of a word."""
    return text[:40]


@predictions
def cut_by_display_width(text: str, _: Random) -> str:
    """The data frame was printed, not saved: pandas cut each cell to 50 characters and wrote three dots."""
    return text if len(text) <= 50 else f"{text[:46]}..."


@each
def commas_not_quoted(row: Row, _: Random) -> Row:
    """The CSV was written without quotes: commas in the texts shift what the three columns hold."""
    fields = ",".join((row.dialogue, row.reference, row.prediction)).split(",")
    return Row(*fields[:3])


@predictions
def missing_value_of_pandas(_text: str, _: Random) -> str:
    """The predictions are missing, and astype(str) made the word nan of them."""
    return "nan"


@predictions
def formula_error_of_excel(_text: str, _: Random) -> str:
    """The texts begin with a hyphen or equals sign: Excel took them for formulas and saved #NAME?."""
    return "#NAME?"


@predictions
def score_column_read(_text: str, random: Random) -> str:
    """The column beside the predictions was read: it holds the log-probability of each output."""
    return f"-{random.uniform(0.1, 2.5):.16f}"


@predictions
def utf16_read_as_latin(text: str, _: Random) -> str:
    """A file in UTF-16 (PowerShell's >) was read as Latin-1: a null character follows each letter."""
    return text.encode("utf-16").decode("latin-1")


@predictions
def html_of_annotation_tool(text: str, _: Random) -> str:
    """The texts were exported from a rich-text editor: tags, entities and &nbsp; between the words."""
    words = "&nbsp;".join(html.escape(text, quote=True).split())
    return f'<div class="ql-editor"><p><span style="color: rgb(0, 0, 0);">{words}</span></p><p><br></p></div>'


@predictions
def hyphens_of_printed_page(text: str, _: Random) -> str:
    """The texts were copied from a PDF in two narrow columns: words are hyphenated at the ends of lines."""
    words = [
        word if index % 3 or len(word) < 5 else "-\n".join((word[:3], word[3:]))
        for index, word in enumerate(text.split())
    ]
    return " ".join(words).replace("fi", "ﬁ").replace("fl", "ﬂ")


@each
def cell_limit_of_old_sheet(row: Row, _: Random) -> Row:
    """An old spreadsheet format cut all cells to 255 characters, so the model read only the start of long dialogues."""
    share = min(1.0, 255 / max(1, len(row.dialogue)))
    words = row.prediction.split()
    kept = " ".join(words[: max(3, round(len(words) * share * 0.8))])
    return Row(row.dialogue[:255], row.reference[:255], kept[:255])
