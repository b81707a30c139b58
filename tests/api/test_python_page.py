"""The code of docs/python.md and the files of `examples/` run as they are."""

import importlib.util
import json
import re
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from api_world import PAIRS, World

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
EXAMPLES = ROOT / "examples"


def run_script(name: str, *arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")


def test_a_gate_lets_good_predictions_pass_and_says_what_is_wrong_with_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "outputs.jsonl"
    for predictions, least in ((str, "0.4"), (" ".join, "0.0")):
        rows = ({"prediction": predictions(summary), "reference": summary} for _, summary in PAIRS)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        run_script("score_gate.py", str(file), least)
    assert "ROUGE-1 1.0000 (1.0000 to 1.0000) over 40 examples" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="1"):
        run_script("score_gate.py", str(file), "0.4")
    assert "characters_separated" in capsys.readouterr().out


def test_the_texts_of_a_folder_are_summarized(own_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("transcripts")
    folder.mkdir()
    for number, (dialogue, _) in enumerate(PAIRS[:3]):
        (folder / f"{number}.txt").write_text(dialogue, encoding="utf-8")
    run_script("summarize_folder.py", str(own_world.run.folder), "transcripts")
    assert capsys.readouterr().out.split() == [str(file) for file in sorted(folder.glob("*.summary"))]
    assert len(list(folder.glob("*.summary"))) == 3
    with pytest.raises(SystemExit, match="neither an adapter folder nor a run folder"):
        run_script("summarize_folder.py", "no/such/run", "transcripts")


@pytest.mark.e2e
def test_pairs_of_a_file_are_tuned_on(own_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    run_script("tune_pairs.py", "chats.csv", "runs/pairs")
    shown = capsys.readouterr()
    assert "compared with copying the three longest turns" in shown.out
    assert "TRAINING CONFIGURATION" in shown.err


@pytest.mark.e2e
def test_the_code_on_the_page_runs(own_world: World) -> None:
    shutil.rmtree("runs")
    blocks = BLOCK.findall((ROOT / "docs" / "python.md").read_text(encoding="utf-8"))
    assert len(blocks) > 4
    names: dict[str, Any] = {}
    for block in blocks:
        if all(importlib.util.find_spec(package) for package in re.findall(r"^import (\w+)", block, re.MULTILINE)):
            exec(block, names)
    assert names["summaries"]
