"""The folder of a search: what it was begun with, the parts of the data, and the run with the best settings."""

import shutil
from pathlib import Path

from rich.console import Console

from sumtune.commands.prepare import prepare_data, within_limits
from sumtune.commands.resume import changed_settings, with_recorded_limits
from sumtune.config import Config
from sumtune.data.data_source import find_source
from sumtune.data.example import dump_jsonl
from sumtune.data.example_file import load_jsonl
from sumtune.errors import RunDirError, SumtuneError
from sumtune.files.atomic import write_text
from sumtune.files.checksums import fingerprint
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.model.locate import locate
from sumtune.search.division import divide
from sumtune.search.space import Space
from sumtune.search.study import open_study

__all__ = ["BEST", "BEST_SETTINGS", "DEFAULT", "FRESH", "MACHINE", "PARTS", "STUDY", "TRIALS", "begin", "best_run_dir"]

DATA, PARTS, FRESH, MACHINE = "data", "parts", "fresh.jsonl", "machine.json"
TRIALS, STUDY, BEST, BEST_SETTINGS = "trials", "study.db", "best", "best.yaml"
NAMES = (DATA, PARTS, FRESH, MACHINE, TRIALS, STUDY, BEST, BEST_SETTINGS)
"""What a search writes, besides its record."""
DEFAULT = "default"
"""Name of the trial with the settings as they are."""


def begin(root: Path, config: Config, space: Space, console: Console) -> None:
    """Divide the data for a new search in `root`, or check that the search there has the same data and settings.

    Until the default is scored, a search with other data or settings replaces it; until a trial has ended, a search
    with another space replaces it, too.

    Raises:
        ConfigError: there are too few examples.
        DataError: the data cannot be used.
        RunDirError: the folder holds a run, another search, or files that a search would replace.
    """
    run_dir = RunDir(root)
    if run_dir.run_json.exists():
        raise RunDirError(f"{root} holds a run: give --run-dir another folder for the search.")
    base = locate(config.model.name, config.model.revision)
    wanted = {
        "settings": config.model_dump(mode="json"),
        "space": repr(sorted(space.items())),
        "data": find_source(config.data.path).fingerprint({}),
        "base model": fingerprint([], base.identity),
    }
    recorded = find_record(run_dir.search_json)
    if recorded is None:
        _require_room(root)
        write_record(run_dir.search_json, {})  # what is in the folder now belongs to the search
    elif changed := {key for key, value in wanted.items() if recorded.get(key, value) != value}:
        _make_way(root, changed)
    try:
        _divide(root, config, console)
    except SumtuneError:
        if not recorded:
            _delete(*(root / name for name in NAMES), run_dir.search_json)
        raise
    write_record(run_dir.search_json, wanted)


def _require_room(root: Path) -> None:
    """Raise RunDirError if `root` has files with names that a search uses."""
    if found := [name for name in (RunDir(root).search_json.name, *NAMES) if (root / name).exists()]:
        raise RunDirError(
            f"{root} holds {', '.join(found)}, but the record of a search, search.json, is missing or damaged: use "
            "another --run-dir."
        )


def _make_way(root: Path, changed: set[str]) -> None:
    """Delete the trials of which `changed` makes others.

    Raises:
        RunDirError: the search has results.
    """
    affected = [trial for trial in (root / TRIALS).glob("*") if changed != {"space"} or trial.name != DEFAULT]
    if any(map(_scored, affected)) or _has_trials(root):
        other = "another space" if changed == {"space"} else f"other {' and '.join(sorted(changed))}"
        raise RunDirError(f"{root} holds a search with {other}: use another --run-dir.")
    _delete(*affected)


def _scored(trial: Path) -> bool:
    """Return whether the trial in the folder was trained and scored."""
    return (RunDir(trial).evaluation / "scores.json").exists()


def _has_trials(root: Path) -> bool:
    return (root / STUDY).exists() and bool(open_study(root / STUDY).trials)


def _delete(*paths: Path) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _divide(root: Path, config: Config, console: Console) -> None:
    """Read and check the data, and write the parts of the training examples.

    A preset that learns from a share of them still has all others for judging.
    """
    source, data = RunDir(root / DATA), config.data
    whole = config.model_copy(update={"data": data.model_copy(update={"train_share": 1.0})})
    prepare_data(whole, within_limits(whole, console), source, console)
    division = divide(load_jsonl(source.split("train")), data.train_share)
    splits = {"train": division.learned, "test": division.judging}
    splits["validation"] = load_jsonl(source.split("validation"))
    write_text(root / FRESH, dump_jsonl(division.fresh))
    for name, examples in splits.items():
        write_text(root / PARTS / f"{name}.jsonl", dump_jsonl(examples))
    console.print(
        f"Each trial learns from {len(division.learned)} training examples and is judged on {len(division.judging)} "
        f"others; {len(division.fresh)} fresh ones compare the winner with the default."
    )


def best_run_dir(root: Path, final: Config, console: Console) -> RunDir:
    """Return the folder for the run with the best settings, `final`.

    If a search that was extended found better ones, the run with the earlier ones is renamed.
    """
    run_dir = RunDir(root / BEST)
    if changed_settings(with_recorded_limits(final, run_dir), run_dir):
        number = 1
        while (kept := root / f"best-{number}").exists():
            number += 1
        run_dir.root.rename(kept)
        console.print(
            f"The earlier run in {run_dir.root} has other settings: it is now {kept}.", highlight=False, markup=False
        )
    return run_dir
