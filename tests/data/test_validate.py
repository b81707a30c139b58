import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from sumtune.config import DataConfig, ModelConfig
from sumtune.data.ingest import CheckedData, check
from sumtune.data.issues import Issue, display
from sumtune.errors import DataError

SECRET = "the safe opens with 4711"
GOOD = '{"dialogue": "A: aaaaaaaaaaaa\\nB: bbbbbbbbb", "summary": "a b"}\n'


class Words:
    """Counts words, of which a zero-width space is none; a target has an end mark."""

    def count(self, texts: Sequence[str]) -> list[int]:
        return [len([word for word in text.split() if word != "\u200b"]) for text in texts]

    def count_targets(self, summaries: Sequence[str]) -> list[int]:
        return [count + 1 for count in self.count(summaries)]


WORDS = Words()


def places(checked: CheckedData, code: str) -> list[tuple[str, str, int | None]]:
    return [(f.severity, f.file, f.row) for f in checked.issues if f.code == code]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"dialogue": "", "summary": "x"}', "empty_dialogue"),
        ('{"dialogue": " \\n", "summary": "x"}', "empty_dialogue"),
        ('{"dialogue": [], "summary": "x"}', "empty_dialogue"),
        ('{"dialogue": "%s", "summary": ""}', "empty_summary"),
        ('{"dialogue": "%s", "summary": null}', "empty_summary"),
        ('{"dialogue": "%s"}', "empty_summary"),
        ('{"dialogue": 5, "summary": "x"}', "dialogue_not_text"),
        ('{"dialogue": {"%s": 1}, "summary": "x"}', "dialogue_not_text"),
        ('{"dialogue": ["%s", 4], "summary": "x"}', "dialogue_not_text"),
        ('{"dialogue": "%s", "summary": NaN}', "empty_summary"),
        ('{"dialogue": -Infinity, "summary": "%s"}', "empty_dialogue"),
        ('{"dialogue": "%s", "summary": 1e999}', "summary_not_text"),
        ('{"dialogue": "%s \\ud800", "summary": "x"}', "undecodable"),
        ('{"dialogue": "%s \udcff", "summary": "x"}', "undecodable"),
        ('"%s" \udcff', "undecodable"),
        ('{"dialogue": "%s", ', "malformed_row"),
        ('["%s"]', "malformed_row"),
        ('"%s"', "malformed_row"),
        ("null", "malformed_row"),
        ("1" * 5000, "malformed_row"),
        ("[" * 100_000, "malformed_row"),
        ('{"dialogue": "%s", "summary": "\u200b"}', "no_summary_tokens"),
    ],
)
@pytest.mark.parametrize("drop_invalid", [False, True])
def test_a_bad_row_is_found_by_number_and_left_out(line: str, code: str, drop_invalid: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    bad = (line.replace("%s", SECRET) + "\n").encode("utf-8", "surrogateescape")
    path.write_bytes(GOOD.encode() + b"\n" + bad + GOOD.encode())
    checked = check(DataConfig(path=str(path), drop_invalid=drop_invalid), WORDS)
    assert places(checked, code) == [("warning" if drop_invalid else "error", "a.jsonl", 3)]
    assert checked.dropped == 1
    assert {example.row for examples in checked.examples.values() for example in examples} == {1, 4}
    assert SECRET not in str(checked.issues)


@pytest.mark.parametrize(
    ("record", "code"),
    [
        (b"one field", "broken_table"),
        (b"a,b,c", "broken_table"),
        (b'"never closed,x', "broken_table"),
        (b'"closed" early,x', "broken_table"),
        (b"caf\xe9 \x81 at noon,x", "undecodable"),
        (b",x", "empty_dialogue"),
    ],
)
def test_a_bad_record_of_csv_is_found_by_number(record: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'dialogue,summary\n"A: aaaa\nB: bbbb",a\n\n' + record + b"\nA: ccccccc,c\n")
    checked = check(DataConfig(path=str(path)))
    assert places(checked, code) == [("error", "a.csv", 2)]
    assert checked.dropped == 1


def test_a_bad_value_of_parquet_is_found_by_number(tmp_path: Path) -> None:
    raw = pyarrow.array([b"A: aaaa", b"caf\xe9", b"A: cccc"])
    broken = pyarrow.StringArray.from_buffers(3, *raw.buffers()[1:])
    table = pyarrow.table({"dialogue": broken, "summary": ["a", "b", "c"]})
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    assert places(check(DataConfig(path=str(tmp_path / "a.parquet"))), "undecodable") == [("error", "a.parquet", 2)]


def test_all_issues_come_at_once(write: Any, rows: list[dict[str, Any]]) -> None:
    rows[1]["dialogue"], rows[1]["summary"], rows[4]["summary"] = "", 5, ""
    checked = check(DataConfig(path=str(write("a.jsonl", rows))))
    errors = [(f.code, f.row) for f in checked.issues if f.severity == "error"]
    assert errors == [("empty_dialogue", 2), ("summary_not_text", 2), ("empty_summary", 5)]
    assert checked.dropped == 2


def test_several_summaries_of_a_row_are_references(write: Any, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    write("train.jsonl", rows[:20])
    last = [{"id": n, "dialogue": row["dialogue"], "summary1": "a", "summary2": "b"} for n, row in enumerate(rows[20:])]
    last[0]["summary2"] = ""
    write("test.jsonl", last)
    examples = check(DataConfig(path=str(tmp_path))).examples
    assert sorted((e.id, e.summary) for e in examples["test"])[:3] == [("0", "a"), ("1", "a"), ("1#2", "b")]
    assert len(examples["test"]) == 9


@pytest.mark.parametrize("empty", [{}, {"summary": ""}, {"summary": None}])
def test_a_test_file_without_summaries_is_set_aside(
    empty: dict[str, Any], write: Any, rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    write("train.jsonl", rows)
    write("test.jsonl", [{"dialogue": row["dialogue"] + "\nAnn: Bye", **empty} for row in rows[:3]])
    checked = check(DataConfig(path=str(tmp_path)))
    assert [len(examples) for examples in checked.examples.values()] == [22, 3, 0]
    assert places(checked, "no_summaries") == [("warning", "test.jsonl", None)]
    assert "3 dialogues left unused, because the file has no summaries" in str(checked.issues)
    write("train.jsonl", [{"dialogue": row["dialogue"]} for row in rows])
    with pytest.raises(DataError, match="no summary column"):
        check(DataConfig(path=str(tmp_path)))


def test_doubtful_texts_are_warned_of(write: Any, rows: list[dict[str, Any]]) -> None:
    rows[0]["summary"], rows[1]["dialogue"] = "NaN", "N/A"
    rows[2]["dialogue"] = "Ann: Shall we meet Bob: Yes, at noon"
    rows[3]["dialogue"] = "x" * 32_767
    rows[4]["dialogue"] = [{"who": "Ann", "text": "Hi"}, {"who": "Bob", "text": "Yo yo yo yo"}]
    rows[5]["dialogue"] = "Ann: Shall we meet at noon?\\nBob: Yes, at noon"
    checked = check(DataConfig(path=str(write("a.jsonl", rows))))
    found = {issue.code: str(issue) for issue in checked.issues if issue.code != "summary_longer"}
    assert found == {
        "placeholder": "a.jsonl:2: the dialogue is 'N/A', a placeholder for a text",
        "cut_by_excel": "a.jsonl:4: the dialogue has 32,767 characters, the limit of an Excel cell: its end may be "
        "missing",
        "split_into_turns": "a.jsonl: split into turns: 1 of 25 dialogues, given as marks between turns",
        "unknown_speaker": "a.jsonl: the turns of 1 of 25 dialogues, first in row 5, have no known speaker, and their "
        "keys 'who' are not read; call the key of the speaker's name `speaker`",
        "one_line_dialogue": "a.jsonl: dialogues of one line: 3 of 25 (with several speakers: 1), first in row 2; put "
        "each turn on its own line, as `Name: text`",
    }
    assert places(checked, "placeholder") == [("warning", "a.jsonl", 1), ("warning", "a.jsonl", 2)]


def test_duplicates_leaks_and_several_summaries(write: Any, rows: list[dict[str, Any]], tmp_path: Path) -> None:
    same = {**rows[0], "dialogue": rows[0]["dialogue"].upper().replace("\n", "  \n")}
    other = {**rows[1], "summary": "They meet."}
    write("train.jsonl", [*rows[:20], same, other])
    write("val.jsonl", [*rows[20:], rows[2]])
    checked = check(DataConfig(path=str(tmp_path)))
    assert places(checked, "duplicate") == [("warning", "train.jsonl", 21)]
    assert places(checked, "leak") == [("warning", "val.jsonl", 6)]
    assert places(checked, "several_summaries") == [("info", "", None)]
    messages = {issue.code: issue.message for issue in checked.issues}
    assert "train.jsonl:1" in messages["duplicate"]
    assert "train.jsonl:3" in messages["leak"]
    assert messages["several_summaries"].startswith("train has several summaries for 1 of its 20 dialogues")


def test_a_summary_longer_than_its_dialogue(write: Any, rows: list[dict[str, Any]]) -> None:
    rows[7] = {"dialogue": "A: Hi", "summary": "A greets somebody."}
    checked = check(DataConfig(path=str(write("a.jsonl", rows))))
    assert places(checked, "summary_longer") == [("warning", "a.jsonl", 8)]


def test_shares_that_will_be_cut(write: Any, rows: list[dict[str, Any]]) -> None:
    rows[0]["dialogue"] = "A: " + "word " * 100
    rows[1]["summary"] = "one two three four five six seven eight"
    rows[2]["summary"] = "one two three four five six seven"
    path = str(write("a.jsonl", rows))
    limits = ModelConfig(max_source_tokens=99, max_target_tokens=8, long="truncate")
    messages = {f.code: f.message for f in check(DataConfig(path=path), WORDS, limits).issues}
    assert "4.0% of the dialogues (1 of 25) are longer than 99 tokens" in messages["dialogue_truncated"]
    assert "4.0% of the summaries (1 of 25)" in messages["summary_truncated"]
    assert not any("truncated" in issue.code for issue in check(DataConfig(path=path), WORDS).issues)
    assert not any("truncated" in issue.code for issue in check(DataConfig(path=path)).issues)


@pytest.mark.parametrize(
    ("size", "codes"),
    [
        (1, ["too_few_training_examples", "empty_split"]),
        (2, ["too_few_training_examples", "empty_split"]),
        (5, ["few_training_examples"]),
        (25, []),
    ],
)
def test_too_few_examples(size: int, codes: list[str], write: Any, rows: list[dict[str, Any]]) -> None:
    checked = check(DataConfig(path=str(write("a.jsonl", rows[:size]))))
    assert [issue.code for issue in checked.issues] == codes


def test_one_dialogue_with_many_summaries_leaves_nothing_to_validate_on(write: Any, tmp_path: Path) -> None:
    rows = [{"dialogue": "A: Hi\nB: Hello you", "summary": f"Number {number}."} for number in range(30)]
    for path in (write("a.jsonl", rows), write("split/train.jsonl", rows).parent):
        checked = check(DataConfig(path=str(path)))
        assert places(checked, "no_validation_examples") == [("error", "", None)]
    rows[0]["dialogue"] += "."
    assert not places(check(DataConfig(path=str(write("a.jsonl", rows)))), "no_validation_examples")


def test_validation_without_training_examples_is_an_error(write: Any, rows: list[dict[str, Any]]) -> None:
    checked = check(DataConfig(path=str(write("dev.jsonl", rows).parent)))
    assert checked.issues[0].severity == "error"
    assert "validation only" in checked.issues[0].message


def test_many_issues_of_one_code_are_collapsed() -> None:
    issues = [Issue("duplicate", "warning", "repeats a.csv:1", "a.csv", row) for row in range(2, 40)]
    shown = display([*issues, Issue("empty_summary", "error", "the summary is empty", "a.csv", 50)])
    assert shown[0] == "error: a.csv:50: the summary is empty"
    assert len(shown) == 5
    assert shown[-1] == "warning: … and 35 more of `duplicate`"
    assert len(display(issues[:10])) == 10


def test_issues_can_be_written_as_json(write: Any, rows: list[dict[str, Any]]) -> None:
    checked = check(DataConfig(path=str(write("a.jsonl", rows[:5]))))
    assert json.loads(json.dumps([vars(issue) for issue in checked.issues]))
