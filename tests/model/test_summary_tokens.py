"""The tokens of the training summaries are loaded as saved; a damaged file gives one message."""

import json
from pathlib import Path

import pytest

from sumtune.errors import ModelError
from sumtune.model.summary_tokens import SUMMARY_TOKENS, SummaryTokens


@pytest.mark.parametrize("english", [True, False])
def test_saved_tokens_are_loaded(tmp_path: Path, english: bool) -> None:
    tokens = SummaryTokens.of([(5, 3, 3), (), (9, 5)], english)
    assert tokens.ids == (3, 5, 9)
    tokens.save(tmp_path)
    assert SummaryTokens.load(tmp_path, 10) == tokens


def test_an_adapter_without_the_file_has_none(tmp_path: Path) -> None:
    assert SummaryTokens.load(tmp_path, 10) is None


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"\xff\xfe", b"null", b"{}", b'{"english": true}', b'{"english": 1, "ids": []}',
        b'{"english": true, "ids": "abc"}', b'{"english": true, "ids": ["3"]}', b'{"english": true, "ids": [1.5]}',
        b'{"english": true, "ids": [10]}', b'{"english": true, "ids": [-1]}', b'{"english": true, "ids": [1e99]}',
        b'{"english": true, "ids": [], "more": 1}', b'{"format": 999, "english": true, "ids": []}',
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / SUMMARY_TOKENS).write_bytes(content)
    with pytest.raises(ModelError, match=SUMMARY_TOKENS):
        SummaryTokens.load(tmp_path, 10)


def test_the_file_says_its_format(tmp_path: Path) -> None:
    SummaryTokens((1,), english=True).save(tmp_path)
    assert json.loads((tmp_path / SUMMARY_TOKENS).read_text())["format"] == 1
