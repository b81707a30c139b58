"""`sumtune search`: tries settings on a part of the training data, then trains the best ones on all of it."""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import optuna
import yaml
from optuna.trial import FrozenTrial
from rich.console import Console

from sumtune.commands import pipeline
from sumtune.commands.search_folder import (
    BEST_SETTINGS,
    DEFAULT,
    FRESH,
    MACHINE,
    PARTS,
    STUDY,
    TRIALS,
    begin,
    best_run_dir,
)
from sumtune.commands.search_trial import TrialJob, run_trial
from sumtune.commands.search_workers import Workers, on_cluster, processes
from sumtune.config import Config, DataConfig
from sumtune.config_resolution import assignment, resolve, revise
from sumtune.data.example_file import load_jsonl
from sumtune.decode.build import build_for_any_length
from sumtune.errors import ConfigError, SumtuneError
from sumtune.evaluate.compare import Comparison, compare
from sumtune.evaluate.reference_groups import group_by_dialogue
from sumtune.evaluate.scorecard import TUNED, Scorecard, score_systems
from sumtune.files.atomic import write_text
from sumtune.files.draft import copy_data
from sumtune.files.locking import locked
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import locate
from sumtune.model.precision import CPU, bf16_speedup
from sumtune.search.space import Space, load_space, settings_of
from sumtune.search.study import GENERATION, TrialResult, add, finished_trials, importances, next_generation, open_study
from sumtune.terminal.search import Outcome, outcome_lines, trial_line
from sumtune.terminal.status import status
from sumtune.text.prompt import Prompt
from sumtune.train.final_adapter import elapsed_seconds
from sumtune.train.graceful_stop import noted_interrupt

__all__ = ["Extent", "search"]

ONLY_AFTER_EPOCHS = 10**6


@dataclass(frozen=True)
class Extent:
    """How many trials a search has, for how long, and where they run."""

    trials: int
    within_s: float | None = None
    workers: int = 1
    """Processes of this machine."""
    ray_address: str | None = None
    """Ray cluster to use instead."""
    cores: int = 1
    """Cores of a worker on the cluster."""


@dataclass(frozen=True)
class _Search:
    """A search in the folder `root`."""

    root: Path
    base: Config
    """Settings of the default for the user's data."""
    space: Space
    console: Console

    @cached_property
    def parts(self) -> Config:
        """Settings of the default for the parts of the training data. The base model is not scored."""
        data = DataConfig(path=str(self.root / PARTS))
        evaluate = self.base.evaluate.model_copy(update={"base": False, "max_examples": None})
        train = self.base.train.model_copy(update={"validate_every_steps": ONLY_AFTER_EPOCHS})
        return self.base.model_copy(update={"data": data, "evaluate": evaluate, "train": train})

    @cached_property
    def bf16_speedup(self) -> float:
        """Measured once for all trials: it decides their number format, and varies with load."""
        file = self.root / MACHINE
        measured = find_record(file)
        if measured is None or "bf16_speedup" not in measured:
            measured = {"bf16_speedup": bf16_speedup(CPU)}
            write_record(file, measured)
        return float(measured["bf16_speedup"])

    def config(self, trial: FrozenTrial | None, base: Config) -> Config:
        """Return `base` with the settings of `trial`; None is the default.

        Raises:
            ConfigError: they cannot be combined.
        """
        return revise(base, self.changes(trial))

    def changes(self, trial: FrozenTrial | None) -> tuple[str, ...]:
        """Return what `trial` sets, as `key=value` texts."""
        chosen = {} if trial is None else settings_of(trial.params, self.space)
        return tuple(assignment(*one) for one in chosen.items())

    def run_dir(self, trial: FrozenTrial | None) -> RunDir:
        """Return the run folder of `trial`; for None, that of the default settings."""
        return RunDir(self.root / TRIALS / (DEFAULT if trial is None else f"{trial.number:03}"))

    def job(self, trial: FrozenTrial | None, bars: Mapping[int, float]) -> TrialJob:
        """Return the work for `trial`, in a folder with the data of the default, which most trials need not encode."""
        folder = self.run_dir(trial).root
        copy_data(self.run_dir(None).root, folder)
        return TrialJob(self.parts, self.changes(trial), folder, bars, self.bf16_speedup)


def search(config: Config, root: Path, console: Console, extent: Extent, space: Path | None = None) -> None:
    """Search in the folder `root`, or continue the search there; then train the best settings on all data.

    Raises:
        ConfigError: the space or the settings cannot be searched, or there are too few examples.
        DataError: the data cannot be used.
        RunDirError: the folder holds a run or a search with other data or settings, or another process searches there.
        StoppedError: the user stopped it; the same command continues.
    """
    begun = time.monotonic()
    if config.rank.candidates or config.data.style_column or config.train.within is not None:
        raise ConfigError(
            "A search cannot learn to rank, use styles or set train.within: set rank.candidates=0 and give no style "
            "column. The option --within limits the time of the search."
        )
    found = _Search(root, config, load_space(space, config), console)
    with locked(root):
        with _workers(extent) as workers, noted_interrupt() as raise_noted:
            best = _best_trial(found, workers, extent, begun, raise_noted)
        final = found.config(best, found.base)
        pipeline.run(final, best_run_dir(root, final, console), console)


def _best_trial(
    found: _Search, workers: Workers[TrialJob, TrialResult], extent: Extent, begun: float,
    raise_noted: Callable[[], None],
) -> FrozenTrial | None:  # fmt: skip
    """Run the trials and print what they found. Return the best; None if it is the default."""
    root, console = found.root, found.console
    begin(root, found.base, found.space, console)
    study = open_study(root / STUDY)
    if (already := len(study.trials)) > extent.trials:
        console.print(f"The study has {already} trials already, so --trials {extent.trials} adds none.")
    default = _score_of_default(found)
    raise_noted()
    _run_trials(found, study, workers, extent, begun, raise_noted)
    ranked = finished_trials(study)
    best = ranked[0] if ranked and (ranked[0].value or 0) > default else None
    fresh = None if best is None else _on_fresh_examples(found, best)
    write_text(root / BEST_SETTINGS, _best_yaml(found.config(best, found.base), found.space))
    outcome = Outcome(default, ranked, found.space, importances(study, found.space), fresh, root, len(study.trials))
    for line in outcome_lines(outcome):
        console.print(line)
    return best


def _score_of_default(search: _Search) -> float:
    """Return the score of the settings as they are, for comparison."""
    with status(search.console, "Training and scoring the default"):
        result = run_trial(search.job(None, {}))
    if result.score is None:
        raise SumtuneError(result.failure)
    search.console.print(trial_line(DEFAULT, result.score, {}))
    return result.score


def _workers(extent: Extent) -> AbstractContextManager[Workers[TrialJob, TrialResult]]:
    """Return what runs trials. A generation cannot use more workers than it has trials."""
    most = min(GENERATION, extent.trials)
    if extent.ray_address is not None:
        return on_cluster(extent.ray_address, extent.cores, most, run_trial)
    if min(most, extent.workers) == 1:
        return nullcontext(Workers(1, run_trial))
    return processes(min(most, extent.workers), run_trial)


def _run_trials(
    search: _Search, study: optuna.Study, workers: Workers[TrialJob, TrialResult], extent: Extent, begun: float,
    raise_noted: Callable[[], None],
) -> None:  # fmt: skip
    """Run trials until all have ended, or until another one would probably not end in time."""
    longest = elapsed_seconds(search.run_dir(None))

    def timed(run: Callable[[TrialJob], TrialResult], job: TrialJob) -> TrialResult | None:
        nonlocal longest
        raise_noted()
        started = time.monotonic()
        if extent.within_s is not None and started + longest > begun + extent.within_s:
            return None
        result = run(job)
        longest = max(longest, time.monotonic() - started)
        return result

    while (done := len(study.trials)) < extent.trials:
        generation = next_generation(study, search.space, search.base.train.seed)
        trials = generation.trials[: extent.trials - done]
        jobs = [search.job(trial, generation.bars) for trial in trials]
        with status(search.console, f"Trials {trials[0].number} to {trials[-1].number}; {extent.trials} in all"):
            for trial, result in zip(trials, workers.map(partial(timed, workers.run), jobs), strict=True):
                if result is None:
                    search.console.print("Another trial would probably not end in time; the trials so far decide.")
                    return
                add(study, trial, result)
                settings = settings_of(trial.params, search.space)
                search.console.print(trial_line(str(trial.number), result.score, settings, result.failure))


def _on_fresh_examples(search: _Search, best: FrozenTrial) -> Comparison:
    """Return the comparison of the best trial with the default on examples that no trial has seen."""
    run_trial(search.job(best, {}))  # again if its folder was deleted
    first, second = (
        _fresh_scores(search, config, search.run_dir(trial))
        for config, trial in ((search.parts, None), (search.config(best, search.parts), best))
    )
    return compare(first, second, ({}, {}), (DEFAULT, f"trial {best.number}"))


def _fresh_scores(search: _Search, config: Config, run_dir: RunDir) -> Scorecard:
    examples = group_by_dialogue(load_jsonl(search.root / FRESH))
    source, prompt = locate(config.model.name, config.model.revision), Prompt.load(run_dir.adapter)
    summarizer = build_for_any_length(source, run_dir.adapter, prompt, config.decode, config.model.device)
    predictions = summarizer.summarize([example.dialogue for example in examples])
    return score_systems(
        examples, {TUNED: predictions}, split="fresh", decoding={TUNED: dict(summarizer.decoding)},
        seed=config.train.seed, rouge_tokens=config.evaluate.rouge_tokens,
    )  # fmt: skip


def _best_yaml(final: Config, space: Space) -> str:
    """Return `final` as a file for `--config`: the preset, what differs from it, and all settings in `space`."""
    preset, settings = (config.model_dump(mode="json", exclude={"preset"}) for config in (resolve(final.preset), final))
    changed = {
        section: {
            key: value for key, value in values.items() if value != preset[section][key] or f"{section}.{key}" in space
        }
        for section, values in settings.items()
    }
    shown = {section: values for section, values in changed.items() if values}
    return yaml.safe_dump({"preset": final.preset, **shown}, sort_keys=False, allow_unicode=True)
