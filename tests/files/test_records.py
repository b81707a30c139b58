"""A record comes back as it was written, or is refused in one message; no flipped bit goes unnoticed."""

import json
from pathlib import Path
from typing import Any

import pytest
from damaging import truncate
from hypothesis import given, settings
from hypothesis import strategies as st

from sumtune.errors import ModelError, RunDirError
from sumtune.files.records import FORMAT, find_record, read_record, write_record

KEYS = st.text(st.characters(codec="utf-8"), max_size=8).filter(lambda key: key not in ("format", "checksum"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(KEYS, VALUES, max_size=4))
@settings(max_examples=40)
def test_a_record_comes_back(tmp_path_factory: pytest.TempPathFactory, record: dict[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "record.json"
    write_record(path, record)
    assert read_record(path) == record
    assert json.loads(path.read_text(encoding="utf-8"))["format"] == FORMAT


def test_no_flipped_bit_changes_what_is_read(tmp_path: Path) -> None:
    path, record = tmp_path / "record.json", {"rate": 0.0003, "names": ["a", "ü"], "deep": {"n": 12}}
    write_record(path, record)
    content = path.read_bytes()
    for place in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            found = read_record(path)
        except RunDirError:
            continue
        assert record.items() <= found.items(), "only the name of the checksum or of the format may have changed"


def test_a_new_layout_or_a_record_of_the_first_releases_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    write_record(path, {"a": [1, 2]})
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8"))), encoding="utf-8")
    assert read_record(path) == {"a": [1, 2]}
    path.write_text('{"a": 1}', encoding="utf-8")
    assert read_record(path) == {"a": 1}


DAMAGED = {
    "missing": None, "empty": b"", "not JSON": b"{", "not UTF-8": b'{"a": "\xff"}', "a list": b"[1]",
    "too deep": b"[" * 100_000, "a long number": b'{"a": ' + b"9" * 5000 + b"}", "format none": b'{"format": null}',
    "format true": b'{"format": true}', "format zero": b'{"format": 0}', "checksum": b'{"checksum": "ab", "a": 1}',
    "checksum of another type": b'{"checksum": {}, "a": 1}',
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_what_is_no_record_is_one_message_with_its_path(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "record.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"(Cannot read .*|)record\.json(: No such|\.| is damaged: )"):
        read_record(path, ModelError)
    assert find_record(path) is None


def test_a_record_of_a_newer_version_is_never_taken_for_a_missing_one(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text(json.dumps({"format": FORMAT + 1, "checksum": "made in another way"}), encoding="utf-8")
    for read in (read_record, find_record):
        with pytest.raises(RunDirError, match="written by a newer version of sumtune"):
            read(path)


def test_a_torn_record_is_damaged(tmp_path: Path) -> None:
    write_record(tmp_path / "record.json", {"a": 1})
    truncate(tmp_path / "record.json")
    assert find_record(tmp_path / "record.json") is None
