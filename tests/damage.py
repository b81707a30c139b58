"""Damage to data files, and the law that what is still read of them keeps: no example that was not a row.

A byte that changes inside a text changes that text, and no format without checksums can show it. So an example must be
a row of the undamaged file, or differ from one by no more characters than the damage can account for. Rows are made
of random words, so that no other difference, such as a piece of a dialogue or a mixture of two rows, is that small.
"""

import csv
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sumtune.data.dialogue import as_text
from sumtune.data.example import Example

MARKS = (b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"{", b"[", b"}", b"\\", b"\0")
ENCODINGS = ("utf-16", "utf-32", "utf-8-sig", "cp1252")
CHARACTERS_A_BYTE = 6
"""Most characters that one byte changes: an escape that becomes text, `\\u00e9`, and blanks beside it."""
SEPARATORS = (" ", " ", " ", ", ", ' "', '" ', '", "', "; ", ". ", " é ", " 🙂 ", "\\n", " 5,5 ")
ODD = (None, 10**400, -1.5, [], {"a": [1]}, True, "\0", "", " ", "🙂", "a" * 10_000, float("nan"))
Row = dict[str, Any]
Pair = tuple[str, str]
"""Dialogue and summary."""


@dataclass(frozen=True)
class Damaged:
    """A file after damage, and what the damage can account for."""

    content: bytes
    budget: int = 0
    """Characters by which an example may differ from its row."""
    cut: bool = False
    """The end may be missing."""
    joined: bool = False
    """A stretch was taken out or repeated: two rows may have become one."""


def random_rows(count: int, chance: random.Random) -> list[Row]:
    """Rows of random words with all that CSV and JSON have to escape."""
    return [{"dialogue": _dialogue(chance), "summary": _words(chance, 12) + "."} for _ in range(count)]


def _dialogue(chance: random.Random) -> str:
    return "\n".join(f"{name}: {_words(chance, 9)}" for name in ("Ann", "Bob", "Ann")[: chance.randint(2, 3)])


def _words(chance: random.Random, count: int) -> str:
    words = ("".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(4, 8))) for _ in range(count))
    return "".join(f"{word}{chance.choice(SEPARATORS)}" for word in words) + "end"


def write(rows: Sequence[Row], suffix: str, checksums: bool = True) -> bytes:
    """`rows` as a file; `checksums` gives the pages of Parquet one each, which pyarrow does not do unasked."""
    if suffix == "parquet":
        import pyarrow
        import pyarrow.parquet

        table = pyarrow.Table.from_pylist([{key: _string(value) for key, value in row.items()} for row in rows])
        sink = pyarrow.BufferOutputStream()
        pyarrow.parquet.write_table(table, sink, write_page_checksum=checksums)
        return bytes(sink.getvalue().to_pybytes())
    if suffix in ("csv", "tsv"):
        out = io.StringIO()
        writer = csv.DictWriter(out, sorted({key for row in rows for key in row}), delimiter=",\t"[suffix == "tsv"])
        writer.writeheader()
        writer.writerows(rows)
        return out.getvalue().encode("utf-8", "replace")
    if suffix == "json":
        return json.dumps(rows).encode()
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def pairs(rows: Sequence[Row], suffix: str) -> list[Pair]:
    """Dialogue and summary of each row, as they are read of an undamaged file."""
    given = (lambda value: value) if suffix in ("json", "jsonl") else _string
    return [(as_text(given(row["dialogue"])) or "", as_text(given(row["summary"])) or "") for row in rows]


def _string(value: Any) -> str:
    return "" if value is None else str(value)


def overwrite(file: Damaged, at: int, byte: bytes) -> Damaged:
    """One byte becomes another."""
    content = file.content[:at] + byte + file.content[at + 1 :]
    return replace(file, content=content, budget=file.budget + CHARACTERS_A_BYTE)


def insert(file: Damaged, at: int, new: bytes) -> Damaged:
    """Bytes come in between."""
    content = file.content[:at] + new + file.content[at:]
    return replace(file, content=content, budget=file.budget + len(new) + CHARACTERS_A_BYTE)


def delete(file: Damaged, at: int) -> Damaged:
    """One byte is lost."""
    content = file.content[:at] + file.content[at + 1 :]
    return replace(file, content=content, budget=file.budget + CHARACTERS_A_BYTE)


def cut(file: Damaged, at: int) -> Damaged:
    """Only the first `at` bytes are left."""
    return replace(file, content=file.content[:at], cut=True)


def behead(file: Damaged, at: int) -> Damaged:
    """The first `at` bytes are lost."""
    return replace(file, content=file.content[at:])


def splice(file: Damaged, start: int, end: int) -> Damaged:
    """What stands between is lost, or repeated where `end` is before `start`."""
    return replace(file, content=file.content[:start] + file.content[end:], joined=True)


def encode_anew(file: Damaged, encoding: str) -> Damaged:
    """The text in another encoding; characters that it does not have become question marks."""
    text = file.content.decode("utf-8", "replace")
    lost = 4 * CHARACTERS_A_BYTE if encoding == "cp1252" else 0
    return replace(file, content=text.encode(encoding, "replace"), budget=file.budget + lost)


def rename(file: Damaged, name: bytes) -> Damaged:
    """The column of the dialogues has another name."""
    return replace(file, content=file.content.replace(b"dialogue", name))


def damage(content: bytes, chance: random.Random) -> Damaged:
    """`content` as it is, after one splice, or after one to three smaller faults."""
    file = Damaged(content)
    if chance.random() < 0.1:
        return file
    if chance.random() < 0.1:
        return splice(file, chance.randint(0, len(content)), chance.randint(0, len(content)))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randint(0, max(0, len(file.content) - 1))
        file = chance.choice((
            lambda file, at: overwrite(file, at, bytes([chance.randrange(256)])),
            lambda file, at: overwrite(file, at, chance.choice(MARKS)),
            lambda file, at: insert(file, at, chance.choice(MARKS)),
            lambda file, at: insert(file, at, chance.randbytes(chance.randint(1, 8))),
            lambda file, at: insert(file, at, b"\0" * chance.randint(1, 8)),
            delete, delete, cut, cut, behead,
        ))(file, chance.choice((at, at, at, at, at, at, at, 0)))  # fmt: skip
    if chance.random() < 0.1:
        file = encode_anew(file, chance.choice(ENCODINGS))
    elif chance.random() < 0.05:
        file = rename(file, chance.choice((b"summary", b"text", b"", b"Dialogue", b"chat")))
    return file


def strangers(examples: Sequence[Example], rows: Sequence[Pair], file: Damaged, suffix: str) -> list[Example]:
    """The examples that were no row of the undamaged file, even if the damage is taken into account."""
    known = set(rows)
    last = max((example.row for example in examples), default=0)
    return [
        example
        for example in examples
        if (example.dialogue, example.summary) not in known
        and not _is_near(example, rows, file.budget)
        and not (file.joined and _is_joined(example, rows))
        and not (file.cut and suffix in ("csv", "tsv") and example.row == last and _is_cut(example, rows, file.budget))
    ]


def _is_near(example: Example, rows: Sequence[Pair], budget: int) -> bool:
    """Whether the example is a row but for `budget` characters."""
    for dialogue, summary in rows:
        spent = distance(example.dialogue, dialogue, budget)
        if spent <= budget and spent + distance(example.summary, summary, budget - spent) <= budget:
            return True
    return False


def _is_cut(example: Example, rows: Sequence[Pair], budget: int) -> bool:
    """Whether the example is a row whose last field, the summary, lost its end."""
    size = len(example.summary)
    shortened = [(dialogue, summary[:size]) for dialogue, summary in rows if size < len(summary)]
    return _is_near(example, shortened, budget)


def _is_joined(example: Example, rows: Sequence[Pair]) -> bool:
    """Whether each text begins as that of one row and ends as that of one row, with at most half an escape between."""
    return all(
        _common(text, [row[part] for row in rows], 1) + _common(text, [row[part] for row in rows], -1)
        >= len(text) - CHARACTERS_A_BYTE
        for part, text in enumerate((example.dialogue, example.summary))
    )


def _common(text: str, others: Sequence[str], step: int) -> int:
    """Length of the longest beginning (or with -1 end) of `text` that one of `others` has, too."""
    return max(_same_beginning(text[::step], other[::step]) for other in others)


def _same_beginning(text: str, other: str) -> int:
    pairs = enumerate(zip(text, other, strict=False))
    return next((place for place, (one, two) in pairs if one != two), min(len(text), len(other)))


def distance(text: str, other: str, most: int) -> int:
    """Levenshtein distance of two texts, or `most + 1` where it is larger."""
    same = _same_beginning(text, other)
    text, other = text[same:][::-1], other[same:][::-1]
    same = _same_beginning(text, other)
    text, other = text[same:], other[same:]
    if abs(len(text) - len(other)) > most:
        return most + 1
    previous = {place: place for place in range(most + 1)}
    for row, letter in enumerate(text, 1):
        current: dict[int, int] = {}
        for place in range(max(0, row - most), min(len(other), row + most) + 1):
            if place == 0:
                current[0] = row
                continue
            kept = previous.get(place - 1, most + 1) + (letter != other[place - 1])
            current[place] = min(kept, previous.get(place, most + 1) + 1, current.get(place - 1, most + 1) + 1)
        if min(current.values()) > most:
            return most + 1
        previous = current
    return min(previous.get(len(other), most + 1), most + 1)
