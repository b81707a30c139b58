"""What is printed about one thing is in the singular, and about two in the plural."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sumtune import cli

PLURAL_OF_ONE = re.compile(
    r"(?<![\w.,])1 (?:\w+ )?(?:conversations|dialogues|examples|predictions|rows|shards|summaries)"
)
SINGULAR_OF_TWO = re.compile(r"(?<![\w.,])2 (?:conversation|dialogue|example|prediction|row|shard|summary)\b")


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("command", ["convert", "diagnose", "check"])
def test_numbers_agree_with_their_nouns(command: str, count: int, tmp_path: Path, tiny_models: dict[str, Path]) -> None:
    rows = [
        {"dialogue": f"Ann: Are you in room {row}?\nBob: Yes, I am.", "summary": f"Bob is in room {row}."}
        for row in range(count)
    ]
    if command == "diagnose":
        rows = [{"prediction": "Bob is there.", "reference": row["summary"]} for row in rows]
    source = tmp_path / "a.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = {
        "convert": [str(source), "--output", str(tmp_path / "b.jsonl")],
        "diagnose": [str(source)],
        "check": [str(source), "--model", str(tiny_models["llama"])],
    }
    result = CliRunner().invoke(cli.app, [command, *arguments[command]])
    said = " ".join(f"{result.output} {result.exception}".split())
    assert f"{count} " in said
    assert not PLURAL_OF_ONE.search(said)
    assert not SINGULAR_OF_TWO.search(said)
