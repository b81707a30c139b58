"""The first stage: read the examples, check them, split them, and write them to the run folder."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from sumtune.config import Config, DataConfig, ModelConfig
from sumtune.data.columns import Columns
from sumtune.data.data_source import DataSource, find_source
from sumtune.data.example import SPLITS, Example
from sumtune.data.example_file import ExampleFile, collect
from sumtune.data.issues import BROKEN_TABLE, Issue, raise_errors
from sumtune.data.row_checks import UniqueIds, check_rows
from sumtune.data.row_styles import check_styles
from sumtune.data.split import complete_splits, select_share, split_examples
from sumtune.data.table import Table
from sumtune.data.training_tables import columns_by_file, usable_tables
from sumtune.data.validate import TokenCounter, check_learnable, check_lengths, check_splits
from sumtune.files.atomic import new_folder
from sumtune.files.records import find_record, write_record
from sumtune.files.run_dir import RunDir
from sumtune.files.stage_manifest import up_to_date, write_manifest
from sumtune.plurals import counted

__all__ = ["CheckedData", "IngestResult", "check", "run", "truncated_dialogues"]

SHOWN_FILES = 5
MakeCounter = Callable[[], TokenCounter]


@dataclass(frozen=True)
class CheckedData:
    """The usable examples by split, and all issues."""

    examples: dict[str, ExampleFile]
    """All three splits; each may be empty."""
    issues: tuple[Issue, ...]
    dropped: int
    """Number of rows with errors, which are not among the examples."""
    columns: dict[str, Columns]
    """The columns that were read, by file."""


@dataclass(frozen=True)
class IngestResult:
    """What the run folder holds after the stage."""

    counts: dict[str, int]
    """Number of examples in each split, including empty ones."""
    dropped: int
    issues: tuple[Issue, ...]
    reused: bool
    """True if the run folder already held this result, so that nothing was read or written."""


def run(config: Config, run_dir: RunDir, make_counter: MakeCounter | None = None) -> IngestResult:
    """Write `data_ingestion/` and `data_validation/report.json`, unless they exist for the same data and settings.

    `make_counter` is called only if the data is read; without it, lengths in tokens are not checked.

    Raises:
        DataError: the source cannot be read, or has errors; the run folder is unchanged.
    """
    source = find_source(config.data.path)
    fingerprint = source.fingerprint(_settings(config, make_counter is not None))
    reused = _reusable(run_dir, fingerprint)
    if reused is not None:
        return reused
    checked = _check(source, config.data, make_counter() if make_counter else None, config.model)
    raise_errors(checked.issues)
    _write(run_dir, checked, source.name, fingerprint)
    return IngestResult(_counts(checked), checked.dropped, checked.issues, reused=False)


def check(data: DataConfig, counter: TokenCounter | None = None, model: ModelConfig | None = None) -> CheckedData:
    """Return the examples by split and all issues, including errors. Writes nothing.

    Raises:
        DataError: the source cannot be read.
    """
    return _check(find_source(data.path), data, counter, model or ModelConfig())


def truncated_dialogues(run_dir: RunDir) -> list[Issue]:
    """Return what the stage found about dialogues that lose their end: at most one issue."""
    report = find_record(run_dir.validation_report) or {}
    return [Issue(**entry) for entry in report.get("findings", ()) if entry.get("code") == "dialogue_truncated"]


def _check(source: DataSource, data: DataConfig, counter: TokenCounter | None, model: ModelConfig) -> CheckedData:
    tables, notes = usable_tables(source, data)
    columns = columns_by_file(tables, data)
    examples, issues = _examples(tables, columns)
    issues += notes
    if source.unused:
        issues.append(_unused_files(source.unused))
    if counter is not None:
        issues += check_learnable(examples, counter)
    bad = {(issue.file, issue.row) for issue in issues if issue.severity == "error"}
    if bad:
        examples = examples.take(np.array([examples.place(at) not in bad for at in range(len(examples))], bool))
    if data.drop_invalid:
        issues = [_dropped(issue) for issue in issues]
    splits = _split(tables, examples)
    splits["train"] = select_share(splits["train"], data.train_share)
    if any(issue.code == BROKEN_TABLE for issue in issues):
        return CheckedData(splits, tuple(issues), len(bad), columns)
    issues += check_splits(splits)
    if data.style_column is not None:
        issues += check_styles(splits["train"], data.style_column, counter.count if counter else None)
    if counter is not None:
        issues += check_lengths(splits, counter, model)
    return CheckedData(splits, tuple(issues), len(bad), columns)


def _examples(tables: Sequence[Table], columns: dict[str, Columns]) -> tuple[ExampleFile, list[Issue]]:
    issues: list[Issue] = []
    ids = UniqueIds()

    def usable() -> Iterator[Example]:
        for table in tables:
            for found in check_rows(table, columns[table.file]) if table.file in columns else table.issues:
                if isinstance(found, Issue):
                    issues.append(found)
                else:
                    yield ids.add(found)

    return collect(usable()), [*issues, *ids.issues()]


def _split(tables: Sequence[Table], examples: ExampleFile) -> dict[str, ExampleFile]:
    """Return the given splits, with missing ones added, or three new splits if the source has none."""
    split_of = {table.file: table.split for table in tables}
    split_of_number = np.array([split_of[file] for file in examples.files], object)
    names = split_of_number[examples.facts("file")]
    if (names == None).any():  # noqa: E711 - of each element
        return split_examples(examples)
    return complete_splits({name: examples.take(names == name) for name in SPLITS})


def _unused_files(names: Sequence[str]) -> Issue:
    shown = ", ".join(names[:SHOWN_FILES]) + (" …" if len(names) > SHOWN_FILES else "")
    return Issue("unused_files", "info", f"{counted(len(names), 'data file')} left unread: {shown}")


def _dropped(issue: Issue) -> Issue:
    if issue.severity != "error" or not issue.can_be_dropped:
        return issue
    return replace(issue, severity="warning", message=f"{issue.message}; dropped")


def _counts(checked: CheckedData) -> dict[str, int]:
    return {name: len(examples) for name, examples in checked.examples.items()}


def _settings(config: Config, counts_tokens: bool) -> dict[str, Any]:
    """Return all settings that the files of the stage depend on."""
    model = config.model.model_dump(include={"name", "revision", "max_source_tokens", "max_target_tokens"})
    return {"data": config.data.model_dump(), "model": model if counts_tokens else None}


def _write(run_dir: RunDir, checked: CheckedData, source: str, fingerprint: str) -> None:
    """Write the report, then the splits, whose manifest covers both."""
    counts = _counts(checked)
    issues = [asdict(issue) for issue in checked.issues]
    report = {"fingerprint": fingerprint, "examples": counts, "dropped": checked.dropped, "findings": issues}
    write_record(run_dir.validation_report, report)
    columns = {file: asdict(names) for file, names in checked.columns.items()}
    with new_folder(run_dir.ingestion) as folder:
        for name, examples in checked.examples.items():
            if examples:
                examples.write(folder / run_dir.split(name).name)
        facts = {"source": source, "fingerprint": fingerprint, "examples": counts, "columns": columns}
        write_manifest(folder, facts)


def _reusable(run_dir: RunDir, fingerprint: str) -> IngestResult | None:
    """Return the result that the run folder holds for `fingerprint`; None if a file is missing or changed."""
    report = find_record(run_dir.validation_report)
    if report is None or report.get("fingerprint") != fingerprint or not up_to_date(run_dir.ingestion, fingerprint):
        return None
    try:
        issues = tuple(Issue(**issue) for issue in report["findings"])
        return IngestResult(report["examples"], report["dropped"], issues, reused=True)
    except (KeyError, TypeError):  # not what this stage writes: make it anew
        return None
