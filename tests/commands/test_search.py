"""A search finds good settings, says honestly what it found, and loses nothing when it is stopped."""

import io
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import tiny
from ray_nodes import local_cluster

from sumtune.cli import main
from sumtune.commands import search as command
from sumtune.commands import search_folder, search_trial
from sumtune.commands.resume import require_same_settings
from sumtune.commands.search import Extent
from sumtune.commands.train import train_adapter
from sumtune.config import Config
from sumtune.config_resolution import resolve
from sumtune.errors import ConfigError, DataError, RunDirError, SumtuneError
from sumtune.files.locking import is_locked
from sumtune.files.records import write_record
from sumtune.files.run_dir import RunDir
from sumtune.search.study import open_study
from sumtune.terminal.console import plain_console
from sumtune.train.event_log import append_event

SPACE = "train.learning_rate: {low: 1.0e-4, high: 1.0e-1, log: true}\nlora.rank: [2, 4, 8]\n"
TRIALS = 4
Score = Callable[[Config], float]


def best_near_a_hundredth(config: Config) -> float:
    return 0.5 - abs(config.train.learning_rate - 0.01) - 0.001 * config.lora.rank


@pytest.fixture
def scores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tiny_models: dict[str, Path]) -> dict[str, Any]:
    """What replaces training: `score` from settings to score; `runs` and `final` are what was scored and trained."""
    monkeypatch.chdir(tmp_path)
    tiny.write_jsonl(Path("chats.jsonl"), 80)
    Path("space.yaml").write_text(SPACE)
    state: dict[str, Any] = {"score": best_near_a_hundredth, "runs": [], "final": None, "model": tiny_models["gemma"]}

    def scored(config: Config, run_dir: RunDir, _watch: Any) -> float:
        state["runs"].append(run_dir.root.name)
        return float(state["score"](config))

    def run(config: Config, run_dir: RunDir, _console: Any) -> None:
        state["final"] = config, run_dir.root

    monkeypatch.setattr(search_trial, "_score", scored)
    monkeypatch.setattr(command, "_on_fresh_examples", lambda *_: None)
    monkeypatch.setattr(command.pipeline, "run", run)
    return state


def search(
    scores: dict[str, Any], trials: int = TRIALS, root: str = "search", extent: Extent | None = None, **changed: Any
) -> str:
    settings = {"data.path": "chats.jsonl", "model.name": str(scores["model"]), "model.precision": "fp32"}
    out = io.StringIO()
    preset, chosen = changed.pop("preset", None), {key.replace("__", "."): value for key, value in changed.items()}
    command.search(
        resolve(preset, overrides=settings | chosen), Path(root), plain_console(file=out, width=300),
        extent or Extent(trials), Path("space.yaml"),
    )  # fmt: skip
    return out.getvalue()


@pytest.mark.parametrize("trials", [1, TRIALS])
def test_the_file_of_settings_alone_gives_the_same_run(scores: dict[str, Any], trials: int) -> None:
    search(scores, trials, preset="fast", decode__beams=2, model__instruction="Résumé :")
    config, _ = scores["final"]
    assert resolve(config_file=Path("search/best.yaml")) == config
    assert "rank: " in Path("search/best.yaml").read_text()


def trials_of(root: str = "search") -> list[tuple[dict[str, Any], float | None]]:
    return [(trial.params, trial.value) for trial in open_study(Path(root) / "study.db").trials]


def test_the_best_settings_are_trained_on_all_data(scores: dict[str, Any]) -> None:
    output = search(scores)
    config, folder = scores["final"]
    best = max(trials_of(), key=lambda trial: trial[1] or 0)
    assert folder == Path("search/best")
    assert config.data.path == "chats.jsonl"
    assert config.train.learning_rate == best[0]["train.learning_rate"]
    assert scores["runs"] == ["default", *(f"{number:03}" for number in range(TRIALS))]
    assert f"{best[1]:.4f}" in output


@pytest.mark.parametrize(("trials", "stops"), [(3, [1, 2, 3]), (10, [3, 4, 4, 9])])
def test_a_stopped_search_ends_with_the_same_study(scores: dict[str, Any], trials: int, stops: list[int]) -> None:
    search(scores, trials, root="whole")

    def stopping(config: Config) -> float:
        if stops and len(scores["runs"]) >= stops[0]:
            stops.pop(0)
            scores["runs"].pop()
            raise KeyboardInterrupt
        return best_near_a_hundredth(config)

    scores["score"], scores["runs"] = stopping, []
    while scores["final"][1] != Path("search/best"):
        try:
            search(scores, trials)
        except KeyboardInterrupt:
            scores["runs"] = [name for name in scores["runs"] if name != "default"]
    assert trials_of() == trials_of("whole")
    assert not stops


def test_more_trials_can_follow(scores: dict[str, Any]) -> None:
    search(scores, trials=3)
    search(scores, trials=5)
    assert len(trials_of()) == 5
    assert "has 5 trials already, so --trials 4 adds none" in search(scores, trials=4)
    assert len(trials_of()) == 5


def test_the_run_with_earlier_best_settings_is_kept(scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def run(config: Config, run_dir: RunDir, _console: Any) -> None:
        require_same_settings(config, run_dir)
        write_record(run_dir.run_json, {"config": config.model_dump(mode="json")})

    def later_is_better(_config: Config, run_dir: RunDir, _watch: Any) -> float:
        return 0.1 if run_dir.root.name == "default" else 0.2 + 0.1 * int(run_dir.root.name)

    def best(name: str) -> float:
        return float(RunDir(Path("search") / name).record()["config"]["train"]["learning_rate"])

    monkeypatch.setattr(command.pipeline, "run", run)
    monkeypatch.setattr(search_trial, "_score", later_is_better)
    for trials in (1, 1, 3, 4):
        output = search(scores, trials)
        assert ("earlier run in search/best" in output) == (trials > 1)
    tried = [params["train.learning_rate"] for params, _ in trials_of()]
    assert [best("best-1"), best("best-2"), best("best")] == [tried[0], tried[2], tried[3]]


@pytest.mark.parametrize("stops", [False, True])
def test_a_trial_goes_on_if_it_is_among_the_best_third_of_earlier_generations(
    scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch, stops: bool
) -> None:
    after_first_epoch = [0.10, 0.30, 0.20, 0.10, 0.29, 0.30, 0.10, 0.31, 0.29, 0.30]

    def scored(config: Config, run_dir: RunDir, watch: Any) -> float:
        if run_dir.root.name != "default":
            rouge = dict.fromkeys(search_trial.RANKED, after_first_epoch[int(run_dir.root.name)])
            event = {"event": "sampled", "step": 40, "progress": 1 / config.train.epochs, "seconds": 1.0,
                     "elapsed_s": 9.0, **rouge}  # fmt: skip
            if (killed := stops and not run_dir.train_metrics.exists()) or not stops:
                append_event(run_dir.train_metrics, event)
            if killed:
                raise KeyboardInterrupt
            watch(event)
        return 0.2

    monkeypatch.setattr(search_trial, "_score", scored)
    while scores["final"] is None:
        with suppress(KeyboardInterrupt):
            search(scores, trials=10)
    stopped = [value is None for _, value in trials_of()]
    assert stopped == [False, False, False, False, True, False, True, False, True, False]


def test_the_end_of_a_trial_is_not_compared_with_the_middle_of_others(
    scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def scored(config: Config, run_dir: RunDir, watch: Any) -> float:
        event = {"event": "sampled", "step": 40, "progress": 1 / config.train.epochs, "seconds": 1.0, "elapsed_s": 9.0,
                 **dict.fromkeys(search_trial.RANKED, 0.5 if config.train.epochs == 1 else 0.1)}  # fmt: skip
        append_event(run_dir.train_metrics, event)
        watch(event)
        return 0.2

    monkeypatch.setattr(search_trial, "_score", scored)
    Path("space.yaml").write_text("train.epochs: [1, 2]\nlora.dropout: {low: 0.0, high: 0.4}\n")
    search(scores, trials=10)
    assert all(value is not None for _, value in trials_of())


def test_the_default_is_kept_if_nothing_is_better(scores: dict[str, Any]) -> None:
    scores["score"] = lambda config: 0.9 if config.train.learning_rate == 3e-4 else 0.1
    output = search(scores, trials=3)
    assert "No trial was better than the default" in output
    assert scores["final"][0].train.learning_rate == 3e-4


def test_another_search_is_not_mixed_in(scores: dict[str, Any]) -> None:
    search(scores, trials=1)
    write_record(Path("search/trials/default/model_evaluation/scores.json"), {})
    with pytest.raises(RunDirError, match="other settings: use another --run-dir"):
        search(scores, trials=1, lora__dropout=0.3)
    tiny.write_jsonl(Path("chats.jsonl"), 81)
    with pytest.raises(RunDirError, match="other data: use another --run-dir"):
        search(scores, trials=1)
    tiny.write_jsonl(Path("chats.jsonl"), 80)
    touched = Path(scores["model"]) / "config.json"
    times = touched.stat()
    os.utime(touched, (1, 1))
    with pytest.raises(RunDirError, match="other base model: use another --run-dir"):
        search(scores, trials=1)
    os.utime(touched, ns=(times.st_atime_ns, times.st_mtime_ns))
    Path("space.yaml").write_text("lora.rank: [2, 4]\n")
    with pytest.raises(RunDirError, match="another space: use another --run-dir"):
        search(scores, trials=1)
    Path("space.yaml").write_text(SPACE)
    Path("search/search.json").unlink()
    with pytest.raises(RunDirError, match="missing or damaged: use another --run-dir"):
        search(scores, trials=1)


def test_a_search_that_has_computed_nothing_is_replaced(scores: dict[str, Any]) -> None:
    scores["score"] = Mock(side_effect=ConfigError("no such layer"))
    with pytest.raises(SumtuneError, match="no such layer"):
        search(scores, lora__target_modules=["nowhere"])
    scores["score"] = best_near_a_hundredth
    search(scores, trials=1)
    assert len(trials_of()) == 1


def test_a_lost_part_of_the_data_is_written_again(scores: dict[str, Any]) -> None:
    search(scores, trials=1)
    lost = [Path("search/parts/test.jsonl"), Path("search/parts/train.jsonl"), Path("search/fresh.jsonl")]
    before = [file.read_text() for file in lost]
    for file in lost:
        file.unlink()
    search(scores, trials=2)
    assert [file.read_text() for file in lost] == before


@pytest.mark.parametrize("error", [ConfigError, SumtuneError])
def test_a_trial_that_fails_does_not_end_the_search(scores: dict[str, Any], error: type[SumtuneError]) -> None:
    def failing(config: Config) -> float:
        if scores["runs"][-1] == "001":
            raise error("no model can do this")
        return best_near_a_hundredth(config)

    scores["score"] = failing
    output = search(scores, trials=3)
    assert "Trial 1: failed" in output
    assert "no model can do this" in output
    assert "Best of 3 trials, 2 of which ended with a score" in output


@pytest.mark.usefixtures("control_c")
def test_an_interrupt_that_was_dropped_ends_the_search_after_the_trial(scores: dict[str, Any]) -> None:
    def interrupted(config: Config) -> float:
        if scores["runs"][-1] == "001":
            with suppress(KeyboardInterrupt):  # as in a callback of the garbage collector
                signal.raise_signal(signal.SIGINT)
        return best_near_a_hundredth(config)

    scores["score"] = interrupted
    with pytest.raises(KeyboardInterrupt):
        search(scores, trials=4)
    assert scores["runs"][-1] == "001"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    scores["score"] = best_near_a_hundredth
    search(scores, trials=4)
    assert len(trials_of()) == 4


def test_no_trial_starts_that_would_not_end_in_time(scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "elapsed_seconds", lambda _run_dir: 60.0)
    output = search(scores, extent=Extent(TRIALS, within_s=30.0))
    assert scores["runs"] == ["default"]
    assert "No trial was run, so the default is kept" in output


def test_a_folder_holds_a_run_or_a_search(scores: dict[str, Any]) -> None:
    write_record(Path("run/run.json"), {})
    with pytest.raises(RunDirError, match="run holds a run: give --run-dir another folder"):
        search(scores, root="run")
    search(scores, trials=1)
    for overwrite in (False, True):
        with pytest.raises(RunDirError, match="search holds a search: give --run-dir another folder"):
            train_adapter(
                Config(), RunDir(Path("search")), plain_console(quiet=True), False, overwrite, evaluates=False
            )
    with pytest.raises(RunDirError, match="whose best run is in search/best"):
        RunDir(Path("search")).require(RunDir(Path("search")).adapter, "train")


@pytest.mark.parametrize(("rows", "path", "error"), [(80, "chat.jsonl", DataError), (30, "chats.jsonl", ConfigError)])
def test_a_refused_search_leaves_nothing_in_the_way(
    scores: dict[str, Any], rows: int, path: str, error: type[SumtuneError]
) -> None:
    tiny.write_jsonl(Path("chats.jsonl"), rows)
    with pytest.raises(error):
        search(scores, trials=1, data__path=path)
    tiny.write_jsonl(Path("chats.jsonl"), 80)
    search(scores, trials=1)
    assert len(trials_of()) == 1


def test_a_search_killed_before_it_was_recorded_begins_again(
    scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(search_folder, "write_record", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            search(scores, trials=1)
    tiny.write_jsonl(Path("chats.jsonl"), 100)
    search(scores, trials=1)
    learned = len(Path("search/parts/train.jsonl").read_text().splitlines())
    search(scores, trials=1, root="other")
    assert len(Path("other/parts/train.jsonl").read_text().splitlines()) == learned


@pytest.mark.parametrize("kept_bytes", [None, 5000])
def test_a_damaged_study_is_made_again_from_its_trials(scores: dict[str, Any], kept_bytes: int | None) -> None:
    search(scores, trials=2)
    undamaged, file = trials_of(), Path("search/study.db")
    file.write_bytes(b"no study" if kept_bytes is None else file.read_bytes()[:kept_bytes])
    with pytest.raises(RunDirError, match=r"study\.db cannot be written, is damaged"):
        search(scores, trials=2)
    file.unlink()
    search(scores, trials=2)
    assert trials_of() == undamaged


@pytest.mark.parametrize("name", ["data/chats.jsonl", "parts/train.jsonl", "study.db", "search.json"])
def test_files_that_no_search_made_are_left_alone(scores: dict[str, Any], name: str) -> None:
    own = tiny.write_jsonl(Path("search") / name, 30)
    with pytest.raises(RunDirError, match=f"search holds {Path(name).parts[0]}, but .* use another --run-dir"):
        search(scores, data__path=str(own) if name.startswith("data") else "chats.jsonl")
    assert [file for file in Path("search").rglob("*") if file.is_file() and file.name != ".lock"] == [own]


def test_a_search_beside_its_data(scores: dict[str, Any]) -> None:
    search(scores, trials=1, root=".")
    assert len(trials_of(".")) == 1


def test_another_space_replaces_a_trial_that_has_not_ended(scores: dict[str, Any]) -> None:
    def stopped_in_a_trial(_config: Config) -> float:
        if scores["runs"][-1] == "000":
            raise KeyboardInterrupt
        return 0.1

    scores["score"] = stopped_in_a_trial
    with pytest.raises(KeyboardInterrupt):
        search(scores)
    for name in ("default", "000"):
        write_record(Path("search/trials") / name / "model_evaluation/scores.json", {})
    with pytest.raises(RunDirError, match="another space"):
        search_with_another_space(scores)
    Path("search/trials/000/model_evaluation/scores.json").unlink()
    append_event(Path("search/trials/000/model_trainer/metrics.jsonl"), {"event": "begin"})
    search_with_another_space(scores)
    assert Path("search/trials/default/model_evaluation/scores.json").exists()
    assert not Path("search/trials/000/model_trainer/metrics.jsonl").exists()


def search_with_another_space(scores: dict[str, Any]) -> None:
    scores["score"] = best_near_a_hundredth
    Path("space.yaml").write_text("lora.rank: [2, 4]\n")
    search(scores, trials=1)


def test_a_study_is_not_continued_with_other_settings(scores: dict[str, Any]) -> None:
    search(scores, trials=1)
    shutil.rmtree("search/trials")
    with pytest.raises(RunDirError, match="other settings: use another --run-dir"):
        search(scores, trials=2, lora__dropout=0.3)


def test_settings_that_exclude_each_other_fail_their_trial_alone(scores: dict[str, Any]) -> None:
    Path("space.yaml").write_text("model.max_source_tokens: [64, 500]\ntrain.micro_batch_tokens: [128, 512]\n")
    output = search(scores, trials=4, train__micro_batch_tokens=512)
    assert "train.micro_batch_tokens (128) must hold one example" in output
    assert 0 < sum(value is None for _, value in trials_of()) < 4


def test_no_other_search_can_begin_while_the_best_settings_are_trained(
    scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: Any) -> None:
        scores["final"] = is_locked(Path("search"))

    monkeypatch.setattr(command.pipeline, "run", run)
    search(scores, trials=1)
    assert scores["final"]


def test_learning_to_rank_is_refused(scores: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="rank"):
        search(scores, rank__candidates=4)
    assert not Path("search").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--workers", "0"], "greater than or equal to 1|not in the range"),
        (["--workers", "2", "--ray", "auto"], "either --workers, for this machine, or --ray"),
        (["--cores", "2"], "--cores is for the workers of --ray"),
        (["--within", "0m"], "no trial can end in no time"),
        (["--ray", "auto"], r"pip install 'sumtune\[ray\]'"),
    ],
)
def test_workers_that_do_not_exist_are_refused(
    scores: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str],
    message: str,
) -> None:  # fmt: skip
    monkeypatch.setitem(sys.modules, "ray", None)
    command_line = ["search", "--data", "chats.csv", "--model", str(scores["model"]), "--run-dir", "search"]
    monkeypatch.setattr(sys, "argv", ["sumtune", *command_line, *options])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    assert re.search(message, capsys.readouterr().err)
    assert not Path("search").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense"])
def test_a_cluster_that_does_not_answer_is_named(scores: dict[str, Any], address: str) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'sumtune[ray]'")
    with pytest.raises(ConfigError, match=f"no Ray cluster at '{address}'.*ray start --head"):
        real_search("search", scores["model"], ray_address=address)
    assert not Path("search").exists()


def real_search(root: str, model: Path, trials: int = 2, **extent: Any) -> str:
    settings = {
        "data.path": "chats.jsonl", "model.name": str(model), "model.precision": "fp32", "train.epochs": 4,
        "decode.beams": 1, "evaluate.base": False,
    }  # fmt: skip
    out = io.StringIO()
    console, space = plain_console(file=out, width=200), Path("space.yaml")
    command.search(resolve(overrides=settings), Path(root), console, Extent(trials, **extent), space)
    return out.getvalue()


@pytest.fixture
def chats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tiny.write_jsonl(Path("chats.jsonl"), 80)
    Path("space.yaml").write_text("train.learning_rate: {low: 1.0e-2, high: 5.0e-2, log: true}\n")


@pytest.mark.e2e
@pytest.mark.usefixtures("chats")
def test_a_real_search(tiny_models: dict[str, Path]) -> None:
    output = real_search("search", tiny_models["gemma"])
    assert "fresh examples, the winner changes ROUGE-1" in output
    assert Path("search/best/model_evaluation/metrics.csv").is_file()
    assert [value is not None for _, value in trials_of()] == [True, True]


@pytest.mark.e2e
@pytest.mark.usefixtures("chats")
def test_two_processes_make_the_same_study_as_one(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.pipeline, "run", lambda *_: None)
    real_search("one", tiny_models["gemma"], trials=6)
    real_search("two", tiny_models["gemma"], trials=6, workers=2)
    assert study_of("two") == study_of("one")


@pytest.mark.e2e
@pytest.mark.usefixtures("chats")
def test_a_ray_cluster_makes_the_same_study_as_one_process(
    tiny_models: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="needs Ray: pip install 'sumtune[ray]'")
    monkeypatch.setattr(command.pipeline, "run", lambda *_: None)
    real_search("one", tiny_models["gemma"], trials=6)
    with local_cluster(nodes=2, cores=1) as address:
        real_search("ray", tiny_models["gemma"], trials=6, ray_address=address)
    assert study_of("ray") == study_of("one")


def study_of(root: str) -> list[Any]:
    trials = open_study(Path(root) / "study.db").trials
    return [(trial.params, trial.state, trial.value, trial.intermediate_values) for trial in trials]
