"""The same conversation gives the same tokens, whichever way it is asked for: the text is made by one function."""

import csv
import gzip
import html
import io
import json
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest
import tiny
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from sumtune.commands.summarize import read_text
from sumtune.config import DataConfig
from sumtune.data.conversations import open_conversations
from sumtune.data.dialogue import DIRECTION_MARKS, LINE_BREAKS
from sumtune.data.export import read_export
from sumtune.data.ingest import check
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.errors import InputError
from sumtune.serve.chat.request import ChatRequest
from sumtune.serve.schema import SummarizeRequest
from sumtune.text.encode import Encoder
from sumtune.text.prompt import default_prompt

Turns = list[tuple[str, str]]
SUMMARY = "They talk."

words = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\n\0\x1a\ufeff\ufffe\uffff" + LINE_BREAKS + DIRECTION_MARKS)
    | st.sampled_from("aeiou \"',;:\t\\{}[]éß👋"),
    max_size=30,
)
line = words.map(str.strip).filter(bool)
conversations = st.lists(st.tuples(st.sampled_from(["Ann", "Zoë", "李"]), line), min_size=1, max_size=4)


def text_of(turns: Turns, end: str = "\n") -> str:
    return end.join(f"{name}: {text}" for name, text in turns)


def objects(turns: Turns) -> list[dict[str, str]]:
    return [{"speaker": name, "text": text} for name, text in turns]


TEXT_FILES: dict[str, Callable[[Turns], bytes]] = {
    "as it is": lambda turns: text_of(turns).encode(),
    "a line end at the end": lambda turns: (text_of(turns) + "\n").encode(),
    "Windows": lambda turns: (text_of(turns, "\r\n") + "\r\n").encode(),
    "Windows, converted twice": lambda turns: text_of(turns, "\r\r\n").encode(),
    "separators of lines": lambda turns: text_of(turns, "\u2028").encode(),
    "a word processor": lambda turns: text_of(turns, "\v").encode("utf-16"),
    "a mainframe": lambda turns: text_of(turns, "\x85").encode(),
    "the end mark of DOS": lambda turns: (text_of(turns, "\r\n") + "\r\n\x1a").encode(),
    "old Mac": lambda turns: text_of(turns, "\r").encode(),
    "byte order mark": lambda turns: text_of(turns).encode("utf-8-sig"),
    "blanks around": lambda turns: ("\n\n  " + text_of(turns, " \t \r\n") + "  \n\n").encode(),
    "marks of a messenger": lambda turns: ("\u200e" + text_of(turns, "\n\u200e")).encode(),
    "UTF-16": lambda turns: text_of(turns, "\r\n").encode("utf-16"),
    "UTF-16, other order": lambda turns: b"\xfe\xff" + text_of(turns).encode("utf-16-be"),
    "UTF-32": lambda turns: text_of(turns).encode("utf-32"),
}


def as_csv(rows: list[dict[str, Any]], delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), sink)
    return bytes(sink.getvalue().to_pybytes())


def escape(text: str) -> str:
    """Control characters as Excel writes them."""
    return ILLEGAL_CHARACTERS_RE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def as_excel(rows: list[dict[str, Any]]) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for record in [list(rows[0]), *(list(row.values()) for row in rows)]:
        book.active.append([escape(str(value)) for value in record])
    book.save(out)
    return out.getvalue()


def row(dialogue: Any, name: str = "dialogue") -> list[dict[str, Any]]:
    """Twice, so that there is something to train on."""
    return [{"id": 1, name: dialogue, "summary": SUMMARY, "prediction": SUMMARY}] * 2


def as_lines(rows: list[dict[str, Any]], **options: Any) -> bytes:
    return "".join(json.dumps(row, **options) + "\n" for row in rows).encode()


DATA_FILES: dict[str, Callable[[Turns], bytes]] = {
    "text.jsonl": lambda turns: as_lines(row(text_of(turns))),
    "windows.jsonl": lambda turns: as_lines(row(text_of(turns, " \r\n") + "\r\n"), ensure_ascii=False),
    "utf16.jsonl": lambda turns: as_lines(row(text_of(turns)), ensure_ascii=False).decode().encode("utf-16"),
    "capital.jsonl": lambda turns: as_lines(row(text_of(turns), "Dialogue")),
    "turns.jsonl": lambda turns: as_lines(row(objects(turns))),
    "lines.jsonl": lambda turns: as_lines(row(text_of(turns).split("\n"))),
    "turns.json": lambda turns: json.dumps({"data": row(objects(turns), "Conversation")}).encode(),
    "text.json": lambda turns: json.dumps(row(text_of(turns))).encode(),
    "comma.csv": lambda turns: as_csv(row(text_of(turns))),
    "windows.csv": lambda turns: as_csv(row(text_of(turns, "\r\n") + " \r\n", "Text"), ";", "utf-8-sig"),
    "excel.tsv": lambda turns: as_csv(row(text_of(turns)), "\t", "utf-16"),
    "list in a cell.csv": lambda turns: as_csv(row(json.dumps(objects(turns)))),
    "Python list in a cell.csv": lambda turns: as_csv(row(str(text_of(turns).split("\n")))),
    "excel.xlsx": lambda turns: as_excel(row(text_of(turns))),
    "packed.jsonl.gz": lambda turns: gzip.compress(as_lines(row(text_of(turns)))),
    "Slack turns.jsonl": lambda turns: as_lines(row([{"user": n, "text": t, "ts": "1.5"} for n, t in turns])),
    "text.parquet": lambda turns: as_parquet(row(text_of(turns))),
    "turns.parquet": lambda turns: as_parquet(row(objects(turns))),
}
TIME = "2024-05-01T10:00:00Z"


def cues(turns: Turns, mark: str, spoken: Callable[[str, str], str]) -> str:
    stamp = f"00:00:01{mark}000 --> 00:00:02{mark}000"
    return "\n".join(f"{n}\n{stamp}\n{spoken(name, text)}\n" for n, (name, text) in enumerate(turns, 1))


def stamped(turns: Turns, form: str) -> bytes:
    return "\r\n".join(form.format(name, text) for name, text in turns).encode()


def export(value: Any) -> bytes:
    return json.dumps(value).encode()


def openai(turns: Turns) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text_of(turns)}, {"role": "assistant", "content": SUMMARY}]}


EXPORTS: dict[str, Callable[[Turns], bytes]] = {
    "meeting.srt": lambda turns: cues(turns, ",", lambda name, text: f"{name}: {html.escape(text)}").encode(),
    "whatsapp.txt": lambda turns: stamped(turns, "[01.05.24, 10:00:00] {}: {}"),
    "android.txt": lambda turns: stamped(turns, "5/1/24, 10:00 - {}: {}"),
    "slack.json": lambda turns: export([{"user": n, "text": html.escape(t), "ts": "1.000001"} for n, t in turns]),
    "discord.json": lambda turns: export(
        {"channel": {}, "messages": [{"author": {"name": n}, "content": t, "timestamp": TIME} for n, t in turns]}
    ),
    "teams.json": lambda turns: export(
        {
            "value": [
                {
                    "from": {"user": {"displayName": n}},
                    "body": {"contentType": "text", "content": t},
                    "createdDateTime": TIME,
                }
                for n, t in turns
            ]
        }
    ),
    "zendesk.jsonl": lambda turns: as_lines(
        [{"id": 1, "comments": [{"author": n, "plain_body": t} for n, t in turns]}]
    ),
    "messages.json": lambda turns: export([{"name": "Zoe", "text": "", "at": 1}, *objects(turns)]),
    "openai.jsonl": lambda turns: as_lines([openai(turns)] * 2),
    "prompts.jsonl": lambda turns: as_lines([{"prompt": text_of(turns), "completion": SUMMARY}] * 2),
    "qmsum.json": lambda turns: export({"meeting_transcripts": [{"speaker": n, "content": t} for n, t in turns]}),
    "mediasum.json": lambda turns: export([{"utt": [t for _, t in turns], "speaker": [n for n, _ in turns]}]),
}
REQUESTS: dict[str, Callable[[Turns], Any]] = {
    "text": text_of,
    "Windows": lambda turns: text_of(turns, "\r\n") + "\r\n ",
    "list of texts": lambda turns: [text_of(turns)],
    "turns": objects,
    "list of turns": lambda turns: [objects(turns)],
    "list of lines": lambda turns: [text_of(turns).split("\n")],
}


def texts_of(turns: Turns, folder: Path) -> dict[str, str]:
    """The text of the conversation by the way in which it was asked for."""
    found = {}
    for name, write in TEXT_FILES.items():
        (folder / "chat.txt").write_bytes(write(turns))
        found[name] = read_text(folder / "chat.txt")
    for name, write in DATA_FILES.items():
        path = folder / name
        path.write_bytes(write(turns))
        (trained,) = {
            example.dialogue for same in check(DataConfig(path=str(path))).examples.values() for example in same
        }
        (used,) = {conversation.dialogue for conversation in open_conversations(path)}
        found |= {f"{name} in training": trained, f"{name} in use": used}
        (diagnosed,) = set(read_predictions(path).dialogues or ())
        found[f"{name} in diagnosis"] = diagnosed
    for name, write in EXPORTS.items():
        if name == "meeting.srt" and any(one == other for (one, _), (other, _) in pairwise(turns)):
            continue  # captions of one speaker in a row are one turn
        path = folder / name
        path.write_bytes(write(turns))
        (found[f"{name} in use"],) = {conversation.dialogue for conversation in open_conversations(path)}
        (found[f"{name} converted"],) = {row["dialogue"] for row in read_export(path).rows}
        if path.suffix in (".srt", ".txt"):
            found[f"{name} as a text"] = read_text(path)
    for name, form in REQUESTS.items():
        (found[f"{name} in a request"],) = SummarizeRequest(dialogues=form(turns)).as_list()
    for end in ("\n", " \r\n"):
        message = {"role": "user", "content": text_of(turns, end) + end}
        found[f"chat message {end!r}"] = ChatRequest.model_validate({"model": "tuned", "messages": [message]}).dialogue
    return found


ENCODERS = [
    Encoder(tiny.tokenizer(is_t5=both), default_prompt(both, "t5" if both else "gemma", 512, 64), both)
    for both in (False, True)
]


@settings(max_examples=12, deadline=None)
@given(conversations)
def test_the_same_conversation_gives_the_same_tokens(turns: Turns) -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = texts_of(turns, Path(folder))
    assert found == dict.fromkeys(found, found["text.jsonl in training"])
    for encoder in ENCODERS:
        assert len({encoder.source(text) for text in found.values()}) == 1


western = st.lists(
    st.sampled_from(["well", "“fine”", "über", "„Spaß“", "5 €…", "ça", "then", "and"]), min_size=1, max_size=8
)


def many_accents(text: str) -> bool:
    return sum(not letter.isascii() for letter in text) > len(text) / 5


def utf_8_by_chance(text: str) -> bool:
    """Whether at least half of the characters beyond ASCII are UTF-8, as `ß“` is."""
    read = text.encode("cp1252").decode("utf-8", "replace")
    beyond = [character for character in read if not character.isascii()]
    return beyond.count("\ufffd") <= len(beyond) / 2


@settings(max_examples=40, deadline=None)
@example([("Ann", "well „Spaß“")])
@given(st.lists(st.tuples(st.sampled_from(["Ann", "Zoë"]), western.map(" ".join)), min_size=1))
def test_windows_1252_is_read_as_the_same_text_or_not_at_all(turns: Turns) -> None:
    text = text_of(turns)
    with tempfile.TemporaryDirectory() as folder:
        chat, data = Path(folder) / "chat.txt", Path(folder) / "a.jsonl"
        chat.write_bytes(text_of(turns, "\r\n").encode("cp1252"))
        data.write_bytes(as_lines(row(text), ensure_ascii=False).decode().encode("cp1252"))
        try:
            found = read_text(chat)
        except InputError:
            assert many_accents(text) or utf_8_by_chance(text)
            return
        assert found == text
        assert {conversation.dialogue for conversation in open_conversations(data)} == {text}


def test_a_guessed_encoding_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "chat.txt").write_bytes("Ann: Café at 5?\nBob: Yes".encode("cp1252"))
    assert read_text(tmp_path / "chat.txt") == "Ann: Café at 5?\nBob: Yes"
    assert "chat.txt: it is not UTF-8 and was read as Windows-1252" in capsys.readouterr().err
