"""`sumtune run`, `plan`, `check` and `train`. Heavy imports happen inside the command that needs them."""

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from sumtune.cli.options import (
    SEARCH_DIR,
    CheckSetOption,
    ConfigOption,
    CoresOption,
    DataOption,
    DialogueOption,
    DropOption,
    ModelOption,
    NoHistoryOption,
    OverwriteOption,
    PresetOption,
    ResumeOption,
    RunDirOption,
    SetOption,
    StyleColumnOption,
    SummaryOption,
    TrackExamplesOption,
    TrackOption,
    WithinOption,
    worker_cores,
)
from sumtune.commands.run_options import PLANNED_PRESETS, config_of
from sumtune.errors import ConfigError
from sumtune.files.run_dir import DEFAULT_RUN_DIR

if TYPE_CHECKING:
    from sumtune.config import Config

__all__ = ["check", "plan", "run", "search", "train"]


def run(
    preset: PresetOption = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    style_column: StyleColumnOption = None,
    drop_invalid: DropOption = False,
    within: WithinOption = None,
    track: TrackOption = None,
    track_examples: TrackExamplesOption = False,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Check the data, tune the model and score it."""
    started = time.monotonic()
    settings = config_of(
        preset, config, set_, data, model, dialogue_column, summary_column, style_column, drop_invalid, within, track,
        track_examples,
    )  # fmt: skip
    _start("run", settings, run_dir, started, resume=resume, overwrite=overwrite, history=not no_history)


def check(
    source: Annotated[
        str | None, typer.Argument(metavar="DATA", help="File, folder, hub id, or `embedded`.", show_default=False)
    ] = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    set_: CheckSetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    style_column: StyleColumnOption = None,
    drop_invalid: DropOption = False,
) -> None:
    """List all problems in the data by file and row. Nothing is trained."""
    if (source is None and data is None and config is None) or (source is not None and data is not None):
        raise ConfigError("Name the data once, for example `sumtune check chats.csv`.")
    settings = config_of(
        None, config, set_, source or data, model, dialogue_column, summary_column, style_column, drop_invalid
    )
    from sumtune.commands.accepted_settings import CHECK, require_accepted

    require_accepted("check", set_ or (), CHECK)
    from sumtune.commands.check import check_data
    from sumtune.terminal.console import plain_console

    check_data(settings, plain_console())


def plan(
    data: DataOption = None,
    preset: PresetOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    style_column: StyleColumnOption = None,
    drop_invalid: DropOption = False,
    within: WithinOption = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only look at the data: seconds instead of two minutes, wider intervals.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    no_history: NoHistoryOption = False,
) -> None:
    """Forecast time, memory and scores of runs. Nothing that it trains is kept.

    Without --preset or --within, it compares quality, balanced and fast.
    """
    names = [preset] if preset or config or within else PLANNED_PRESETS
    options = (config, set_, data, model, dialogue_column, summary_column, style_column, drop_invalid, within)
    settings = [config_of(name, *options) for name in names]
    from sumtune.terminal.console import plain_console
    from sumtune.terminal.status import status

    console = plain_console(stderr=json)
    with status(console, "Loading PyTorch and transformers"):
        from sumtune.commands.plan import show_plan
    show_plan(settings, console, quick=quick, as_json=json, history=not no_history)


def train(
    preset: PresetOption = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    run_dir: RunDirOption = DEFAULT_RUN_DIR,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    style_column: StyleColumnOption = None,
    drop_invalid: DropOption = False,
    within: WithinOption = None,
    track: TrackOption = None,
    track_examples: TrackExamplesOption = False,
    resume: ResumeOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Like `run`, but stop after training."""
    started = time.monotonic()
    settings = config_of(
        preset, config, set_, data, model, dialogue_column, summary_column, style_column, drop_invalid, within, track,
        track_examples,
    )  # fmt: skip
    _start("train", settings, run_dir, started, resume=resume, overwrite=overwrite)


def search(
    trials: Annotated[int, typer.Option("--trials", min=1, help="Number of trials.")] = 20,
    space: Annotated[
        Path | None, typer.Option("--space", help="YAML file with the values that each setting may take.")
    ] = None,
    preset: PresetOption = None,
    data: DataOption = None,
    model: ModelOption = None,
    config: ConfigOption = None,
    run_dir: Annotated[Path, typer.Option("--run-dir", help="Folder of the search.")] = SEARCH_DIR,
    set_: SetOption = None,
    dialogue_column: DialogueOption = None,
    summary_column: SummaryOption = None,
    drop_invalid: DropOption = False,
    within: Annotated[
        str | None,
        typer.Option("--within", metavar="TIME", help="Begin no trial that would end later, for example 3h."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that share the cores.")] = 1,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Ray cluster for the trials; `auto`: that of this machine."),
    ] = None,
    cores: CoresOption = None,
) -> None:
    r"""Try other settings on a part of the training data, then train the best ones on all of it.

    If it is stopped, the same command continues it. Needs `pip install 'sumtune\[search]'`.
    """
    settings = config_of(preset, config, set_, data, model, dialogue_column, summary_column, None, drop_invalid)
    from sumtune.durations import parse_duration
    from sumtune.terminal.console import plain_console
    from sumtune.terminal.status import status

    if ray is not None and workers > 1:
        raise ConfigError("Give either --workers, for this machine, or --ray, for a cluster.")
    each = worker_cores(cores, ray)
    try:
        seconds = None if within is None else float(str(parse_duration(within)))
    except ValueError as error:
        raise ConfigError(f"--within {within}: {error}.") from None
    if seconds == 0:
        raise ConfigError(f"--within {within}: no trial can end in no time.")
    console = plain_console()
    with status(console, "Loading PyTorch and transformers"):
        try:
            import optuna  # noqa: F401
        except ImportError:
            raise ConfigError("A search needs Optuna: run `pip install 'sumtune[search]'`.") from None
        from sumtune.commands.search import Extent
        from sumtune.commands.search import search as start
    start(settings, run_dir, console, Extent(trials, seconds, workers, ray, each), space)


def _start(stages: Literal["run", "train"], settings: "Config", run_dir: Path, started: float, **options: Any) -> None:
    """Load what training needs and start the pipeline; the command `started` at that time of the monotonic clock."""
    from sumtune.files.run_dir import RunDir
    from sumtune.terminal.console import plain_console
    from sumtune.terminal.status import status

    console = plain_console(quiet=os.environ.get("RANK", "0") != "0")  # of several processes, the leader speaks
    with status(console, "Loading PyTorch and transformers"):
        from sumtune.commands import pipeline
        from sumtune.train.followers import follow
        from sumtune.train.process_group import joined
    start = pipeline.run if stages == "run" else pipeline.train
    with joined() as group:
        if group.leads:
            start(settings, RunDir(run_dir), console, group=group, started=started, **options)
        else:
            follow(group)
