"""A run says beforehand what it should reach and afterwards whether it did; the pilot changes nothing in it."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import small_runs
import tiny
from simulated_bank import simulated_bank

from sumtune.commands import expectation, pipeline
from sumtune.commands.compare import compare_runs
from sumtune.files.run_dir import RunDir
from sumtune.forecast import expected_scores, finished_runs, pilot, score_forecast
from sumtune.terminal.console import plain_console

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")


@pytest.fixture(scope="module")
def places(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, module_cache: Path) -> Path:
    folder = tmp_path_factory.mktemp("expected")
    tiny.write_jsonl(folder / "chats.jsonl", 60)
    shutil.copytree(tiny_models["gemma"], folder / "model")
    return folder


@pytest.fixture(scope="module")
def run(places: Path) -> Callable[..., tuple[RunDir, str]]:
    """Run in a folder of this name; `bank` is what is known beforehand."""

    def start(
        name: str, bank: tuple[Any, ...] = (), depths: tuple[int, ...] = (), **options: Any
    ) -> tuple[RunDir, str]:
        out, run_dir = io.StringIO(), RunDir(Path(name))
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(places)
            patch.setattr(expectation, "bank_of", lambda **_: bank)
            patch.setattr(expected_scores, "DEPTHS", depths)
            patch.setattr(pilot, "DEPTHS", depths or (1, 2))
            patch.setattr(expected_scores, "PILOT_SHARE", 1.0)
            patch.setattr(score_forecast, "FEWEST_STEPS", 1)
            config = small_runs.config(evaluate__base=False, evaluate__shown_examples=0)
            pipeline.run(config, run_dir, plain_console(file=out, width=200), **options)
        return RunDir(places / name), out.getvalue()

    return start


@pytest.fixture(scope="module")
def with_pilot(run: Callable[..., tuple[RunDir, str]]) -> tuple[RunDir, str]:
    return run("pilot", simulated_bank("./model", final=0.9), (1, 2), history=False)


@pytest.fixture(scope="module")
def without(run: Callable[..., tuple[RunDir, str]], with_pilot: Any) -> tuple[RunDir, str]:
    return run("plain", history=False)


def test_a_pilot_changes_nothing_in_the_adapter_that_follows(with_pilot: Any, without: Any) -> None:
    first, second = (small_runs.snapshot(run_dir.adapter) for run_dir, _ in (with_pilot, without))
    assert with_pilot[0].record()["forecast"]["pilot_steps"] == 2
    assert without[0].record()["forecast"]["pilot_steps"] is None
    assert first["adapter_model.safetensors"] == second["adapter_model.safetensors"]
    logs = [(run_dir.trainer / "metrics.jsonl").read_text(encoding="utf-8") for run_dir, _ in (with_pilot, without)]
    assert len(logs[0].splitlines()) == len(logs[1].splitlines())


def test_a_run_shows_its_intervals_and_says_that_the_score_lies_below(with_pilot: tuple[RunDir, str]) -> None:
    run_dir, text = with_pilot
    low, high = run_dir.record()["forecast"]["expected"]["rouge1"]
    assert "EXPECTED RESULTS" in text
    assert f"ROUGE-1 {low:.2f}–{high:.2f}" in text
    assert f"is below the expected {low:.2f}–{high:.2f}" in text
    assert "score_below_expected" in run_dir.diagnosis.read_text(encoding="utf-8")


def test_the_record_has_forecast_and_actual_side_by_side(with_pilot: tuple[RunDir, str]) -> None:
    record = with_pilot[0].record()
    forecast, actual = record["forecast"], record["actual"]
    assert set(forecast["expected"]) == set(actual["scores"]) == set(METRICS)
    for name in ("training_s", "evaluation_s", "peak_memory_bytes"):
        assert forecast[name] > 0
        assert actual[name] > 0
    assert forecast["more_data"]["low"] <= forecast["more_data"]["mean"] <= forecast["more_data"]["high"]


def test_a_run_that_nothing_is_known_of_says_so(without: tuple[RunDir, str]) -> None:
    run_dir, text = without
    assert "Expected scores: not known" in text
    assert "EXPECTED RESULTS" not in text
    assert run_dir.record()["forecast"]["expected"] == {}
    assert "_expected" not in run_dir.diagnosis.read_text(encoding="utf-8")


def test_compare_shows_both(with_pilot: tuple[RunDir, str], without: tuple[RunDir, str]) -> None:
    out = io.StringIO()
    compare_runs([with_pilot[0], without[0]], plain_console(file=out, width=250))
    assert "Forecast and actual" in out.getvalue()
    assert "ROUGE-Lsum" in out.getvalue().partition("Forecast and actual")[2]


def test_only_with_history_a_run_joins_the_finished_runs(
    run: Callable[..., Any], with_pilot: Any, without: Any
) -> None:
    assert finished_runs.finished_runs() == ()
    for _ in range(2):  # the second time, everything is up to date
        run_dir, _text = run("plain", history=True)
    (row,) = finished_runs.finished_runs()
    assert row.model == finished_runs.model_key("./model")
    assert row.figures["final_rouge1"] == pytest.approx(run_dir.record()["actual"]["scores"]["rouge1"], rel=1e-4)
    assert row.figures["examples"] == 48
