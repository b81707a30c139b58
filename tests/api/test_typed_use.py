"""The file that uses every public name is checked, complete and true."""

import tomllib
from pathlib import Path

from api_world import PAIRS, SETTINGS, World
from typed_use import use_every_name

import sumtune

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tests" / "typed_use.py"


def test_the_file_is_type_checked_and_uses_every_public_name() -> None:
    checked = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert checked["strict"]
    assert str(FILE.relative_to(ROOT).as_posix()) in checked["files"]
    source = FILE.read_text(encoding="utf-8")
    assert [name for name in sumtune.__all__ if name not in source] == []


def test_the_file_runs(world: World) -> None:
    with sumtune.Summarizer.load("runs/chats") as summarizer:
        assert use_every_name(PAIRS, Path("runs/chats"), SETTINGS) == summarizer.summarize(PAIRS[0][0])
