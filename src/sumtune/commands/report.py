"""`sumtune report`: the report of a run as one HTML page."""

from pathlib import Path

from sumtune.files.run_dir import RunDir
from sumtune.report.card_stage import write_card
from sumtune.report.report_stage import require_file, write_report
from sumtune.report.view.run_files import read_run_files

__all__ = ["report_run", "write_documents"]


def report_run(run_dir: RunDir, *, examples: bool, output: Path | None) -> Path:
    """Write the report of a scored run and return its path; diagnose the run first if its scores are new.

    Raises:
        RunDirError: the folder holds no scored run, or a file is damaged.
        ConfigError: `output` is a folder.
    """
    if output is not None:
        require_file(output)
    if read_run_files(run_dir).diagnosis is None:
        from sumtune.diagnose.diagnose_stage import diagnose_run  # takes a second to import

        diagnose_run(run_dir)
    return write_report(run_dir, examples=examples, output=output)


def write_documents(run_dir: RunDir) -> list[Path]:
    """Write the report and the model card of a diagnosed run, and return their paths."""
    return [write_report(run_dir), write_card(run_dir)]
