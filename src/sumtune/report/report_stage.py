"""Write the pages: the report of a run (the stage `report`), and the comparison of several."""

from collections.abc import Sequence
from pathlib import Path

from sumtune.errors import ConfigError
from sumtune.evaluate.compare import Comparison
from sumtune.files.atomic import update_text
from sumtune.files.run_dir import RunDir
from sumtune.report.render import render_page
from sumtune.report.view.comparison_view import comparison_view
from sumtune.report.view.faithfulness import MEANINGS
from sumtune.report.view.run_files import read_run_files
from sumtune.report.view.run_view import view_of

__all__ = ["report_page", "require_file", "write_comparison", "write_report"]


def report_page(run_dir: RunDir, *, examples: bool = True) -> str:
    """Return the report of a run as HTML; without `examples`, it quotes no conversation and no summary.

    Raises:
        RunDirError: the folder holds no scored run, or a file is damaged.
    """
    view = view_of(read_run_files(run_dir), examples=examples)
    return render_page("report.html.jinja", view=view, meanings=MEANINGS)


def write_report(run_dir: RunDir, *, examples: bool = True, output: Path | None = None) -> Path:
    """Write the report to `output` or into the run folder, whole or not at all, and return its path.

    Raises:
        RunDirError: the folder holds no scored run, or a file is damaged.
        ConfigError: `output` is a folder.
    """
    path = require_file(output or run_dir.report)
    update_text(path, report_page(run_dir, examples=examples))
    return path


def write_comparison(
    runs: Sequence[RunDir], comparisons: Sequence[Comparison], output: Path, *, examples: bool
) -> None:
    """Write to `output` the page that compares `runs`; `comparisons` compare the first run with each of the others.

    Raises:
        RunDirError: a folder holds no scored run, or a file is damaged.
        ConfigError: `output` is a folder.
    """
    names = _short_names(runs)
    view = comparison_view([read_run_files(run) for run in runs], names, comparisons, examples=examples)
    update_text(require_file(output), render_page("compare.html.jinja", view=view))


def _short_names(runs: Sequence[RunDir]) -> list[str]:
    """Return the ends of the paths, as short as different runs allow."""
    paths = [run.root.resolve() for run in runs]
    depths = range(1, max(len(path.parts) for path in paths) + 1)
    names = ([str(Path(*path.parts[-depth:])) for path in paths] for depth in depths)
    return next(some for some in names if len(set(some)) == len(set(paths)))


def require_file(path: Path) -> Path:
    """Return `path`, after a check that a file can be written there.

    Raises:
        ConfigError: it is a folder.
    """
    if path.is_dir():
        raise ConfigError(f"{path} is a folder: give the name of an HTML file.")
    return path
