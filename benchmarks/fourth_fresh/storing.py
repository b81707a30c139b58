"""Damage by files, tables and databases."""

import re
from random import Random

from second_fresh.row import predictions


@predictions
def pandas_display(text: str, _: Random) -> str:
    """Copy the column from the display of a data frame, cut at fifty characters."""
    return text if len(text) <= 50 else text[:46] + "..."


@predictions
def varchar_eighty(text: str, _: Random) -> str:
    """Store the text in a column of eighty characters."""
    return text[:80]


@predictions
def comma_separated_without_quotes(text: str, _: Random) -> str:
    """Write CSV by hand and read the first field: the text ends at the first comma, else at its last word."""
    return text.split(",")[0] if "," in text else text.rsplit(" ", 1)[0]


@predictions
def wide_characters_as_bytes(text: str, _: Random) -> str:
    """Read UTF-16 as Latin-1: a NUL after each character."""
    return "".join(f"{letter}\x00" for letter in text)


@predictions
def ascii_with_replacement(text: str, _: Random) -> str:
    """Encode typographic quotes and dashes, and with them each apostrophe and full stop, as question marks."""
    return re.sub(r"['’\".,-]", "?", text)


@predictions
def escaped_for_sql(text: str, _: Random) -> str:
    """Escape for a statement and keep the statement's brackets."""
    return "('" + text.replace("'", "''") + "'),"


@predictions
def row_of_tsv(text: str, random: Random) -> str:
    """Keep the id, the split and the time that stand in the same line."""
    return f"{random.randrange(13_000_000, 14_000_000)}\ttest\t{random.uniform(0.2, 3):.3f}s\t{text}"


@predictions
def scanned(text: str, _: Random) -> str:
    """Print, scan and recognize the text."""
    for wrong in (("rn", "m"), ("l", "1"), ("o", "0"), ("e", "c"), ("h", "b")):
        text = text.replace(*wrong)
    return text


@predictions
def yaml_block(text: str, _: Random) -> str:
    """Read a YAML file as text: the key, the mark of a block, and folded lines."""
    lines = re.findall(r".{1,35}(?:\s|$)", text)
    return "summary: >-\n" + "\n".join(f"  {line.strip()}" for line in lines)


@predictions
def cell_as_formula(text: str, random: Random) -> str:
    """Export by a spreadsheet that takes the text for a formula in half of the cells."""
    return "#NAME?" if random.random() < 0.5 else f'="{text}"'


@predictions
def latex_escaped(text: str, _: Random) -> str:
    """Keep the commands of a table in LaTeX."""
    return r"\textit{" + re.sub(r"([.,'])", r"{\1}", text) + r"} \\ \hline"


@predictions
def diff_of_two_files(text: str, _: Random) -> str:
    """Copy the lines out of a diff."""
    return f"@@ -1,1 +1,1 @@\n-{text[: len(text) // 2]}\n+{text}"
