"""benchmarks/bank.py makes rows of a tiny random model."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
import torch

from sumtune.forecast.score_model import has_figures

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
TINY = ("model.precision=fp32", "model.max_target_tokens=16", "decode.engine=torch", "train.learning_rate=0.01")


@pytest.fixture
def _benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)


@pytest.mark.usefixtures("_benchmarks")
def test_the_lists_are_long_enough_and_share_no_run() -> None:
    from bank_lists import BankRun, runs

    lists = {name: runs(name) for name in ("bank", "coverage")}
    keys = {name: {run.key for run in some} for name, some in lists.items()}
    assert len(keys["bank"]) == len(lists["bank"]) >= 60
    assert len(keys["coverage"]) == len(lists["coverage"]) >= 24
    assert keys["bank"].isdisjoint(keys["coverage"])
    for some in lists.values():
        assert [run.cost() for run in some] == sorted(run.cost() for run in some)
        assert [BankRun.of(run.key) for run in some] == some
    assert {run.source for run in lists["bank"]} == {"samsum", "dialogsum", "qmsum", "embedded"}


@pytest.mark.usefixtures("_benchmarks")
def test_a_row_is_made_of_numbers_and_the_same_each_time(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    from bank_lists import BankRun
    from bank_row import Place, make_row

    tiny.write_jsonl(tmp_path / "data" / "all.jsonl", 60)
    place = Place(str(tiny_models["gemma"]), "cpu", {"made": str(tmp_path / "data")}, None, 8, TINY, (1, 2))
    rows = [make_row(BankRun.of("made/24/fast/1"), place) for _ in range(2)]
    texts = [text for number in range(60) for text in tiny.conversation(number).values()]
    for row in rows:
        del row["seconds"], row["training_s"], row["evaluation_s"]
        row["pilot"]["seconds_per_step"] = 0.0
        assert not any(text in json.dumps(row) for text in texts)
    assert rows[0] == rows[1]
    (row, _) = rows
    assert (row["examples"], row["trained"], row["validation"], row["scored"]) == (24, 7, 4, 8)
    assert row["steps"] == 2
    assert [point["steps"] for point in row["pilot"]["points"]] == [1, 2]
    assert {"rouge1", "rouge2", "rougeL", "rougeLsum", "rouge1_sd"} <= row["beam_1"].keys() & row["beam_4"].keys()

    from bank_rows import bank_rows

    greedy, beams = bank_rows(row)
    assert has_figures(greedy.figures, "rouge1", None)
    assert has_figures(greedy.figures, "rouge1", 2)
    assert (greedy.figures["beams"], beams.figures["beams"]) == (1, 4)
    assert (greedy.figures["examples"], greedy.figures["all_linear"]) == (7, 0)
    assert beams.figures["final_rouge1"] == row["beam_4"]["rouge1"]


@pytest.mark.usefixtures("_benchmarks")
def test_no_example_is_in_two_splits_and_a_larger_run_contains_a_smaller_one(tmp_path: Path) -> None:
    from bank_lists import BankRun
    from bank_row import Place, chosen_examples

    tiny.write_jsonl(tmp_path / "all.jsonl", 100)
    place = Place("embedded", "cpu", {"made": str(tmp_path)}, None, 10)
    small, large = (chosen_examples(BankRun.of(f"made/{count}/quality/2"), place) for count in (40, 64))
    for splits in (small, large):
        prints = [example.fingerprint for some in splits.values() for example in some]
        assert len(prints) == len(set(prints))
    assert small["test"] == large["test"]
    short, long = (chosen_examples(BankRun.of(f"made:{half}/20/quality/2"), place) for half in ("short", "long"))
    assert max(len(one.dialogue) for one in short["train"]) <= min(len(one.dialogue) for one in long["train"])
    with pytest.raises(ValueError, match="too few"):
        chosen_examples(BankRun.of("made/90/quality/2"), place)


@pytest.mark.usefixtures("_benchmarks")
@pytest.mark.parametrize("beams", [1, 2])
def test_a_gpu_gives_the_summaries_of_the_usual_engine(
    tiny_models: dict[str, Path], tmp_path: Path, session_in, beams: int
) -> None:
    from bank_row import gpu_summarizer

    from sumtune.config import DecodeConfig
    from sumtune.forecast.session_summarizer import session_summarizer
    from sumtune.model.encode_stage import make_encoder

    session, decode = session_in(tmp_path, "gemma"), DecodeConfig(beams=beams, engine="torch")
    with torch.no_grad():
        for weight in session.master_weights.average.values():
            weight.normal_(0, 0.2, generator=torch.Generator().manual_seed(0))
    dialogues = [tiny.conversation(number)["dialogue"] for number in range(9)]
    on_gpu = gpu_summarizer(session, decode, tmp_path / "a", make_encoder(session.config.model))
    usual = session_summarizer(session, decode, tmp_path / "b")
    texts = [[one.text for one in summarizer.summarize(dialogues)] for summarizer in (on_gpu, usual)]
    assert texts[0] == texts[1]
    assert len(set(texts[0])) > 1


@pytest.mark.e2e
def test_a_stopped_command_makes_only_the_missing_rows(tiny_models: dict[str, Path], tmp_path: Path) -> None:
    tiny.write_jsonl(tmp_path / "data" / "all.jsonl", 60)
    out, keys = tmp_path / "bank.jsonl", tmp_path / "keys"
    keys.write_text("made/24/fast/0\nmade/20/fast/1\nmade/900/fast/1\n", encoding="utf-8")
    out.write_text('{"key": "made/20/fast/1"}\n{"key": "made/2', encoding="utf-8")
    options = [option for setting in TINY for option in ("--set", setting)]
    command = [sys.executable, str(BENCHMARKS / "bank.py"), "--out", str(out), "--list", str(keys), "--workers", "2"]
    done = subprocess.run(
        [*command, "--model", str(tiny_models["gemma"]), "--data", f"made={tmp_path / 'data'}", *options],
        capture_output=True, text=True, check=False, env=os.environ,
    )  # fmt: skip
    rows = [json.loads(line)["key"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert rows == ["made/20/fast/1", "made/24/fast/0"]
    assert done.returncode == 1
    assert "made/900/fast/1 failed" in done.stderr
