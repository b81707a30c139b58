"""`sumtune search`: tries settings on a part of the training data, then trains the best ones on all of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import optuna
import yaml
from optuna.trial import FrozenTrial, TrialState
from rich.console import Console

from sumtune.commands import pipeline
from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.resume import state_to_resume
from sumtune.config import Config, DataConfig
from sumtune.config_resolution import assignment, revise
from sumtune.data.example import dump_jsonl
from sumtune.data.example_file import load_jsonl
from sumtune.decode.build import build_for_any_length
from sumtune.decode.unsupported import UnsupportedError
from sumtune.errors import ConfigError, RunDirError
from sumtune.evaluate import evaluate_stage
from sumtune.evaluate.compare import Comparison, compare
from sumtune.evaluate.reference_groups import group_by_dialogue
from sumtune.evaluate.sampled_summaries import SampledSummaries
from sumtune.evaluate.scorecard import TUNED, Scorecard, score_systems
from sumtune.files.atomic import write_text
from sumtune.files.locking import locked
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.forecast.fit_memory import fit_to_memory
from sumtune.memory import free_memory
from sumtune.model.locate import locate
from sumtune.search.division import divide
from sumtune.search.space import Space, load_space, settings_of
from sumtune.search.study import finished_trials, importances, next_trial, open_study
from sumtune.terminal.console import plain_console
from sumtune.terminal.search import Outcome, outcome_lines, trial_line
from sumtune.text.prompt import Prompt
from sumtune.train import checkpoint
from sumtune.train import session as training
from sumtune.train.event_log import Event
from sumtune.train.final_adapter import finished
from sumtune.train.loop import Sample
from sumtune.train.sampling_budget import SamplingBudget
from sumtune.train.session import Session

__all__ = ["search"]

DEFAULT = "default"
ONLY_AFTER_EPOCHS = 10**6
SAMPLED = 32
"""Validation summaries that are scored after each epoch of a trial, to stop bad trials early."""
RANKED = ("rouge1", "rouge2", "rougeL")
"""The score of a trial is the mean of these."""


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
        data = DataConfig(path=str(self.root / "parts"))
        evaluate = self.base.evaluate.model_copy(update={"base": False, "max_examples": None})
        train = self.base.train.model_copy(update={"validate_every_steps": ONLY_AFTER_EPOCHS})
        return self.base.model_copy(update={"data": data, "evaluate": evaluate, "train": train})

    def config(self, trial: FrozenTrial, base: Config) -> Config:
        """Return `base` with the settings of `trial`."""
        return revise(base, tuple(assignment(*one) for one in settings_of(trial.params, self.space).items()))

    def run_dir(self, trial: FrozenTrial | None) -> RunDir:
        """Return the run folder of `trial`; for None, that of the default settings."""
        return RunDir(self.root / "trials" / (DEFAULT if trial is None else f"{trial.number:03}"))


def search(
    config: Config,
    root: Path,
    console: Console,
    *,
    trials: int,
    within_s: float | None = None,
    space: Path | None = None,
) -> None:
    """Search in the folder `root`, or go on with the search there; then train the best settings on all data.

    Raises:
        ConfigError: the space or the settings cannot be searched, or there are too few examples.
        RunDirError: the folder holds a search with other settings, or another process searches there.
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
        _require_same_search(found)
        if not (root / "parts").exists():
            _divide(found)
        study = open_study(root / "study.db")
        default = _score_of_default(found)
        _run_trials(found, study, trials, None if within_s is None else begun + within_s)
        ranked = finished_trials(study)
        best = ranked[0] if ranked and (ranked[0].value or 0) > default else None
        fresh = None if best is None else _on_fresh_examples(found, best)
        write_text(root / "best.yaml", _best_yaml(found, best))
        outcome = Outcome(default, ranked, found.space, importances(study, found.space), fresh, root)
        for line in outcome_lines(outcome):
            console.print(line)
    final = found.base if best is None else found.config(best, found.base)
    pipeline.run(final, RunDir(root / "best"), console)


def _require_same_search(search: _Search) -> None:
    """Record data, settings and space of the search, or check that they equal the recorded ones.

    Raises:
        RunDirError: they differ.
    """
    wanted = {"config": search.base.model_dump(mode="json"), "space": repr(sorted(search.space.items()))}
    file = search.root / "search.json"
    if (recorded := find_record(file)) is None:
        write_record(file, wanted)
    elif recorded != wanted:
        raise RunDirError(f"{search.root} holds a search with other data, settings or space: use another --run-dir.")


def _divide(search: _Search) -> None:
    """Read and check the data, and write the parts of the training examples."""
    source = RunDir(search.root / "data")
    prepare_data(search.base, within_limits(search.base, search.console), source, search.console)
    division = divide(load_jsonl(source.split("train")))
    splits = {"train": division.learned, "test": division.judging}
    splits["validation"] = load_jsonl(source.split("validation"))
    write_text(search.root / "fresh.jsonl", dump_jsonl(division.fresh))
    made = search.root / ".parts"
    for name, examples in splits.items():
        write_text(made / f"{name}.jsonl", dump_jsonl(examples))
    made.rename(search.root / "parts")
    search.console.print(
        f"Each trial learns from {len(division.learned)} training examples and is judged on {len(division.judging)} "
        f"others; {len(division.fresh)} fresh ones compare the winner with the default."
    )


def _score_of_default(search: _Search) -> float:
    """Return the score of the settings as they are, for comparison."""
    score = _scored(search.parts, search.run_dir(None), lambda _event: None)
    search.console.print(trial_line(DEFAULT, score, {}))
    return score


def _run_trials(search: _Search, study: optuna.Study, wanted: int, deadline: float | None) -> None:
    """Run trials until `wanted` have ended, or until another one would probably not end by `deadline`."""
    longest = 0.0
    while sum(trial.state in (TrialState.COMPLETE, TrialState.PRUNED) for trial in study.trials) < wanted:
        if deadline is not None and time.monotonic() + longest > deadline:
            search.console.print("The time is over; the trials so far decide.")
            return
        begun = time.monotonic()
        trial = next_trial(study, search.space, search.base.train.seed)
        _run_trial(search, study, trial)
        longest = max(longest, time.monotonic() - begun)
        ended = study.trials[trial.number]
        score = ended.value if ended.state is TrialState.COMPLETE else None  # Optuna gives a pruned trial a value, too
        search.console.print(trial_line(str(trial.number), score, settings_of(trial.params, search.space)))


def _run_trial(search: _Search, study: optuna.Study, trial: FrozenTrial) -> None:
    """Train and score the settings of `trial`, and tell the study the result."""
    live = optuna.Trial(study, trial._trial_id)
    config, run_dir = search.config(trial, search.parts), search.run_dir(trial)

    def watch(event: Event) -> None:
        if event["event"] == "sampled":
            live.report(_mean(event), round(event["progress"] * config.train.epochs))  # the pruner counts epochs
            if live.should_prune():
                raise optuna.TrialPruned

    try:
        score = _scored(config, run_dir, watch)
    except optuna.TrialPruned:
        checkpoint.delete(checkpoint.list_checkpoints(run_dir.trainer))
        study.tell(trial.number, state=TrialState.PRUNED)
    else:
        study.tell(trial.number, score)


def _scored(config: Config, run_dir: RunDir, watch: Any) -> float:
    """Train in `run_dir` unless that is done, score, and return the mean of `RANKED` on the judging part."""
    quiet = plain_console(quiet=True)
    with locked(run_dir.root):
        prepare_data(config, within_limits(config, quiet), run_dir, quiet)
        if not finished(config, run_dir):
            resumed = state_to_resume(config, run_dir, quiet, resume=False, overwrite=False)
            session = fit_to_memory(training.prepare(config, run_dir, resumed.precision if resumed else ""), None)
            training.run(session, watch, resumed is not None, _sampler(session))
            del session
            free_memory()
        scorecard = evaluate_stage.run(config, run_dir, lambda _name, _total: lambda _done: None)
    return _mean({metric: estimate.mean for metric, estimate in scorecard.systems[TUNED].metrics.items()})


def _sampler(session: Session) -> Sample:
    """Return what samples summaries after each epoch, whatever time it takes, so that no trial depends on the clock."""
    try:
        return SampledSummaries(session, SAMPLED, SamplingBudget(0.0, share=float("inf")))
    except UnsupportedError:
        return lambda _elapsed_s: None


def _mean(scores: Mapping[str, Any]) -> float:
    return sum(float(scores[metric]) for metric in RANKED) / len(RANKED)


def _on_fresh_examples(search: _Search, best: FrozenTrial) -> Comparison:
    """Return the comparison of the best trial with the default on examples that no trial has seen."""
    first, second = (
        _fresh_scores(search, config, search.run_dir(trial))
        for config, trial in ((search.parts, None), (search.config(best, search.parts), best))
    )
    return compare(first, second, ({}, {}), (DEFAULT, f"trial {best.number}"))


def _fresh_scores(search: _Search, config: Config, run_dir: RunDir) -> Scorecard:
    examples = group_by_dialogue(load_jsonl(search.root / "fresh.jsonl"))
    source, prompt = locate(config.model.name, config.model.revision), Prompt.load(run_dir.adapter)
    summarizer = build_for_any_length(source, run_dir.adapter, prompt, config.decode, config.model.device)
    predictions = summarizer.summarize([example.dialogue for example in examples])
    return score_systems(
        examples, {TUNED: predictions}, split="fresh", decoding={TUNED: dict(summarizer.decoding)},
        seed=config.train.seed, rouge_tokens=config.evaluate.rouge_tokens,
    )  # fmt: skip


def _best_yaml(search: _Search, best: FrozenTrial | None) -> str:
    """Return the settings of the winner that differ from the default, as a file for `--config`."""
    nested: dict[str, dict[str, Any]] = {}
    for key, value in ({} if best is None else settings_of(best.params, search.space)).items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = value
    return yaml.safe_dump(nested, sort_keys=False)
