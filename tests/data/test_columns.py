import pytest

from sumtune.data.columns import find_columns
from sumtune.errors import DataError


@pytest.mark.parametrize(
    ("columns", "dialogue", "summary"),
    [
        (["dialogue", "summary"], "dialogue", "summary"),
        (["Text", "HIGHLIGHTS"], "Text", "HIGHLIGHTS"),
        (["source", "text", "conversation", "target", "summary"], "conversation", "summary"),
        (["article", " highlights "], "article", " highlights "),
    ],
)
def test_columns_are_found_by_name_in_order_of_priority(columns: list[str], dialogue: str, summary: str) -> None:
    found = find_columns("a.csv", columns)
    assert (found.dialogue, found.summary, found.id) == (dialogue, summary, None)


def test_a_given_name_wins() -> None:
    found = find_columns("a.csv", ["dialogue", "Notes", "summary", "gist", "Id"], "notes", "gist")
    assert (found.dialogue, found.summary, found.id) == ("Notes", "gist", "Id")


@pytest.mark.parametrize(
    ("columns", "given", "parts"),
    [
        (["dialog", "summary"], None, ["no dialogue column", "'dialog', 'summary'", "--dialogue-column 'dialog'"]),
        (["text", "sumary"], None, ["no summary column", "--summary-column 'sumary'"]),
        (["text", "summary"], "txt", ["no column 'txt'", "--dialogue-column 'text'"]),
        (["summary", "x"], "summary", ["'summary' cannot be both"]),
        ([], None, ["its columns are: none", "--dialogue-column NAME"]),
    ],
)
def test_a_missing_column_names_columns_and_option(columns: list[str], given: str | None, parts: list[str]) -> None:
    with pytest.raises(DataError) as error:
        find_columns("a.csv", columns, given)
    assert all(part in str(error.value) for part in ["a.csv", *parts])


def test_a_header_that_is_a_dialogue_is_not_shown() -> None:
    with pytest.raises(DataError) as error:
        find_columns("a.csv", ["Ann: my secret number is 4711, do tell nobody", "Ann has a secret."])
    assert "secret number" not in str(error.value)
    assert "Does the first row hold the names" in str(error.value)
