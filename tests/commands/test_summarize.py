"""`sumtune summarize`: text in, summary out; nothing half-written."""

import io
import json
import sys
import tracemalloc
from types import SimpleNamespace

import pytest

from sumtune.commands.summarize import read_text, summarize_file, summarize_text
from sumtune.decode.build import TunedModel
from sumtune.errors import DataError, InputError, RunDirError
from sumtune.files.run_dir import RunDir
from sumtune.summarizer import Completion

MAX_SOURCE_TOKENS = 20


class Counting:
    """Summarizes by numbering; remembers how many dialogues each call had."""

    engine, decoding = "fake", {}
    setup_s = 0.0

    def __init__(self):
        self.sizes = []

    def summarize(self, dialogues, progress=None, **_options):
        self.sizes.append(len(dialogues))
        if progress is not None:
            progress(len(dialogues))
        return [Completion(f"About {text.splitlines()[0]}", 3, False) for text in dialogues]


@pytest.fixture
def summarizer(monkeypatch, request):
    """Reads a dialogue up to its 20th word, and truncates longer ones unless the test asks for `parts`."""
    fake, long = Counting(), getattr(request, "param", "truncate")
    tuned = TunedModel(fake, lambda texts: [len(text.split()) for text in texts], MAX_SOURCE_TOKENS, long, "Tiny")
    monkeypatch.setattr("sumtune.commands.summarize.load_tuned", lambda _adapter, _beams: tuned)
    return fake


@pytest.fixture
def run_dir(tmp_path):
    run_dir = RunDir(tmp_path / "artifacts")
    run_dir.adapter.mkdir(parents=True)
    return run_dir


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def standard_input(monkeypatch, content):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_file_and_standard_input_are_read_alike(folder, monkeypatch, mark):
    content = mark + "Zoë: Hi\nBen: 👋".encode()
    (folder / "chat.txt").write_bytes(content)
    standard_input(monkeypatch, content)
    assert read_text(folder / "chat.txt") == read_text(None) == "Zoë: Hi\nBen: 👋"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\t\n", "empty"),
        ("\ufeff\0".encode("utf-16"), "empty"),
        ("Zoë: ".encode() + b"\xff", "not UTF-8 text"),
        (b"Ann: never in Windows-1252: \x81", "not UTF-8 text"),
        ("Аня: привет".encode("cp1251"), "not UTF-8 text"),
        ("Ann: Hi".encode("utf-16")[:-1], "not valid utf-16-le text"),
    ],
)
def test_unusable_text_is_an_error_that_names_the_source(folder, monkeypatch, content, message):
    (folder / "chat.txt").write_bytes(content)
    standard_input(monkeypatch, content)
    with pytest.raises(InputError, match=rf"chat.txt is {message}"):
        read_text(folder / "chat.txt")
    with pytest.raises(InputError, match=r"standard input"):
        read_text(None)


def test_a_missing_file_and_a_folder_are_errors(folder):
    with pytest.raises(InputError, match="No such file"):
        read_text(folder / "none.txt")
    with pytest.raises(InputError, match="directory"):
        read_text(folder)


def test_one_text_gives_its_summary(summarizer, run_dir):
    assert summarize_text("Ann: Hi", run_dir) == "About Ann: Hi"


def test_only_a_text_that_is_cut_is_warned_of(summarizer, run_dir, capsys):
    summarize_text("a " * MAX_SOURCE_TOKENS, run_dir)
    assert capsys.readouterr().err == ""
    summarize_text("a " * (MAX_SOURCE_TOKENS + 1), run_dir)
    assert "has 21 tokens; only the first 20 are read" in capsys.readouterr().err


def test_a_damaged_record_of_the_run_is_a_note_because_the_adapter_does_not_need_it(summarizer, run_dir, capsys):
    run_dir.run_json.write_text("{", encoding="utf-8")
    assert summarize_text("Ann: Hi", run_dir) == "About Ann: Hi"
    (note,) = capsys.readouterr().err.splitlines()
    assert note == f"Note: {run_dir.run_json} cannot be read or is damaged; the adapter does not depend on it."


@pytest.mark.parametrize("summarizer", ["parts"], indirect=True)
def test_progress_counts_the_parts_of_a_long_dialogue(summarizer, run_dir, capsys):
    long = "\n".join(f"Ann: number {number}" for number in range(20))
    summarize_text(long, run_dir)
    first, *shown = capsys.readouterr().err.splitlines()
    assert "read in parts" in first
    assert shown == ["Summarizing: 0/1 (83%)", "Summarizing: 1/1 (100%)"]


@pytest.mark.parametrize("summarizer", ["parts"], indirect=True)
def test_a_long_dialogue_is_read_in_parts_and_the_answer_says_so(summarizer, run_dir, folder, capsys):
    long = "\n".join(f"Ann: number {number}" for number in range(20))
    source = write_lines(folder / "in.jsonl", [{"text": "Ann: Hi"}, {"text": long}])
    summarize_file(source, folder / "out.jsonl", run_dir)
    said = capsys.readouterr().err
    assert "Note: in.jsonl:2 has 60 tokens and is read in parts of up to 20." in said
    assert "Note: 1 of 2 dialogues with more than the 20 tokens that are read at once: they are read in parts." in said
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[0]["read"] == "whole"
    assert rows[1]["read"].startswith("parts (")


def test_without_an_adapter_the_command_that_makes_one_is_named(tmp_path):
    with pytest.raises(RunDirError, match="sumtune run"):
        summarize_text("Ann: Hi", RunDir(tmp_path))


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def read_lines(path):
    """The rows of an output whose dialogues were all read whole, without the field that says so."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    assert {row.pop("read", "whole") for row in rows} == {"whole"}
    return rows


def test_many_keep_order_and_fields(summarizer, run_dir, folder):
    rows = [{"id": number, "dialogue": f"Ann: {number} é\u2028!", "tags": ["x"]} for number in range(150)]
    summarize_file(write_lines(folder / "in.jsonl", rows), folder / "out.jsonl", run_dir)
    assert read_lines(folder / "out.jsonl") == [row | {"summary": f"About Ann: {row['id']} é"} for row in rows]
    assert sum(summarizer.sizes) == 150
    assert max(summarizer.sizes) < 150, "memory must not grow with the file"
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("column", ["dialogue", "conversation", "text", "document"])
def test_the_dialogue_is_found_under_its_usual_names(summarizer, run_dir, folder, column):
    summarize_file(write_lines(folder / "in.jsonl", [{column: "Ann: Hi"}]), folder / "out.jsonl", run_dir)
    assert read_lines(folder / "out.jsonl") == [{column: "Ann: Hi", "summary": "About Ann: Hi"}]


TURNS = [{"speaker": "Ann", "text": "Hi"}, {"speaker": "Zoë", "text": "Yo"}]
CHAT = "Ann: Hi\nZoë: Yo"
FORMS = {
    "capital.jsonl": json.dumps({"Dialogue": CHAT}).encode(),
    "windows.jsonl": json.dumps({"dialogue": CHAT.replace("\n", " \r\n") + "\r\n"}).encode(),
    "turns.jsonl": json.dumps({"conversation": TURNS}).encode(),
    "utf16.jsonl": json.dumps({"dialogue": CHAT}, ensure_ascii=False).encode("utf-16"),
    "cp1252.jsonl": json.dumps({"dialogue": CHAT}, ensure_ascii=False).encode("cp1252"),
    "list.json": json.dumps([{"id": 1, "dialogue": CHAT}], indent=1).encode(),
    "splits.json": json.dumps({"test": [{"dialogue": TURNS}]}).encode(),
    "new.csv": f'id,Text\r\n1,"{CHAT}"\r\n'.encode(),
    "excel.csv": f'Nr;Transcript\r\n1;"{CHAT}"\r\n'.encode("utf-8-sig"),
    "german.csv": f'Nr;Dialogue\r\n1;"{CHAT}"\r\n'.encode("cp1252"),
    "unicode.tsv": f'Nr\tDialogue\r\n1\t"{CHAT}"\r\n'.encode("utf-16"),
}


@pytest.mark.parametrize("name", FORMS)
def test_what_training_reads_is_summarized(summarizer, run_dir, folder, monkeypatch, name):
    heard = []
    monkeypatch.setattr(
        summarizer, "summarize", lambda texts, **_options: heard.extend(texts) or [Completion("S", 1, False)]
    )
    (folder / name).write_bytes(FORMS[name])
    summarize_file(folder / name, folder / "out.jsonl", run_dir)
    (row,) = read_lines(folder / "out.jsonl")
    assert row["summary"] == "S"
    assert heard == [CHAT]


def test_parquet_keeps_every_value_that_json_can_hold(summarizer, run_dir, folder):
    import datetime

    import pyarrow
    import pyarrow.parquet

    row = {"dialogue": TURNS, "score": 0.5, "none": float("nan"), "day": datetime.date(2024, 2, 29), "picture": b"\xff"}
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([row]), folder / "a.parquet")
    summarize_file(folder / "a.parquet", folder / "out.jsonl", run_dir)
    assert read_lines(folder / "out.jsonl") == [
        {"dialogue": TURNS, "score": 0.5, "none": None, "day": "2024-02-29", "summary": "About Ann: Hi"}
    ]


def test_not_a_number_becomes_null_so_that_the_output_is_json(summarizer, run_dir, folder):
    source = folder / "in.jsonl"
    source.write_text('{"text": "Ann: 1", "score": NaN, "scores": [Infinity, 1e999, 2]}\n', encoding="utf-8")
    summarize_file(source, folder / "out.jsonl", run_dir)

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    written = json.loads((folder / "out.jsonl").read_text(encoding="utf-8"), parse_constant=refuse)
    assert written == {
        "text": "Ann: 1",
        "score": None,
        "scores": [None, None, 2],
        "summary": "About Ann: 1",
        "read": "whole",
    }


def test_the_dialogue_column_is_the_given_one_else_that_of_training_else_a_known_one(summarizer, run_dir, folder):
    source, target = write_lines(folder / "in.jsonl", [{"text": "A", "notes": "B", "chat": "C"}]), folder / "out.jsonl"

    def heard(**options):
        summarize_file(source, target, run_dir, **options)
        return read_lines(target)[0]["summary"]

    assert heard() == "About A"
    run_dir.run_json.write_text(json.dumps({"config": {"data": {"dialogue_column": "Notes"}}}), encoding="utf-8")
    assert heard() == "About B"
    assert heard(dialogue_column="chat") == "About C"
    write_lines(source, [{"text": "A"}])
    assert heard() == "About A"
    with pytest.raises(DataError, match=r"no column 'chat'.*--dialogue-column"):
        heard(dialogue_column="chat")


def test_every_dialogue_that_is_cut_is_counted_and_the_first_are_named(summarizer, run_dir, folder, capsys):
    long = "a " * (MAX_SOURCE_TOKENS + 1)
    rows = [{"text": long if number % 3 == 1 else "a " * MAX_SOURCE_TOKENS} for number in range(200)]
    summarize_file(write_lines(folder / "in.jsonl", rows), folder / "out.jsonl", run_dir)
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if "only the first" in line] == [
        f"Warning: in.jsonl:{row} has 21 tokens; only the first 20 are read." for row in (2, 5, 8, 11, 14)
    ]
    (total,) = (line for line in said if " of 200 dialogues with more" in line)
    assert total.startswith("Warning: 67 of 200 dialogues with more than the 20 tokens that are read at once")
    assert len([line for line in said if not line.startswith("Summarizing: ")]) == 7
    write_lines(folder / "in.jsonl", [{"text": "a " * MAX_SOURCE_TOKENS}])
    summarize_file(folder / "in.jsonl", folder / "out.jsonl", run_dir)
    assert "Warning" not in capsys.readouterr().err


def test_two_at_once_give_one_whole_file_and_one_refusal(summarizer, run_dir, folder, monkeypatch):
    source, target = write_lines(folder / "in.jsonl", numbered(200)), folder / "out.jsonl"
    refusals = []

    def meanwhile(dialogues, **_options):
        if not refusals:
            with pytest.raises(InputError) as refused:
                summarize_file(source, target, run_dir)
            refusals.append(str(refused.value))
        return Counting.summarize(summarizer, dialogues)

    monkeypatch.setattr(summarizer, "summarize", meanwhile, raising=False)
    summarize_file(source, target, run_dir)
    assert "is being written by another process" in refusals[0]
    assert read_lines(target) == [row | {"summary": f"About {row['text']}"} for row in numbered(200)]
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_an_input_that_changes_meanwhile_does_not_become_the_output(summarizer, run_dir, folder, monkeypatch):
    rows = [row | {"more": "x" * 1000} for row in numbered(200)]
    source, target = write_lines(folder / "in.jsonl", rows), folder / "out.jsonl"

    def shorten(dialogues, **_options):
        write_lines(source, rows[:70])
        return Counting.summarize(summarizer, dialogues)

    monkeypatch.setattr(summarizer, "summarize", shorten, raising=False)
    with pytest.raises((InputError, DataError), match=r"in.jsonl:72: .* not JSON|expected 200: it or the input was"):
        summarize_file(source, target, run_dir)
    assert not target.exists()


def test_blank_lines_are_passed_over_and_counted(summarizer, run_dir, folder):
    source = folder / "in.jsonl"
    source.write_text('\n{"text": "Ann: 1"}\n  \n{"text": "Ann: 2"}\n\n', encoding="utf-8")
    summarize_file(source, folder / "out.jsonl", run_dir)
    assert [row["summary"] for row in read_lines(folder / "out.jsonl")] == ["About Ann: 1", "About Ann: 2"]
    source.write_text('\n{"text": "Ann: 1"}\n\nnot json\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"in.jsonl:4: .* not JSON"):
        summarize_file(source, folder / "out.jsonl", run_dir)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b"{}",
        b'{"text": 7}',
        b'{"text": "  "}',
        b'{"other": "Ann: Hi"}',
        b'{"text": "\\ud800"}',
        b"\xff",
    ],
    ids=str,
)
def test_a_bad_line_is_named_before_anything_is_summarized_or_written(summarizer, run_dir, folder, line):
    source = folder / "in.jsonl"
    source.write_bytes(b'{"text": "Ann: swordfish"}\n' * 100 + line + b"\n")
    with pytest.raises(DataError, match=r"in.jsonl:101: |in.jsonl is not UTF-8") as caught:
        summarize_file(source, folder / "out.jsonl", run_dir)
    assert "swordfish" not in str(caught.value)
    assert list(folder.iterdir()) == [source]
    assert summarizer.sizes == []


def stop_after(summarizer, monkeypatch, calls, error):
    """Makes the summarizer fail at the call after so many."""

    def fail(dialogues, **_options):
        if len(summarizer.sizes) == calls:
            raise error
        return Counting.summarize(summarizer, dialogues)

    monkeypatch.setattr(summarizer, "summarize", fail, raising=False)


def numbered(count):
    return [{"text": f"Ann: {number}"} for number in range(count)]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("planted")], ids=["interrupt", "crash"])
def test_an_interrupted_file_is_gone_on_with_and_the_old_output_stays_until_then(
    summarizer, run_dir, folder, monkeypatch, capsys, error
):
    source, target = write_lines(folder / "in.jsonl", numbered(300)), folder / "out.jsonl"
    target.write_text("old\n", encoding="utf-8")
    with monkeypatch.context() as patch:
        stop_after(summarizer, patch, 2, error)
        with pytest.raises(type(error)):
            summarize_file(source, target, run_dir)
    assert target.read_text(encoding="utf-8") == "old\n"
    (part,) = (path for path in folder.iterdir() if path.name.startswith(".out.jsonl."))
    with part.open("ab") as file:
        file.write(b'{"text": "Ann: 128", "summ')  # as a crash in the middle of a line leaves it
    first = sum(summarizer.sizes)
    assert 0 < first < 300

    summarize_file(source, target, run_dir)
    assert sum(summarizer.sizes) == 300, "what was done is not done again"
    assert read_lines(target) == [row | {"summary": f"About {row['text']}"} for row in numbered(300)]
    assert f"Continuing after {first} of 300" in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]


@pytest.mark.parametrize("change", ["input", "adapter", "beams"])
def test_what_another_input_or_model_left_is_not_gone_on_with(summarizer, run_dir, folder, monkeypatch, change):
    source, target = write_lines(folder / "in.jsonl", numbered(100)), folder / "out.jsonl"
    with monkeypatch.context() as patch:
        stop_after(summarizer, patch, 1, RuntimeError("planted"))
        with pytest.raises(RuntimeError, match="planted"):
            summarize_file(source, target, run_dir)
    if change == "input":
        write_lines(source, [{"text": "Ben: other"}, *numbered(99)])
    if change == "adapter":
        (run_dir.adapter / "adapter_model.safetensors").write_bytes(b"other")
    summarizer.sizes.clear()
    summarize_file(source, target, run_dir, beams=2 if change == "beams" else None)
    assert sum(summarizer.sizes) == 100
    assert sorted(path.name for path in folder.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_many_lines_take_no_more_memory_than_fewer(summarizer, run_dir, folder):
    def peak_bytes(lines):
        source = write_lines(folder / f"{lines}.jsonl", [{"text": "Ann: " + "hello " * 1000}] * lines)
        tracemalloc.start()
        summarize_file(source, folder / f"{lines}.out.jsonl", run_dir)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_bytes(50)
    assert peak_bytes(600) < 1.05 * peak_bytes(250)


def test_output_onto_the_input_is_refused(summarizer, run_dir, folder):
    source = write_lines(folder / "in.jsonl", [{"text": "Ann: Hi"}])
    before = source.read_bytes()
    (folder / "link.jsonl").symlink_to(source)
    (folder / "hard.jsonl").hardlink_to(source)
    for target in (source, folder / "." / "in.jsonl", folder / "link.jsonl", folder / "hard.jsonl"):
        with pytest.raises(InputError, match="another file"):
            summarize_file(source, target, run_dir)
    assert source.read_bytes() == before


def test_impossible_files_are_errors(summarizer, run_dir, folder):
    source = write_lines(folder / "in.jsonl", [{"text": "Ann: Hi"}])
    empty = write_lines(folder / "empty.jsonl", [])
    with pytest.raises(InputError, match="no folder"):
        summarize_file(source, folder / "missing" / "out.jsonl", run_dir)
    with pytest.raises(InputError, match="is empty"):
        summarize_file(empty, folder / "out.jsonl", run_dir)
    with pytest.raises(DataError, match="Cannot read"):
        summarize_file(folder / "none.jsonl", folder / "out.jsonl", run_dir)
    with pytest.raises(DataError, match="Cannot read"):
        summarize_file(folder / ("a" * 300 + ".jsonl"), folder / "out.jsonl", run_dir)
    (folder / "chats.jsonl").mkdir()
    with pytest.raises(DataError, match="is not a file"):
        summarize_file(folder / "chats.jsonl", folder / "out.jsonl", run_dir)
    (folder / "chats.jsonl").rmdir()
    (folder / "broken.csv").write_text('dialogue\nAnn: "Hi\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"broken.csv:1: .*line 2 .* has a quote inside.*none is used"):
        summarize_file(folder / "broken.csv", folder / "out.jsonl", run_dir)
    (folder / "broken.csv").unlink()
    with pytest.raises(DataError, match="Cannot read"):
        summarize_file(folder / "in.txt", folder / "out.jsonl", run_dir)
    with pytest.raises(InputError, match=r"will be JSONL: name it .*out.jsonl"):
        summarize_file(source, folder / "out.csv", run_dir)
    with pytest.raises(InputError, match="is a folder"):
        summarize_file(source, folder, run_dir)
    with pytest.raises(InputError, match="Cannot write"):
        summarize_file(source, folder / ("a" * 300), run_dir)
    assert sorted(path.name for path in folder.iterdir()) == ["empty.jsonl", "in.jsonl"]


def test_a_transcript_is_read_as_its_turns(folder):
    (folder / "meeting.vtt").write_text(
        "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi\n\n00:02.000 --> 00:03.000\n<v Bob>Yo"
    )
    assert read_text(folder / "meeting.vtt") == "Ann: Hi\nBob: Yo"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("chat.json", json.dumps([{"speaker": "Ann", "text": "Hi"}, {"speaker": "Bob", "text": "Yo"}])),
        ("chat.json", json.dumps({"dialogue": "Ann: Hi\nBob: Yo"})),
        ("chat.csv", 'dialogue\n"Ann: Hi\nBob: Yo"\n'),
        ("chat.txt", json.dumps(["Ann: Hi", "Bob: Yo"])),
    ],
)
def test_a_data_file_with_one_dialogue_is_read(name, content, folder):
    (folder / name).write_text(content)
    assert read_text(folder / name) == "Ann: Hi\nBob: Yo"


def test_what_holds_no_single_dialogue_is_answered_with_the_way_on(folder):
    (folder / "chats.csv").write_text("dialogue\nAnn: Hi\nBob: Yo\n")
    with pytest.raises(InputError, match=r"several dialogues; .* with --input and --output"):
        read_text(folder / "chats.csv")
    (folder / "talk.mp3").write_bytes(b"ID3\x04\0\0")
    with pytest.raises(DataError, match="a recording: transcribe it first"):
        read_text(folder / "talk.mp3")
