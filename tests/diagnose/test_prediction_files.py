"""The files of predictions that other tools write are read without options."""

import gzip
import json
import zipfile

import planted
import pyarrow
import pyarrow.parquet
import pytest
from typer.testing import CliRunner

from sumtune import cli
from sumtune.diagnose.prediction_files.prompts import dialogues_of_prompts
from sumtune.diagnose.read_predictions import read_predictions
from sumtune.errors import ConfigError, DataError

OUTPUTS = planted.outputs(6)
DIALOGUES, PREDICTIONS = OUTPUTS.dialogues, OUTPUTS.predictions
REFERENCES = [references[0] for references in OUTPUTS.references]
ROWS = list(zip(DIALOGUES, PREDICTIONS, REFERENCES, strict=True))
ASK = "Summarize this conversation:\n\n"


def chatml(dialogue):
    return f"<|im_start|>user\n{ASK}{dialogue}<|im_end|>\n<|im_start|>assistant\n"


def batch(number, **response):
    return {"id": f"batch_req_{number}", "custom_id": f"request-{number}", "error": None, **response}


def choice(text, **more):
    return {
        "choices": [{"index": 0, "finish_reason": "stop", **more, "message": {"role": "assistant", "content": text}}]
    }


def harness(number, dialogue, prediction, reference):
    return {
        "doc_id": number, "doc": {"dialogue": dialogue, "summary": reference}, "target": reference,
        "arguments": {"gen_args_0": {"arg_0": ASK + dialogue, "arg_1": {"until": ["\n"]}}},
        "resps": [[prediction + "\n"]], "filtered_resps": [prediction], "filter": "none", "rouge1": 0.4,
    }  # fmt: skip


JSONL = {
    "LLaMA-Factory": lambda: [{"prompt": chatml(d), "predict": p, "label": r} for d, p, r in ROWS],
    "LLaMA-Factory, special tokens dropped": lambda: [
        {"prompt": f"system\nBe brief.\nuser\n{ASK}{d}\nassistant\n", "label": r, "predict": p} for d, p, r in ROWS
    ],
    "lm-eval": lambda: [harness(number, *row) for number, row in enumerate(ROWS)],
    "lm-eval with two filters": lambda: [
        harness(number, *row) | {"filter": name, "filtered_resps": [row[1] if name == "none" else "x"]}
        for number, row in enumerate(ROWS) for name in ("none", "strip")
    ],
    "lm-eval without the dialogue": lambda: [
        harness(number, *row) | {"doc": {"q": 1}, "arguments": [[ASK + row[0], {}]]} for number, row in enumerate(ROWS)
    ],
    "vLLM": lambda: [
        {"request_id": str(n), "prompt": ASK + d, "outputs": [{"text": p, "finish_reason": "stop"}], "reference": r}
        for n, (d, p, r) in enumerate(ROWS)
    ],
    "answers of an API": lambda: [{"dialogue": d, "summary": r, "response": choice(p)} for d, p, r in ROWS],
    "TRL": lambda: [
        {"prompt": [{"role": "system", "content": "Help."}, {"role": "user", "content": ASK + d}], "completion": p,
         "ground_truth": r} for d, p, r in ROWS
    ],
    "a pipeline with a chat": lambda: [
        {"dialogue": d, "summary": [{"role": "assistant", "content": r}],
         "generated_text": [{"role": "user", "content": ASK + d}, {"role": "assistant", "content": p}]}
        for d, p, r in ROWS
    ],
    "messages in a text": lambda: [
        {"prompt": json.dumps([{"role": "user", "content": ASK + d}]), "completion": p, "target": r} for d, p, r in ROWS
    ],
    "a pipeline": lambda: [{"article": d, "highlights": r, "summary_text": p} for d, p, r in ROWS],
}  # fmt: skip
NAMES = ["id", "Prompt", "Correct Completion", "Predicted Completion (model.generate)"]
JSON = {
    "Axolotl's table in W&B": lambda: {
        "columns": NAMES,
        "data": [[n, ASK + d, r, p] for n, (d, p, r) in enumerate(ROWS)],
        "ncols": 4,
    },
    "MLflow": lambda: {"columns": ["inputs", "ground_truth", "outputs"], "data": [[ASK + d, r, p] for d, p, r in ROWS]},
    "columns": lambda: {"predictions": PREDICTIONS, "labels": REFERENCES, "dialogues": 6, "dialogue": DIALOGUES},
    "pandas": lambda: {
        name: {str(row): text for row, text in enumerate(texts)}
        for name, texts in {"generated_summary": PREDICTIONS, "summary": REFERENCES, "text": DIALOGUES}.items()
    },
}
ANSWERS = {
    "OpenAI batch": lambda n, p: batch(n, response={"status_code": 200, "body": choice(p)}),
    "OpenAI responses batch": lambda n, p: batch(n, response={"status_code": 200, "body": {"output": [
        {"type": "reasoning", "content": [{"type": "text", "text": "Hm."}]},
        {"type": "message", "content": [{"type": "output_text", "text": p}]}]}}),
    "Anthropic batch": lambda n, p: {"custom_id": f"request-{n}", "result": {"type": "succeeded", "message": {
        "role": "assistant", "content": [{"type": "text", "text": p}], "stop_reason": "end_turn"}}},
    "Gemini batch": lambda n, p: {"key": f"request-{n}", "response": {"candidates": [
        {"content": {"parts": [{"text": p}], "role": "model"}, "finishReason": "STOP"}]}},
}  # fmt: skip


def write(path, value):
    lines = "".join(json.dumps(row) + "\n" for row in value) if path.suffix == ".jsonl" else json.dumps(value)
    path.write_text(lines, encoding="utf-8")
    return path


def texts(outputs):
    return outputs.dialogues, outputs.predictions, [references[0] for references in outputs.references]


@pytest.mark.parametrize("name", [*JSONL, *JSON])
def test_a_file_with_everything_is_read(tmp_path, name):
    path = tmp_path / ("a.jsonl" if name in JSONL else "a.json")
    assert texts(read_predictions(write(path, {**JSONL, **JSON}[name]()))) == (DIALOGUES, PREDICTIONS, REFERENCES)


@pytest.mark.parametrize("name", ANSWERS)
@pytest.mark.parametrize("ids", [True, False], ids=["with ids", "in the order of their numbers"])
def test_answers_of_a_batch_in_any_order_find_their_references(tmp_path, name, ids):
    answers = [ANSWERS[name](number, prediction) for number, prediction in enumerate(PREDICTIONS)]
    path = write(tmp_path / "batch.jsonl", answers[::-1])
    rows = [{"dialogue": d, "summary": r} | ({"id": f"request-{n}"} if ids else {}) for n, (d, _, r) in enumerate(ROWS)]
    outputs = read_predictions(path, references=write(tmp_path / "test.jsonl", rows))
    assert texts(outputs) == (DIALOGUES[::-1], PREDICTIONS[::-1], REFERENCES[::-1])
    assert outputs.ids[0] == "request-5"


def test_a_failed_request_is_an_empty_prediction_and_a_cut_answer_is_known(tmp_path):
    rows = [
        batch(0, response=None) | {"error": {"code": "batch_expired"}},
        batch(1, response={"body": choice("Ann is", finish_reason="length")}),
    ]
    references = tmp_path / "r.txt"
    references.write_text("Ann pays.\nAnn is at home.\n", encoding="utf-8")
    outputs = read_predictions(write(tmp_path / "b.jsonl", rows), references=references)
    assert outputs.predictions == ("", "Ann is")
    assert read_predictions(write(tmp_path / "b.jsonl", rows[1:] * 2), references=references).cut_off == (True, True)


@pytest.mark.parametrize("suffix", ["txt", "txt.gz", "zip", "json", "pipeline.json"])
def test_predictions_alone_take_references_from_a_second_file(tmp_path, suffix):
    path, lines = tmp_path / f"generated_predictions.{suffix}", "\n".join(PREDICTIONS)
    if suffix == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("generated_predictions.txt", lines)
    elif suffix.endswith("json"):
        write(path, [{"summary_text": text} for text in PREDICTIONS] if "pipeline" in suffix else PREDICTIONS)
    else:
        path.write_bytes(gzip.compress(lines.encode()) if suffix.endswith("gz") else lines.encode())
    table = tmp_path / "test.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"dialogue": DIALOGUES, "summary": REFERENCES}), table)
    assert texts(read_predictions(path, references=table)) == (DIALOGUES, PREDICTIONS, REFERENCES)
    plain = tmp_path / "references.txt"
    plain.write_text("\n".join(REFERENCES) + "\n", encoding="utf-8")
    assert texts(read_predictions(path, references=plain)) == (None, PREDICTIONS, REFERENCES)


@pytest.mark.parametrize(
    "row",
    [
        {"summary1": "A b.", "summary2": "A c."},
        {"reference_2": "A c.", "Reference 1": "A b."},
        {"references": ["A b.", "A c."]},
        {"summary": "['A b.', 'A c.']"},
    ],
)
def test_several_references_are_a_list_or_numbered_columns_and_the_best_counts(tmp_path, row):
    outputs = read_predictions(write(tmp_path / "a.jsonl", [row | {"generated": "A c."}] * 2))
    assert outputs.references == (("A b.", "A c."),) * 2
    assert outputs.score == 1.0


def test_the_only_column_of_texts_without_a_known_name_is_the_prediction(tmp_path):
    rows = [{"id": n, "dialogue": d, "summary": r, "gpt": p, "seconds": 1.5} for n, (d, p, r) in enumerate(ROWS)]
    assert texts(read_predictions(write(tmp_path / "a.jsonl", rows))) == (DIALOGUES, PREDICTIONS, REFERENCES)


def test_what_is_missing_names_an_option_that_works(tmp_path):
    path, references = tmp_path / "a.txt", tmp_path / "r.txt"
    path.write_text("\n".join(PREDICTIONS), encoding="utf-8")
    references.write_text("\n".join(REFERENCES), encoding="utf-8")
    with pytest.raises(DataError, match="--references FILE"):
        read_predictions(path)
    assert read_predictions(path, references=references).score > 0.3
    bare = tmp_path / "no_header.csv"
    bare.write_text("".join(f"{json.dumps(p)},{json.dumps(r)}\n" for _, p, r in ROWS), encoding="utf-8")
    with pytest.raises(DataError, match="Does the first row hold the names"):
        read_predictions(bare)
    table = write(tmp_path / "a.jsonl", [{"x": p, "y": r} for _, p, r in ROWS])
    with pytest.raises(DataError, match="--prediction-column"):
        read_predictions(table)
    assert read_predictions(table, prediction="x").predictions == PREDICTIONS


def test_references_that_do_not_fit_are_refused_with_both_numbers(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("One.\nTwo.", encoding="utf-8")
    rows = [{"id": f"n{number}", "summary": "A."} for number in range(3)]
    table = write(tmp_path / "r.jsonl", rows)
    with pytest.raises(DataError, match=r"2 predictions.*3 references.*line break"):
        read_predictions(path, references=table)
    some = write(tmp_path / "p.jsonl", [{"id": "n2", "prediction": "B."}, {"id": "n9", "prediction": "C."}])
    with pytest.raises(DataError, match="Shared ids: 1\."):
        read_predictions(some, references=table)


@pytest.mark.parametrize("lost", [0, 1, 4])
def test_references_without_a_prediction_are_counted(tmp_path, capsys, lost):
    table = write(tmp_path / "r.jsonl", [{"id": f"n{row}", "summary": text} for row, text in enumerate(REFERENCES)])
    rows = [{"id": f"n{row}", "prediction": text} for row, text in enumerate(PREDICTIONS)][lost:]
    assert len(read_predictions(write(tmp_path / "p.jsonl", rows), references=table)) == len(rows)
    said = capsys.readouterr().err
    assert (
        said
        == f"Note: {table}: left unscored for lack of a prediction: {lost} of the 6 references, such as 'n0'.\n"
        * (lost > 0)
    )


@pytest.mark.parametrize(
    ("ids", "said"), [("abcdef", False), ("fedcba", False), ("abcdex", True), ("abcdee", True), ("uvwxyz", False)]
)
def test_a_note_says_that_the_order_decides_if_only_some_ids_agree(ids, said, tmp_path, capsys):
    predictions = [{"id": one, "prediction": text} for one, text in zip(ids, PREDICTIONS, strict=True)]
    references = [{"id": one, "reference": text} for one, text in zip("abcdef", REFERENCES, strict=True)]
    file = write(tmp_path / "p.jsonl", predictions)
    read_predictions(file, references=write(tmp_path / "r.jsonl", references))
    assert ("so the order of the rows decides" in capsys.readouterr().err) == said


def test_ids_that_do_not_count_the_rows_leave_the_order(tmp_path):
    rows = [
        {"id": name, "prediction": p} for name, p in zip(("812", "95", "377", "4", "59", "6"), PREDICTIONS, strict=True)
    ]
    references = tmp_path / "r.txt"
    references.write_text("\n".join(REFERENCES), encoding="utf-8")
    assert texts(read_predictions(write(tmp_path / "p.jsonl", rows), references=references))[2] == REFERENCES


@pytest.mark.parametrize(
    "template",
    [
        "<s>[INST] {} [/INST]",
        "<start_of_turn>user\n{}<end_of_turn>\n<start_of_turn>model\n",
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n",
        "Below is an instruction.\n\n### Instruction:\n{}\n\n### Response:",
        "A chat between a user and an assistant. USER: {} ASSISTANT: ",
        "Human: {}\nAssistant:",
        "{}\n\nSummary: ",
        "{}",
    ],
)
def test_the_dialogue_in_a_prompt_is_found(template):
    assert tuple(dialogues_of_prompts([template.format(ASK + dialogue) for dialogue in DIALOGUES])) == DIALOGUES


def test_options_without_a_file_and_folders_are_refused(tmp_path):
    for arguments in (
        [tmp_path],
        ["trainer_state.json"],
        ["--references", "r.txt"],
        ["a.csv", "--predictions", "b.csv"],
    ):
        result = CliRunner().invoke(cli.app, ["diagnose", *map(str, arguments)])
        assert isinstance(result.exception, ConfigError)


def test_the_command_reads_references_from_a_second_file_and_repeats_it_in_its_remedies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("\n".join(" ".join(text) for text in PREDICTIONS), encoding="utf-8")
    write(tmp_path / "test.jsonl", [{"dialogue": d, "summary": r} for d, _, r in ROWS])
    result = CliRunner().invoke(cli.app, ["diagnose", "a.txt", "--references", "test.jsonl"], catch_exceptions=False)
    assert "characters_separated" in result.output
    assert "      sumtune diagnose a.txt --references test.jsonl\n" in result.output
