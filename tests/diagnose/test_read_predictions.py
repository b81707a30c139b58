import csv
import json
import random

import planted
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from sumtune import cli
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.errors import DataError, RunDirError

OUTPUTS = planted.outputs(40)
ROWS = [
    {"id": name, "dialogue": dialogue, "prediction": prediction, "reference": references[0]}
    for name, dialogue, prediction, references in zip(
        OUTPUTS.ids, OUTPUTS.dialogues, OUTPUTS.predictions, OUTPUTS.references, strict=True
    )
]


def write(path, rows):
    """`rows` in the format that the suffix of `path` names."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
    return path


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_every_format_gives_the_same_outputs(tmp_path, suffix):
    assert read_predictions(write(tmp_path / f"outputs{suffix}", ROWS)) == OUTPUTS


def test_other_names_are_known_or_given(tmp_path):
    rows = [{"Model_Summaries": row["prediction"], "original_summaries": row["reference"]} for row in ROWS]
    outputs = read_predictions(write(tmp_path / "guide.csv", rows))
    assert outputs.predictions == OUTPUTS.predictions
    assert outputs.dialogues is None
    renamed = [{"x": row["prediction"], "y": row["reference"], "z": row["dialogue"]} for row in ROWS]
    given = read_predictions(write(tmp_path / "own.jsonl", renamed), "x", "y", "z")
    assert (given.predictions, given.references, given.dialogues) == (
        OUTPUTS.predictions,
        OUTPUTS.references,
        OUTPUTS.dialogues,
    )


def test_several_references_and_turns_as_lists_are_read(tmp_path):
    row = {
        "prediction": "Ann pays.",
        "references": ["Ann pays.", "Ann will pay."],
        "dialogue": [{"speaker": "Ann", "text": "I pay."}, {"speaker": "Bob", "text": "Thanks."}],
    }
    outputs = read_predictions(write(tmp_path / "several.jsonl", [row]))
    assert outputs.references == (("Ann pays.", "Ann will pay."),)
    assert outputs.dialogues == ("Ann: I pay.\nBob: Thanks.",)


def test_our_own_predictions_are_read_as_those_of_the_tuned_system(tmp_path):
    examples = planted.CORPUS[:20]
    texts = [planted.written(example) for example in examples]
    run_dir = planted.make_run(tmp_path / "run", train=examples, scored=examples, predictions=texts, base=["x"] * 20)
    assert read_predictions(run_dir.evaluation / "predictions.jsonl").predictions == tuple(texts)


def test_white_space_of_a_prediction_stays_for_it_may_be_the_fault(tmp_path):
    row = {"prediction": "  A   b ", "reference": "A b"}
    assert read_predictions(write(tmp_path / "spaces.jsonl", [row])).predictions == ("  A   b ",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"text": "x", "summary": "y"}], "no prediction column"),
        ([{"prediction": "x"}], "no reference column"),
        ([{"prediction": "x", "reference": ""}], ":1: there is no reference"),
        ([{"prediction": 3.5, "reference": "y"}], ":1: the prediction is not text"),
    ],
)
def test_what_is_missing_is_said_with_file_and_row(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        read_predictions(write(tmp_path / "bad.jsonl", rows))
    with pytest.raises(DataError, match=r"--prediction-column NAME|row|column"):
        read_predictions(write(tmp_path / "bad.jsonl", rows), "nothing")


def test_the_command_names_the_damage_with_evidence_and_remedy(tmp_path):
    damaged = [row | {"prediction": row["prediction"].replace("", " ")} for row in ROWS]
    result = CliRunner().invoke(cli.app, ["diagnose", str(write(tmp_path / "d.csv", damaged))])
    assert result.exit_code == 0
    first = result.output.index("1. All predictions have a space after each character")
    assert "explains" in result.output[first:]
    assert "Remedy:" in result.output[first:]
    assert "lead-3" in result.output[:first]


def test_the_command_says_that_there_is_no_fault(tmp_path):
    shuffled = random.Random(1).sample(ROWS, 30)
    result = CliRunner().invoke(cli.app, ["diagnose", str(write(tmp_path / "clean.json", shuffled))])
    assert "No fault was found." in result.output
    assert "\n1. " not in result.output


def test_an_empty_folder_has_nothing_to_diagnose(tmp_path):
    result = CliRunner().invoke(cli.app, ["diagnose", "--run-dir", str(tmp_path)])
    assert isinstance(result.exception, RunDirError)
    assert "a FILE of predictions" in str(result.exception)


def test_escape_sequences_of_a_prediction_do_not_reach_the_terminal(tmp_path):
    damaged = [row | {"prediction": "\x1b[2J " + row["prediction"].replace("", " ")} for row in ROWS]
    result = CliRunner().invoke(cli.app, ["diagnose", str(write(tmp_path / "e.jsonl", damaged))])
    assert "characters_separated" in result.output
    assert "\x1b" not in result.output


def test_a_guessed_encoding_is_said(tmp_path, capsys):
    rows = [{"dialogue": "Ann: Café?\r\nZoë: ça va ", "prediction": "Über 5.", "reference": "Über 5. "}] * 3
    path = write(tmp_path / "a.csv", rows)
    path.write_bytes(path.read_text(encoding="utf-8").encode("cp1252"))
    outputs = read_predictions(path)
    assert "read as Windows-1252" in capsys.readouterr().err
    assert (outputs.predictions[0], outputs.references[0]) == ("Über 5.", ("Über 5. ",))
    assert outputs.dialogues[0] == "Ann: Café?\nZoë: ça va"
