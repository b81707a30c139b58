"""A diagnosis of texts, files and runs."""

import json
from pathlib import Path
from typing import Any

import pytest
from api_world import PAIRS, World

import sumtune
from sumtune.diagnose.diagnose_stage import diagnose_file
from sumtune.errors import ConfigError, RunDirError

REFERENCES = [f"Ann will pay {number} euros to Bob on Friday." for number in range(30)]
SPACED = [" ".join(reference) for reference in REFERENCES]
DIALOGUES = [f"Ann: How much?\nBob: {number} euros, please." for number in range(30)]


def test_texts_and_files_have_the_same_diagnosis(tmp_path: Path) -> None:
    file, other = tmp_path / "outputs.jsonl", tmp_path / "references.jsonl"
    rows = [{"prediction": text} for text in SPACED]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    pairs = zip(REFERENCES, DIALOGUES, strict=True)
    lines = (json.dumps({"reference": text, "dialogue": dialogue}) + "\n" for text, dialogue in pairs)
    other.write_text("".join(lines), encoding="utf-8")
    found = sumtune.diagnose(predictions=SPACED, references=REFERENCES, dialogues=DIALOGUES)
    of_files = sumtune.diagnose(predictions=file, references=other)
    assert found.findings[0].code == "characters_separated"
    assert [one.evidence for one in found.findings] == [one.evidence for one in of_files.findings]
    assert found.score == of_files.score
    assert diagnose_file(file, references=other).findings == of_files.findings
    assert "sumtune diagnose FILE" in str(found)


def test_a_notebook_shows_the_diagnosis_with_its_texts_escaped() -> None:
    damaged = [f"<script>alert({number})</script> {' '.join(text)}" for number, text in enumerate(REFERENCES)]
    found = sumtune.diagnose(predictions=damaged, references=REFERENCES)
    page = found._repr_html_()
    assert "<script>" in str(found)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"references": REFERENCES}, "`references` and `dialogues` need `predictions`"),
        ({"predictions": SPACED}, "`references` must be a list"),
        ({"predictions": SPACED, "references": "references.txt"}, "`references` must be a list"),
        ({"predictions": "outputs.csv", "references": REFERENCES}, "`predictions` is a file and `references` is not"),
        ({"run": "runs/chats", "training_log": "losses.csv"}, "both say how the model was trained"),
    ],
)
def test_arguments_that_contradict_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sumtune.diagnose(**arguments)


def test_a_file_in_place_of_a_run_is_answered_with_the_call_that_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "outputs.csv"
    file.write_text("prediction,reference\nA.,B.\n")
    with pytest.raises(ConfigError, match=r"outputs.csv is a file.*sumtune.diagnose\(predictions='.*outputs.csv'\)"):
        sumtune.diagnose(file)


def test_a_run_is_diagnosed_by_its_folder_or_by_itself(world: World) -> None:
    found = sumtune.diagnose(world.run)
    assert found == sumtune.diagnose("runs/chats") == world.run.diagnosis
    assert found.n == world.run.scores["tuned"].n
    known = sumtune.diagnose("runs/chats", predictions=[one for _, one in PAIRS], references=[one for _, one in PAIRS])
    assert known.score == 1.0
    with pytest.raises(RunDirError, match="holds nothing to diagnose"):
        sumtune.diagnose("runs/none")
