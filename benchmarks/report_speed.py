"""Measures how long `sumtune report` takes for a run with many examples, and how large the page is.

Run: python benchmarks/report_speed.py --run-dir DIR [--examples 800]

The examples of the scored run DIR are repeated in a copy of the folder. Prints the processor time of the whole command
with the diagnosis of the run, and with a new one, as after `sumtune evaluate`.
"""

import argparse
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from scored_run import repeated

from sumtune.diagnose.diagnose_stage import diagnose_run
from sumtune.evaluate.scorecard_io import load_scorecard, write_scorecard
from sumtune.files.run_dir import RunDir


def report_seconds(run_dir: RunDir) -> float:
    """Return the processor time of `sumtune report`, with the start of Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "sumtune", "report", "--run-dir", str(run_dir.root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Parse the arguments and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=800)
    arguments = parser.parse_args()
    with TemporaryDirectory() as folder:
        run_dir = RunDir(Path(folder, "run"))
        shutil.copytree(arguments.run_dir, run_dir.root, ignore=shutil.ignore_patterns("checkpoint-*", "adapter.*"))
        write_scorecard(repeated(load_scorecard(run_dir), arguments.examples), run_dir)
        diagnose_run(run_dir)
        print(f"With the diagnosis of the run: {report_seconds(run_dir):.1f} s")
        run_dir.diagnosis.unlink()
        print(f"With a new diagnosis: {report_seconds(run_dir):.1f} s")
        print(f"Size: {run_dir.report.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
