"""`sumtune plan` on a tiny model, with a simulated bank."""

import io
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import small_runs
import tiny
from simulated_bank import simulated_bank

from sumtune.commands import plan as command
from sumtune.commands.plan import make_plan, show_plan
from sumtune.config import Config
from sumtune.config_resolution import resolve
from sumtune.errors import ConfigError
from sumtune.forecast import expected_scores, pilot, score_forecast
from sumtune.forecast.run_plan import RunPlan
from sumtune.terminal.console import plain_console


@pytest.fixture(scope="module")
def place(tiny_models: dict[str, Path], tmp_path_factory: pytest.TempPathFactory, module_cache: Path) -> Path:
    """A folder with data; the module shares a cache, so that times are measured once."""
    folder = tmp_path_factory.mktemp("plan")
    tiny.write_jsonl(folder / "chats.jsonl", 60)
    shutil.copytree(tiny_models["gemma"], folder / "model")
    return folder


@pytest.fixture
def here(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(place)
    for module in (pilot, expected_scores, command):
        monkeypatch.setattr(module, "DEPTHS", (1, 2))
    monkeypatch.setattr(score_forecast, "FEWEST_STEPS", 1)
    return place


def config(preset: str = "quality") -> Config:
    return resolve(preset, overrides=small_runs.SETTINGS | {"model.name": "./model"})


def plan_of(quick: bool = False, presets: tuple[str, ...] = ("quality",)) -> RunPlan:
    return make_plan([config(name) for name in presets], small_runs.console(), quick=quick, history=False)


def test_a_plan_leaves_nothing_in_the_folder(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "bank_of", lambda **_: simulated_bank("./model"))
    before = small_runs.snapshot(here)
    plan = plan_of()
    assert small_runs.snapshot(here) == before
    assert plan.counts == {"train": 48, "validation": 6, "test": 6}
    assert (plan.scored, plan.pilot_steps) == (6, 2)
    for preset in plan.presets:
        assert preset.training_s is not None
        assert preset.training_s > 0
        assert preset.evaluation_s is not None
        assert preset.peak_memory_bytes is not None


def test_no_score_is_promised_for_an_unknown_model(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = io.StringIO()
    show_plan([config()], plain_console(file=out, width=140), quick=True, as_json=False, history=False)
    text = out.getvalue()
    assert text.count("not known") == 5
    assert "too few finished runs with this base model" in text
    assert "would add" not in text
    assert "lead-3" in text
    assert "longest-3" in text
    assert "ROUGE-Lsum (80%)" in text


@pytest.mark.parametrize("quick", [False, True])
def test_no_interval_is_cut_off_in_a_terminal_of_80_columns(
    here: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    monkeypatch.setattr(command, "bank_of", lambda **_: simulated_bank("./model"))
    out = io.StringIO()
    show_plan([config()], plain_console(file=out, width=80), quick=quick, as_json=False, history=False)
    text = out.getvalue()
    (row,) = (line for line in text.splitlines() if line.startswith("quality"))
    assert len(re.findall(r"\d\.\d\d–\d\.\d\d", row)) == 4
    assert "…" not in text.partition("preset")[2]
    assert ("memory" in text) is not quick


def test_intervals_are_shown_where_the_bank_knows_such_runs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "bank_of", lambda **_: simulated_bank("./model"))
    slow, quick = plan_of(), plan_of(quick=True)
    for plan in (slow, quick):  # the pilot of an earlier plan is in the cache
        (preset,) = plan.presets
        assert preset.scores.unknown == ""
        assert set(preset.scores.scores) == {"rouge1", "rouge2", "rougeL", "rougeLsum"}
        assert all(one.low <= one.mean <= one.high for one in preset.scores.scores.values())
        assert preset.scores.depth == 2
        assert plan.more_data is not None
        assert plan.more_data.gain.mean > 0
    assert quick.presets[0].training_s is None


def test_no_pilot_is_made_for_nothing(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected_scores, "_cache", lambda *_: Unused())
    monkeypatch.setattr(expected_scores, "_pilot", lambda *_: pytest.fail("the bank knows no such runs"))
    assert plan_of().pilot_steps is None


def test_a_plan_without_time_for_a_pilot_says_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "bank_of", lambda **_: simulated_bank("./model"))
    monkeypatch.setattr(command, "SUMMARIES_S", 1e9)
    monkeypatch.setattr(expected_scores, "_cache", lambda *_: Unused())
    out = io.StringIO()
    show_plan([config()], plain_console(file=out, width=140), quick=False, as_json=False, history=False)
    assert "no time for a short training" in out.getvalue()
    assert "--quick" not in out.getvalue()


def test_runs_without_a_pilot_serve_a_plan_with_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [replace(row, figures={k: v for k, v in row.figures.items() if "pilot" not in k})
            for row in simulated_bank("./model")]  # fmt: skip
    monkeypatch.setattr(command, "bank_of", lambda **_: rows)
    (preset,) = plan_of().presets
    assert preset.scores.scores
    assert preset.scores.depth is None


class Unused:
    """A cache that knows nothing."""

    def read(self) -> None:
        return None

    def write(self, numbers: dict[str, float]) -> None:
        pass


def test_json_goes_alone_to_standard_output(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_plan([config()], plain_console(stderr=True), quick=True, as_json=True, history=False)
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"train": 48, "validation": 6, "test": 6}
    assert found["baselines"]["lead-3"]["rouge1"] > 0
    assert found["presets"][0]["scores"]["unknown"]


def test_a_plan_says_what_fits_into_a_time(here: Path) -> None:
    within = config().model_copy(update={"train": config().train.model_copy(update={"within": 120.0})})
    out = io.StringIO()
    show_plan([within], plain_console(file=out, width=140), quick=False, as_json=False, history=False)
    assert "CHOSEN TO END WITHIN 2 min:" in out.getvalue()
    assert "more is not expected to raise the score, so the run ends early" in out.getvalue()
    with pytest.raises(ConfigError, match="leave out --quick"):
        make_plan([within], small_runs.console(), quick=True, history=False)
