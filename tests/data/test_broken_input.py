"""Every kind of broken input is one message that says what to do, shows no dialogue, and leaves no file behind."""

import gzip
import json
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sumtune.config import Config, DataConfig
from sumtune.data import hub, ingest
from sumtune.errors import DataError
from sumtune.files.run_dir import RunDir

SECRET = "the safe opens with 4711"
ROW: dict[str, Any] = {"dialogue": f"Ann: {SECRET}\nBob: I shall keep that to myself.", "summary": "Ann tells."}
LINE = json.dumps(ROW) + "\n"
LINES = "".join(json.dumps({**ROW, "dialogue": f"{ROW['dialogue']} {n}"}) + "\n" for n in range(30))

Make = Callable[[Path], Path]


def gzip_bomb(folder: Path) -> Path:
    return file("a.csv.gz", gzip.compress(bytes(70_000_000), 1))(folder)


def zip_bomb(folder: Path) -> Path:
    return zipped("a.zip", **{"train.csv": "0" * 70_000_000})(folder)


def file(name: str, raw: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else raw)
        return path

    return make


def folder_of(**contents: str) -> Make:
    def make(folder: Path) -> Path:
        for name, text in contents.items():
            stem, _, suffix = name.rpartition("_")
            (folder / f"{stem}.{suffix}").write_text(text)
        return folder

    return make


def zipped(name: str, **contents: str) -> Make:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, text in contents.items():
                archive.writestr(member, text)
        return folder / name

    return make


def folder_in(*names: str) -> Make:
    def make(folder: Path) -> Path:
        for name in names:
            (folder / name).parent.mkdir(parents=True)
            (folder / name).write_text("dialogue,summary\n")
        return folder

    return make


def saved_without_data(folder: Path) -> Path:
    (folder / "train").mkdir()
    (folder / "dataset_dict.json").write_text('{"splits": ["train"]}')
    (folder / "train/state.json").write_text('{"_data_files": [{"filename": "data-0.arrow"}]}')
    return folder


def fifo(folder: Path) -> Path:
    os.mkfifo(folder / "a.jsonl")
    return folder / "a.jsonl"


def parquet_without_texts(folder: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"a": [1.5], "dialogu": [2.5]}), folder / "a.parquet")
    return folder / "a.parquet"


def misnamed(folder: Path) -> Path:
    (folder / "chats.jsonl").write_text(LINES)
    return folder / "chat.jsonl"


BROKEN: dict[str, tuple[Make, str]] = {
    "missing file": (lambda folder: folder / "a.csv", "does not exist"),
    "mistyped name": (misnamed, "chats.jsonl"),
    "plain text": (file("a.txt", f"Ann: {SECRET}\nBob: ok\n"), "unknown format"),
    "Git LFS pointer": (file("a.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n"), "git lfs pull"),
    "web page": (file("a.json", f"<!DOCTYPE html>\n<p>{SECRET}"), "an HTML page"),
    "XML": (file("a.csv", f"\ufeff<?xml version='1.0'?><a>{SECRET}</a>"), "an XML document"),
    "PDF": (file("a.csv", b"%PDF-1.7 x"), "a PDF document"),
    "recording": (file("a.json", b"\0\0\0\x20ftypM4A "), "a recording: transcribe it"),
    "database": (file("a.csv", b"SQLite format 3\0"), "an SQLite database"),
    "pickle": (file("a.json", b"\x80\x04\x95"), "never loaded"),
    "old Excel file": (file("a.xlsx", b"\xd0\xcf\x11\xe0\xa1"), "old Office document"),
    "Word document": (zipped("a.docx", **{"[Content_Types].xml": "", "word/document.xml": SECRET}), "a Word document"),
    "zip without data": (zipped("a.zip", notes_txt=SECRET), "no file"),
    "zip bomb": (zip_bomb, "unpacks to more than 67 MB"),
    "gzip bomb": (gzip_bomb, "unpacks to more than"),
    "cut gzip": (file("a.csv.gz", gzip.compress(LINES.encode())[:-20]), "cannot be unpacked"),
    "cut zip": (file("a.zip", b"PK\x03\x04 and so on"), "cannot be unpacked"),
    "no workbook": (zipped("a.xlsx", **{"xl/workbook.xml": "<a>"}), "not a readable workbook"),
    "cut arrow": (file("a.arrow", b"\xff\xff\xff\xff\x10"), "not a readable Arrow file"),
    "two data sets": (folder_in("one/train/0.csv", "two/train/0.csv"), "several data sets (one, two)"),
    "saved without its data": (saved_without_data, "lacks train/data-0.arrow"),
    "pipe": (fifo, "neither a file nor a folder"),
    "name too long": (lambda folder: folder / ("a" * 300 + ".csv"), "name too long"),
    "NUL in the name": (lambda folder: folder / "a\0.csv", "does not exist"),
    "empty csv": (file("a.csv", ""), "is empty"),
    "blank jsonl": (file("a.jsonl", "\ufeff \n\n"), "is empty"),
    "binary data": (file("a.jsonl", bytes(range(256))), "a.jsonl holds binary data and no text"),
    "binary csv": (file("a.csv", b"\x7fELF\2\1\1\0" + bytes(60)), "a.csv holds binary data and no text"),
    "empty parquet": (file("a.parquet", b""), "is empty"),
    "no parquet": (file("a.parquet", LINES), "not a readable Parquet file"),
    "parquet of numbers": (parquet_without_texts, "None of them can be the dialogue"),
    "header only": (file("a.csv", "dialogue,summary\n"), "no rows"),
    "no header": (file("a.csv", f"{SECRET} and so on and on,short\n" * 3), "names of the columns"),
    "repeated header": (file("a.csv", "dialogue,dialogue\nx,y\n"), "repeats 'dialogue'"),
    "broken header": (file("a.csv", f'"dialogue,summary\n{SECRET},x\n'), "the header row cannot be read"),
    "ragged csv": (file("a.csv", f"dialogue,summary\n{SECRET},x,y\n"), "3 fields, the header has 2"),
    "unclosed quote": (
        file("a.csv", f'dialogue,summary\n"{SECRET},x\n'),
        "quote on line 2 of the file is never",
    ),
    "stray quote": (file("a.csv", f'dialogue,summary\n{SECRET} "x",x\n'), "line 2 of the file has a quote inside"),
    "single quote": (
        file("a.csv", f'dialogue,summary\n"{SECRET} "x"",x\n'),
        "text follows the closing quote on line 2",
    ),
    "cut utf-16": (file("a.jsonl", LINES.encode("utf-16")[:-1]), "it begins like utf-16"),
    "utf-8 after a utf-32 mark": (file("a.jsonl", b"\xff\xfe\0\0" + LINES.encode()), "it begins like utf-32"),
    "latin-1": (file("a.jsonl", LINE.replace("safe", "caf\udce9")), "1 undecodable"),
    "json syntax": (file("a.json", LINES.rstrip()[:-1].replace("\n", ",")), "cannot be read"),
    "json number": (file("a.json", "1" * 9000), "too many digits"),
    "json text": (file("a.json", json.dumps(SECRET)), "a text"),
    "json without lists": (file("a.json", json.dumps({SECRET * 3: 1})), "Expected a list of objects"),
    "json empty list": (file("a.json", "[]"), "no rows"),
    "json twice a split": (file("a.json", '{"val": [], "dev": []}'), "validation split twice"),
    "json list of texts": (file("a.json", json.dumps([SECRET])), "it is a text"),
    "nested json": (file("a.json", "[" * 200_000), "nested too deeply"),
    "nested line": (file("a.jsonl", LINES + '{"a":' * 200_000), "a.jsonl:31"),
    "truncated line": (file("a.jsonl", LINES + LINE[:-20]), "a.jsonl:31"),
    "pretty json as lines": (file("a.jsonl", json.dumps(ROW, indent=1)), "malformed_row"),
    "no column": (file("a.jsonl", LINES.replace("summary", "sumary")), "--summary-column 'sumary'"),
    "empty objects": (file("a.jsonl", "{}\n{}\n"), "its columns are: none"),
    "empty summary": (file("a.jsonl", LINES + LINE.replace("Ann tells.", " ")), "a.jsonl:31"),
    "lone surrogate": (file("a.jsonl", LINES + LINE.replace("tells", "\\ud83d")), "a.jsonl:31"),
    "one example": (file("a.jsonl", LINE), "at least 2 are needed"),
    "empty folder": (folder_of(), "holds no file"),
    "unnamed files": (folder_of(a_jsonl=LINES, b_jsonl=LINES), "a.jsonl, b.jsonl"),
    "two train files": (folder_of(train_jsonl=LINES, train_csv="x"), "several files for the train split"),
    "val and dev": (folder_of(train_jsonl=LINES, val_jsonl=LINES, dev_jsonl=LINES), "several files for the validation"),
    "test only": (folder_of(test_jsonl=LINES), "test only"),
    "empty test file": (folder_of(train_jsonl=LINES, test_jsonl=""), "test.jsonl is empty"),
    "splits in a split": (folder_of(train_json=json.dumps({"train": [ROW], "test": [ROW]})), "train.json holds"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_input(kind: str, tmp_path: Path) -> None:
    make, part = BROKEN[kind]
    source = tmp_path / "source"
    source.mkdir()
    run_dir = RunDir(tmp_path / "artifacts")
    with pytest.raises(DataError) as error:
        ingest.run(Config(data=DataConfig(path=str(make(source)))), run_dir)
    message = str(error.value)
    assert part in message
    assert SECRET not in message
    assert len(message.splitlines()) <= 8
    assert not run_dir.root.exists()
    message.encode()


@pytest.mark.parametrize("path", ["", " ", "samsum", "a/b/c", "data/chats.csv"])
def test_a_name_that_is_neither_path_nor_id(path: str, run_dir: RunDir) -> None:
    with pytest.raises(DataError, match="does not exist"):
        ingest.run(Config(data=DataConfig(path=path)), run_dir)


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, run_dir: RunDir) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"pip install 'sumtune\[hub\]'"):
        ingest.run(Config(data=DataConfig(path="knkarthick/samsum")), run_dir)


def test_offline_is_said_at_once(monkeypatch: pytest.MonkeyPatch, run_dir: RunDir) -> None:
    pytest.importorskip("datasets")
    monkeypatch.setattr(hub, "hub_is_reachable", lambda: False)
    with pytest.raises(DataError, match=r"could not be fetched.*seems offline.*with --data"):
        ingest.run(Config(data=DataConfig(path="knkarthick/samsum")), run_dir)


@pytest.mark.parametrize(
    ("raised", "part"),
    [
        (ConnectionError("x"), "seems offline"),
        (FileNotFoundError("Dataset 'a/b' doesn't exist on the Hub."), "doesn't exist on the Hub"),
        (RuntimeError("Dataset scripts are no longer supported\nbut found b.py"), "no longer supported"),
    ],
)
def test_what_the_hub_refuses(raised: Exception, part: str, monkeypatch: pytest.MonkeyPatch, run_dir: RunDir) -> None:
    datasets = pytest.importorskip("datasets")

    def refuse(hub_id: str) -> None:
        raise raised

    monkeypatch.setattr(hub, "hub_is_reachable", lambda: True)
    monkeypatch.setattr(datasets, "load_dataset", refuse)
    with pytest.raises(DataError, match=part):
        ingest.run(Config(data=DataConfig(path="a/b")), run_dir)
    assert not run_dir.root.exists()
