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


def test_numbered_summaries_are_references_of_one_dialogue() -> None:
    found = find_columns("a.csv", ["dialogue", "Summary2", "summary10", "topic1", "summary1"])
    assert found.summaries == ("summary1", "Summary2", "summary10")
    assert find_columns("a.csv", ["dialogue", "summary1", "summary"]).summaries == ("summary",)
    assert find_columns("a.csv", ["dialogue", "summary1", "summary2"], None, "summary2").summaries == ("summary2",)


def test_only_what_can_be_a_column_is_advised() -> None:
    with pytest.raises(DataError, match=r"pass --summary-column with its name: 'gist'\.$"):
        find_columns("a.csv", ["text", "sumary", "gist"], candidates=["text", "gist"])


def test_a_given_name_wins() -> None:
    found = find_columns("a.csv", ["dialogue", "Notes", "summary", "gist", "Id"], "notes", "gist")
    assert (found.dialogue, found.summary, found.id) == ("Notes", "gist", "Id")


@pytest.mark.parametrize(
    ("columns", "given", "parts"),
    [
        (["dialogu", "summary"], None, ["no dialogue column", "'dialogu', 'summary'", "--dialogue-column 'dialogu'"]),
        (["text", "sumary"], None, ["no summary column", "--summary-column 'sumary'"]),
        (["text", "summary"], "txt", ["no column 'txt'", "--dialogue-column 'text'"]),
        (["summary", "x"], "summary", ["'summary' cannot be both"]),
        ([], None, ["its columns are: none", "add a column with the dialogue"]),
        (["text", "x", "y"], None, ["no summary column", "pass --summary-column with its name: 'x', 'y'."]),
        (["x"], None, ["no dialogue column", "pass --dialogue-column with its name: 'x'."]),
        (["summary"], None, ["None of them can be the dialogue"]),
        (["text"], None, ["None of them can be the summary"]),
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
