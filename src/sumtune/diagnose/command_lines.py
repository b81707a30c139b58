"""What was diagnosed, as far as a command needs it: a run folder with its settings, or a file of predictions."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path
from typing import Any

from sumtune.config import Config
from sumtune.config_resolution import assignment, resolve

__all__ = ["FILE", "MODEL", "NAME", "CommandLines"]

FILE, MODEL, NAME = "FILE", "MODEL", "NAME"
"""What only the user knows, in commands: a file of data, a base model, a column."""

OPTIONS = {
    "data.path": "--data",
    "model.name": "--model",
    "data.dialogue_column": "--dialogue-column",
    "data.summary_column": "--summary-column",
}
DROP_INVALID = "data.drop_invalid"
CHECKED = (
    "model.name", "data.dialogue_column", "data.summary_column", DROP_INVALID, "model.max_source_tokens",
    "model.max_target_tokens", "train.micro_batch_tokens",
)  # fmt: skip
"""Settings of a run that a check of its data needs, too."""
DEFAULT_RUN_DIR = Path("artifacts")


@dataclass(frozen=True)
class CommandLines:
    """The run, the file of predictions, or both; its methods return commands that can be typed as they are."""

    run_dir: Path | None = None
    config: Config | None = None
    """The settings of the run; None where there is no run, or its settings cannot be read."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Columns of dialogue and summary in the data of the run."""
    predictions: Path | None = None
    given: Mapping[str, str] = field(default_factory=dict)
    """Columns of the predictions by role, where the user named them."""

    @property
    def data(self) -> str:
        """The data of the run where they are files, else `FILE`."""
        path = self.config.data.path if self.config else ""
        return path if path and Path(path).exists() else FILE

    @property
    def changed_data(self) -> dict[str, str]:
        """The settings of a run on data that the user changes: the same files, or `FILE`."""
        return {"data.path": FILE} if self.data == FILE else {}

    def run(self, changes: Mapping[str, Any] | None = None) -> str:
        """Train and score again in place of the run, with `changes` of its settings."""
        return self._run(changes or {}, self.run_dir or DEFAULT_RUN_DIR, "--overwrite")

    def beside(self, name: str) -> Path:
        """A new folder beside that of the run: the first of `folder-name`, `folder-name-2`, … that does not exist."""
        folder = self.run_dir or DEFAULT_RUN_DIR
        folder = folder.resolve() if folder.name in ("", "..") else folder
        numbered = chain([name], (f"{name}-{number}" for number in count(2)))
        return next(path for one in numbered if not (path := folder.with_name(f"{folder.name}-{one}")).exists())

    def run_in(self, folder: Path, changes: Mapping[str, Any] | None = None) -> str:
        """Train and score in the new `folder`, with `changes` of the run's settings."""
        return self._run(changes or {}, folder)

    def evaluate(self, *options: str) -> str:
        """Score the adapter of the run."""
        return _line("evaluate", *self._of_run(), *options)

    def compare(self, first: Path, second: Path) -> str:
        """Compare two runs."""
        return _line("compare", str(first), str(second))

    def check(self) -> str:
        """Check the data of the run."""
        settings, usual = _flat(self.config or Config()), _flat(Config())
        used = [key for key in settings if key in CHECKED and settings[key] != usual[key]]
        return _line("check", self.data, *(part for key in used for part in _option(key, settings[key])))

    def diagnose_predictions(self, columns: Mapping[str, str] | None = None) -> str:
        """Diagnose the file of predictions, with other `columns` by role where they are given."""
        named = {**self.given, **(columns or {})}
        options = (part for role, name in named.items() for part in (f"--{role}-column", name))
        return _line("diagnose", "--predictions", str(self.predictions), *options, *self._of_run())

    def score_again(self) -> str:
        """Score the predictions again: the file, or those that the run's adapter writes anew."""
        return self.evaluate("--again") if self.predictions is None else self.diagnose_predictions()

    def _of_run(self) -> tuple[str, ...]:
        return () if self.run_dir is None else ("--run-dir", str(self.run_dir))

    def _run(self, changes: Mapping[str, Any], folder: Path, *more: str) -> str:
        config = self.config or Config()
        # Settings that differ from the preset's are repeated, else the command would be of another run.
        usual, wanted = _flat(resolve(config.preset)), _flat(config)
        kept = {key: value for key, value in wanted.items() if value != usual[key] and key not in changes}
        preset = [] if config.preset == Config().preset else ["--preset", config.preset]
        options = [part for key, value in (kept | dict(changes)).items() for part in _option(key, value)]
        return _line("run", *preset, *options, "--run-dir", str(folder), *more)


def _option(key: str, value: Any) -> Iterator[str]:
    if key == DROP_INVALID:
        yield from ("--drop-invalid",) if value else ()
    elif key in OPTIONS:
        yield from (OPTIONS[key], str(value))
    else:
        yield from ("--set", assignment(key, value))


def _flat(config: Config) -> dict[str, Any]:
    """Settings by dotted key, without the preset that they came from."""
    sections = config.model_dump(mode="json", exclude={"preset"})
    return {f"{section}.{key}": value for section, settings in sections.items() for key, value in settings.items()}


def _line(command: str, *arguments: str) -> str:
    return shlex.join(["sumtune", command, *arguments])
