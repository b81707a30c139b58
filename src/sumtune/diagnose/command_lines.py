"""Build the commands of remedies for the diagnosed run or file of predictions."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from sumtune.config import Config
from sumtune.config_resolution import assignment, resolve
from sumtune.files.run_dir import DEFAULT_RUN_DIR

__all__ = ["FILE", "MODEL", "NAME", "CommandLines"]

FILE, MODEL, NAME = "FILE", "MODEL", "NAME"
"""Placeholders in commands for what only the user knows: a data file, a base model, a column."""

OPTIONS = {
    "data.path": "--data",
    "model.name": "--model",
    "data.dialogue_column": "--dialogue-column",
    "data.summary_column": "--summary-column",
    "data.style_column": "--style-column",
}
DROP_INVALID = "data.drop_invalid"
CHECKED = (
    "model.name", "data.dialogue_column", "data.summary_column", "data.style_column", DROP_INVALID,
    "model.max_source_tokens", "model.max_target_tokens", "train.micro_batch_tokens",
)  # fmt: skip
"""Settings of a run that `sumtune check` also needs."""


@dataclass(frozen=True)
class CommandLines:
    """Commands for a run, a file of predictions, or both. The methods return commands that are ready to type."""

    run_dir: Path | None = None
    config: Config | None = None
    """Settings of the run; None if there is no run or its settings cannot be read."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column names of dialogue and summary in the data of the run, by role."""
    predictions: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """Column names that the user gave for the file of predictions, by role."""
    references: Path | None = None
    """File of references for the predictions, if they are in another one."""
    training_log: Path | None = None
    """Training log of another tool."""

    @property
    def data(self) -> str:
        """Path of the run's data if it exists, otherwise `FILE`."""
        path = self.config.data.path if self.config else ""
        return path if path and Path(path).exists() else FILE

    @property
    def changed_data(self) -> dict[str, str]:
        """Settings for a run on fixed data: none if the path of the run's data exists, otherwise `FILE` as the path."""
        return {"data.path": FILE} if self.data == FILE else {}

    def run(self, changes: Mapping[str, Any] | None = None) -> str:
        """Return the command that replaces the run with a new one, with `changes` to its settings."""
        return self._run(changes or {}, self.run_dir or DEFAULT_RUN_DIR, "--overwrite")

    def new_folder(self, name: str) -> Path:
        """Return a folder next to the run's: the first of `folder-name`, `folder-name-2`, … that does not exist."""
        folder = self.run_dir or DEFAULT_RUN_DIR
        folder = folder.resolve() if folder.name in ("", "..") else folder
        numbered = chain([name], (f"{name}-{number}" for number in count(2)))
        return next(path for one in numbered if not (path := folder.with_name(f"{folder.name}-{one}")).exists())

    def run_in(self, folder: Path, changes: Mapping[str, Any] | None = None) -> str:
        """Return the command that trains and scores in the new `folder`, with `changes` to the run's settings."""
        return self._run(changes or {}, folder)

    def evaluate(self, *options: str) -> str:
        """Return the command that scores the adapter of the run."""
        return _command_line("evaluate", *self._run_dir_option(), *options)

    def compare(self, first: Path, second: Path) -> str:
        """Return the command that compares two runs."""
        return _command_line("compare", str(first), str(second))

    def check(self) -> str:
        """Return the command that checks the data of the run."""
        settings, defaults = _flat(self.config or Config()), _flat(Config())
        used = [key for key in settings if key in CHECKED and settings[key] != defaults[key]]
        return _command_line("check", self.data, *(part for key in used for part in _option(key, settings[key])))

    def diagnose_files(self, columns: Mapping[str, str] | None = None) -> str:
        """Return the command that diagnoses the files again; `columns` (by role) override the user's."""
        files = {"references": self.references, "trainer-state": self.training_log}
        named = {f"{role}-column": name for role, name in {**self.given, **(columns or {})}.items()}
        options = {name: str(value) for name, value in {**files, **named}.items() if value is not None}
        parts = (part for name, value in options.items() for part in (f"--{name}", value))
        file = () if self.predictions is None else (str(self.predictions),)
        return _command_line("diagnose", *file, *parts, *self._run_dir_option())

    def score_again(self) -> str:
        """Return the command that repeats the scoring: of the file, or of new predictions by the run's adapter."""
        is_run = self.predictions is None and self.training_log is None
        return self.evaluate("--again") if is_run else self.diagnose_files()

    def _run_dir_option(self) -> tuple[str, ...]:
        return () if self.run_dir is None else ("--run-dir", str(self.run_dir))

    def _run(self, changes: Mapping[str, Any], folder: Path, *more: str) -> str:
        config = self.config or Config()
        # The command repeats every setting that differs from the preset, so that it describes the same run.
        defaults, settings = _flat(resolve(config.preset)), _flat(config)
        same = {key: value for key, value in settings.items() if value != defaults[key] and key not in changes}
        preset = [] if config.preset == Config().preset else ["--preset", config.preset]
        options = [part for key, value in (same | dict(changes)).items() for part in _option(key, value)]
        return _command_line("run", *preset, *options, "--run-dir", str(folder), *more)


def _option(key: str, value: Any) -> Iterator[str]:
    if key == DROP_INVALID:
        yield from ("--drop-invalid",) if value else ()
    elif key in OPTIONS:
        yield from (OPTIONS[key], str(value))
    else:
        yield from ("--set", assignment(key, value))


def _flat(config: Config) -> dict[str, Any]:
    """Return the settings by dotted key, without the name of the preset."""
    sections = config.model_dump(mode="json", exclude={"preset"})
    return {f"{section}.{key}": value for section, settings in sections.items() for key, value in settings.items()}


def _command_line(command: str, *arguments: str) -> str:
    return shlex.join(["sumtune", command, *arguments])
