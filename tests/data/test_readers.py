import contextlib
import csv
import gzip
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.config import DataConfig
from sumtune.data.conversations import open_conversations
from sumtune.data.export import read_export
from sumtune.data.ingest import CheckedData, check
from sumtune.data.issues import raise_errors
from sumtune.data.readers import read_file
from sumtune.errors import DataError

Rows = list[dict[str, Any]]


def write_csv(path: Path, rows: Rows, delimiter: str = ",", encoding: str = "utf-8", end: str = "\n") -> None:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter, lineterminator=end)
        writer.writeheader()
        writer.writerows(rows)


def write_parquet(path: Path, rows: Rows) -> None:
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)


def lines(rows: Rows, end: str = "\n") -> str:
    return end.join(json.dumps(row, ensure_ascii=False) for row in rows)


def delimited(rows: Rows, delimiter: str = ",") -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def german_excel(rows: Rows) -> str:
    """Semicolons, nameless columns and rows that are blank, and rows with blank fields beyond the header."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([*rows[0], "", ""])
    for number, row in enumerate(rows):
        writer.writerow([*row.values(), *[""] * (number % 4)])
    writer.writerow([""] * 4)
    return out.getvalue()


def write_excel(path: Path, sheets: dict[str, Rows]) -> None:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for record in [list(rows[0]), *([*row.values(), None] for row in rows)] if rows else []:
            sheet.append(record)
    workbook.save(path)


def write_arrow(path: Path, rows: Rows, new: Any = pyarrow.ipc.new_stream) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pyarrow.Table.from_pylist(rows)
    with new(str(path), table.schema) as writer:
        writer.write_table(table)


def write_zip(path: Path, contents: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in contents.items():
            archive.writestr(name, text)


WRITERS: dict[str, Callable[[Path, Rows], Any]] = {
    "comma.csv": write_csv,
    "semicolon.csv": lambda path, rows: write_csv(path, rows, ";"),
    "tab.tsv": lambda path, rows: write_csv(path, rows, "\t"),
    "excel.CSV": lambda path, rows: write_csv(path, rows, encoding="utf-8-sig", end="\r\n"),
    "unicode text.tsv": lambda path, rows: write_csv(path, rows, "\t", encoding="utf-16", end="\r\n"),
    "list.json": lambda path, rows: path.write_text(json.dumps(rows, indent=1)),
    "data.json": lambda path, rows: path.write_text(json.dumps({"version": 1, "data": rows})),
    "lines.json": lambda path, rows: path.write_text(lines(rows), encoding="utf-8"),
    "unix.jsonl": lambda path, rows: path.write_text(lines(rows) + "\n\n", encoding="utf-8"),
    "windows.ndjson": lambda path, rows: path.write_bytes(lines(rows, "\r\n").encode("utf-8-sig")),
    "utf-16.jsonl": lambda path, rows: path.write_bytes(lines(rows, "\r\n").encode("utf-16")),
    "utf-32.json": lambda path, rows: path.write_bytes(json.dumps(rows).encode("utf-32")),
    "a.parquet": write_parquet,
    "german excel.csv": lambda path, rows: path.write_bytes(german_excel(rows).encode("utf-8-sig")),
    "sep line.csv": lambda path, rows: path.write_bytes(b"sep=|\r\n" + delimited(rows, "|").encode()),
    "utf-16.csv": lambda path, rows: path.write_bytes(delimited(rows, ";").encode("utf-16")),
    "packed.csv.gz": lambda path, rows: path.write_bytes(gzip.compress(delimited(rows).encode())),
    "packed.jsonl.gz": lambda path, rows: path.write_bytes(gzip.compress(lines(rows).encode())),
    "misnamed.csv": lambda path, rows: path.write_text(json.dumps(rows)),
    "misnamed.jsonl": lambda path, rows: path.write_text(json.dumps(rows, indent=1)),
    "misnamed.txt": lambda path, rows: path.write_text(lines(rows)),
    "misnamed.json": write_parquet,
    "book.xlsx": lambda path, rows: write_excel(path, {"Chats": rows, "Empty": []}),
    "stream.arrow": lambda path, rows: write_arrow(path, rows, pyarrow.ipc.new_stream),
    "file.arrow": lambda path, rows: write_arrow(path, rows, pyarrow.ipc.new_file),
    "a.zip": lambda path, rows: write_zip(
        path, {"notes.txt": "x", "__MACOSX/._a.csv": "x", "in/a.csv": delimited(rows)}
    ),
}


def content(checked: CheckedData) -> list[tuple[str, str, str, str, int]]:
    return [
        (name, example.id, example.dialogue, example.summary, example.row)
        for name, examples in checked.examples.items()
        for example in examples
    ]


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_examples(name: str, rows: Rows, write: Any, tmp_path: Path) -> None:
    rows = [{"id": f"é-{n}", **row, "topic": "time; place"} for n, row in enumerate(rows)]
    rows[3]["dialogue"] += '\nAnn: "Fine", she said; ok,\u2028 \u00e9 \U0001f600'
    WRITERS[name](tmp_path / name, rows)
    expected = check(DataConfig(path=str(write("expected.jsonl", rows))))
    assert content(check(DataConfig(path=str(tmp_path / name)))) == content(expected)
    assert sum(map(len, expected.examples.values())) == len(rows)


@pytest.mark.parametrize("validation", ["validation.csv", "val.json", "valid.jsonl", "DEV.parquet"])
def test_a_folder_keeps_its_splits(validation: str, rows: Rows, write: Any, tmp_path: Path) -> None:
    write("train.jsonl", rows[:20])
    write("readme.json", [])
    writer = {".csv": "comma.csv", ".json": "list.json", ".jsonl": "unix.jsonl", ".parquet": "a.parquet"}
    WRITERS[writer[Path(validation).suffix]](tmp_path / validation, rows[20:])
    checked = check(DataConfig(path=str(tmp_path)))
    assert {name: len(examples) for name, examples in checked.examples.items()} == {
        "train": 20,
        "validation": 5,
        "test": 0,
    }
    assert {example.file for example in checked.examples["validation"]} == {validation}


def test_a_json_object_keeps_its_splits(rows: Rows, tmp_path: Path) -> None:
    (tmp_path / "all.json").write_text(json.dumps({"train": rows[:20], "dev": rows[20:23], "test": rows[23:]}))
    checked = check(DataConfig(path=str(tmp_path / "all.json")))
    assert [len(examples) for examples in checked.examples.values()] == [20, 3, 2]
    assert {example.id for example in checked.examples["test"]} == {"all-test-1", "all-test-2"}


def test_a_downloaded_data_set_with_shards_is_read(rows: Rows, write: Any, tmp_path: Path) -> None:
    write("data/train-00000-of-00002.jsonl", rows[:10])
    write("data/train-00001-of-00002.jsonl", rows[10:20])
    write("data/test-00000-of-00001.jsonl", rows[20:])
    checked = check(DataConfig(path=str(tmp_path)))
    assert [len(examples) for examples in checked.examples.values()] == [18, 2, 5]


@pytest.mark.parametrize(
    ("train", "validation", "test"),
    [
        (
            "train-00000-of-00001-0123456789abcdef",
            "validation-00000-of-00001-0123456789abcdef",
            "test-00000-of-00001-89abcdef01234567",
        ),
        ("samsum-train", "samsum-val", "samsum-test"),
        ("dialogsum.train", "dialogsum.dev", "dialogsum.test"),
        ("Train_v2", "valid_v2", "test_v2"),
        ("default/train/0000", "default/validation/0000", "default/test/0000"),
        ("train/0", "dev/0", "test/0"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_splits_are_told_by_names(
    train: str, validation: str, test: str, packed: bool, rows: Rows, write: Any, tmp_path: Path
) -> None:
    names = {train: rows[:20], validation: rows[20:23], test: rows[23:]}
    if packed:
        write_zip(tmp_path / "all.zip", {f"{name}.jsonl": lines(part) for name, part in names.items()})
    else:
        for name, part in names.items():
            write(f"all/{name}.jsonl", part)
    checked = check(DataConfig(path=str(tmp_path / ("all.zip" if packed else "all"))))
    assert [len(examples) for examples in checked.examples.values()] == [20, 3, 2]


def test_exact_names_of_splits_come_first(rows: Rows, write: Any, tmp_path: Path) -> None:
    write("train.jsonl", rows[:20])
    write("other-train.jsonl", [])
    write("sample_submission.jsonl", [])
    write("dataset_infos.json", [])
    checked = check(DataConfig(path=str(tmp_path)))
    assert len(checked.examples["train"]) == 18
    assert "1 data file left unread: other-train.jsonl" in [issue.message for issue in checked.issues]


def save_to_disk(folder: Path, rows: Rows, split: str = "train") -> None:
    write_arrow(folder / "data-00000-of-00002.arrow", rows[:3])
    write_arrow(folder / "data-00001-of-00002.arrow", rows[3:])
    names = [{"filename": f"data-0000{part}-of-00002.arrow"} for part in (0, 1)]
    (folder / "state.json").write_text(json.dumps({"_data_files": names, "_split": split}))
    (folder / "dataset_info.json").write_text(json.dumps({"features": {}}))


def test_a_saved_data_set_is_read(rows: Rows, tmp_path: Path) -> None:
    save_to_disk(tmp_path / "single", rows)
    single = check(DataConfig(path=str(tmp_path / "single"))).examples
    assert [len(examples) for examples in single.values()] == [20, 2, 3]
    (tmp_path / "dict").mkdir()
    (tmp_path / "dict/dataset_dict.json").write_text('{"splits": ["train", "validation", "unsupervised"]}')
    save_to_disk(tmp_path / "dict/train", rows[:20])
    save_to_disk(tmp_path / "dict/validation", rows[20:], "validation")
    checked = check(DataConfig(path=str(tmp_path / "dict")))
    assert [len(examples) for examples in checked.examples.values()] == [20, 5, 0]
    assert len({example.id for same in checked.examples.values() for example in same}) == 25


def test_a_workbook_with_a_sheet_for_each_split(rows: Rows, tmp_path: Path) -> None:
    write_excel(tmp_path / "a.xlsx", {"train": rows[:20], "test": rows[20:], "Notes": [{"x": 1}]})
    checked = check(DataConfig(path=str(tmp_path / "a.xlsx")))
    assert [len(examples) for examples in checked.examples.values()] == [18, 2, 5]
    write_excel(tmp_path / "b.xlsx", {"Chats": rows, "Notes": [{"x": 1}]})
    (issue,) = check(DataConfig(path=str(tmp_path / "b.xlsx"))).issues
    assert "only its sheet 'Chats' is read; the others are: Notes" in issue.message


def test_csv_in_windows_1252_is_read_and_said(rows: Rows, tmp_path: Path) -> None:
    rows[0]["dialogue"] += " “Schöne Grüße”"
    (tmp_path / "a.csv").write_bytes(delimited(rows, ";").encode("cp1252"))
    checked = check(DataConfig(path=str(tmp_path / "a.csv")))
    assert rows[0]["dialogue"] in {e.dialogue for same in checked.examples.values() for e in same}
    assert [(issue.code, issue.severity) for issue in checked.issues] == [("legacy_encoding", "warning")]


def test_a_nameless_column_with_values_is_kept(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(",dialogue,summary,\n0,A: x,x,\n1,A: y,y,\n")
    (table,) = read_file(tmp_path / "index.csv")
    assert table.columns == ("", "dialogue", "summary")
    (tmp_path / "two.csv").write_text(",dialogue,,summary\n0,A: x,7,x\n")
    (table,) = read_file(tmp_path / "two.csv")
    assert table.columns == ("column 1", "dialogue", "column 3", "summary")


def test_the_only_file_of_a_folder_is_split(rows: Rows, write: Any, tmp_path: Path) -> None:
    write("chats.jsonl", rows)
    (tmp_path / "notes.txt").write_text("not data")
    assert all(check(DataConfig(path=str(tmp_path))).examples.values())


def test_ids_are_kept_made_and_unique(rows: Rows, write: Any) -> None:
    given_ids: list[Any] = ["a", "a", 7, "", None, True, 1.5, "\ud800"]
    path = write("chats.jsonl", [{**row, "id": id_} for row, id_ in zip(rows, given_ids, strict=False)])
    splits = check(DataConfig(path=str(path))).examples
    assert {example.row: example.id for examples in splits.values() for example in examples} == {
        1: "a",
        2: "a@chats.jsonl:2",
        3: "7",
        **{row: f"chats-{row}" for row in (4, 5, 6, 7, 8)},
    }


@pytest.mark.parametrize(
    ("broken", "row", "reason"),
    [
        ('"A: y,y', 2, "text follows the closing quote on line 4 of the file; the field begins on line 3"),
        ('A: y",y', 2, "line 3 of the file has a quote inside a field"),
        ('"A: y"!,y', 2, "text follows the closing quote on line 3"),
        ('"A: "well", that is bad",y', 2, "text follows the closing quote on line 3"),
        ("A: y", 2, "it has 1 fields, the header has 2"),
        ("A: y,y,y", 2, "it has 3 fields, the header has 2"),
    ],
)
@pytest.mark.parametrize("drop_invalid", [False, True])
def test_a_broken_record_of_csv_costs_all_rows(
    broken: str, row: int, reason: str, drop_invalid: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f'dialogue,summary\n"A: x",x\n{broken}\n"A: z\nB: z",z\nA: u,u\n')
    checked = check(DataConfig(path=str(path), drop_invalid=drop_invalid))
    assert not any(checked.examples.values())
    (issue,) = checked.issues
    assert (issue.severity, issue.row) == ("error", row)
    assert reason in issue.message
    with pytest.raises(DataError, match="so none is used") as error:
        raise_errors(checked.issues)
    assert "--drop-invalid" not in str(error.value)


def test_a_tab_separated_file_without_quoting_keeps_its_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('dialogue\tsummary\nA: 5" of "rain"\tHe said "5"\nB: a "\tb\n')
    (table,) = read_file(path)
    assert [list(values.values()) for _, values in table.rows] == [['A: 5" of "rain"', 'He said "5"'], ['B: a "', "b"]]


@pytest.mark.parametrize("size", [131_072, 131_073, 3_000_000])
def test_a_long_field_is_read(size: int, tmp_path: Path) -> None:
    rows = [{"dialogue": "A: " + "word\n" * (size // 5), "summary": "s"}]
    write_csv(tmp_path / "a.csv", rows)
    (table,) = read_file(tmp_path / "a.csv")
    assert [values for _, values in table.rows] == rows


@pytest.mark.parametrize("last", ["A: y,y", "A: y,y\n", 'A: y,"y"'])
def test_a_file_that_may_be_cut_says_so(last: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("dialogue,summary\nA: x,x\n" + last)
    (table,) = read_file(path)
    assert [(issue.code, issue.row) for issue in table.issues] == [("no_line_end", 2)] * (last == "A: y,y")


FRAGMENTS = st.sampled_from(
    [
        *(b"dialogue", b"summary", b",", b'"', b"\n", b"\r", b"{", b"}", b"[", b"]", b":", b"\\ud800", b"\xff", b"\0"),
        *(b'{"dialogue":"a b c","summary":"a"}\n', b'{"train":[', b"PAR1", b"\xff\xfe", b"\xef\xbb\xbf", b"caf\xe9"),
        *(
            b"PK\x03\x04",
            b"PK\x05\x06" + b"\0" * 18,
            b"\x1f\x8b\x08",
            b"\xff\xff\xff\xff",
            b"ARROW1",
            b"sep=;\n",
            b";;",
        ),
        *(b"WEBVTT\n\n", b"1\n00:00:01,000 --> 00:00:02,000\n", b"[1/2/24, 10:15] Ann: hi\n", b"<p>Ann: hi</p>"),
        *(b'"messages"', b'"role": "user", "content"', b'"ts": "1.5", "user"', b'"comments"', b'"author"', b'"utt"'),
        *(b"1" * 5000, b"[" * 3000, b"a" * 140_000),
    ]
)


@pytest.mark.parametrize(
    "suffix", [".csv", ".tsv", ".json", ".jsonl", ".parquet", ".xlsx", ".arrow", ".zip", ".gz", ".txt"]
)
@settings(max_examples=25, deadline=None)
@given(raw=st.binary(max_size=200) | st.lists(FRAGMENTS, max_size=12).map(b"".join))
def test_any_bytes_are_read_or_refused(suffix: str, raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(raw)
        with contextlib.suppress(DataError):
            assert check(DataConfig(path=str(path))).issues
        with contextlib.suppress(DataError):
            assert all(row["dialogue"] for row in read_export(path).rows)
        with contextlib.suppress(DataError):
            assert all(conversation.dialogue for conversation in open_conversations(path))


@settings(max_examples=25, deadline=None)
@given(position=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_parquet_file_is_read_or_refused(
    position: int, byte: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.parquet"
    write_parquet(path, [{"dialogue": f"A: {n}\nB: {n}", "summary": str(n)} for n in range(30)])
    raw = bytearray(path.read_bytes())
    raw[position % len(raw)] = byte
    path.write_bytes(raw)
    with contextlib.suppress(DataError):
        check(DataConfig(path=str(path)))
