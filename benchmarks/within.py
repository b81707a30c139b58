"""Measures whether `sumtune run --within` ends in time, alone and beside a second program.

Run: python benchmarks/within.py --data samsum/ --work DIR [--within 3m 10m 30m] [--busy no yes] [--set key=value]…

Each row is a run in its own process. With `yes`, a second program uses one core from the middle of the time on. Prints
the time that the command took, from its start to its end, as a share of the time that it had; the optimizer steps, and
how many of them were expected; the number of scored examples; and ROUGE of the tuned model.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

from sumtune.durations import parse_duration
from sumtune.files.run_dir import RunDir
from sumtune.train.event_log import read_events


def main() -> None:
    """Run once for each time, without and with a second program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default="embedded")
    parser.add_argument("--work", type=Path, required=True, help="folder for the run folders")
    parser.add_argument("--within", nargs="+", default=["3m", "10m", "30m"])
    parser.add_argument("--busy", nargs="+", choices=("no", "yes"), default=["no", "yes"])
    parser.add_argument("--set", action="append", default=[], dest="settings")
    given = parser.parse_args()
    print(f"{'within':>8}{'busy':>6}{'took':>9}{'share':>7}{'steps':>7}{'expected':>10}{'scored':>8}{'ROUGE-1':>9}")
    for within in given.within:
        for busy in given.busy:
            folder = given.work / f"{within}-{busy}"
            took_s = timed_run(given.data, within, busy == "yes", folder, given.settings)
            print(row(RunDir(folder), within, busy, took_s), flush=True)


def timed_run(data: str, within: str, busy: bool, folder: Path, settings: list[str]) -> float:
    """Return the seconds of a run into `folder`, whose output goes to a file beside it."""
    command = [sys.executable, "-m", "sumtune", "run", "--data", data, "--within", within, "--run-dir", str(folder)]
    command += [part for setting in settings for part in ("--set", setting)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    middle_s, second, begun = seconds(within) / 2, None, time.monotonic()
    with folder.with_suffix(".log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as run:
        try:
            run.wait(middle_s)
        except subprocess.TimeoutExpired:
            second = subprocess.Popen([sys.executable, "-c", "while True: pass"]) if busy else None
        code, took_s = run.wait(), time.monotonic() - begun
    if second is not None:
        second.kill()
        second.wait()
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}: see {folder.with_suffix('.log')}")
    return took_s


def row(run_dir: RunDir, within: str, busy: str, took_s: float) -> str:
    """Return the row of a finished run."""
    choice = json.loads(run_dir.run_json.read_text(encoding="utf-8"))["within"]
    steps = [event["step"] for event in read_events(run_dir.train_metrics) if event["event"] == "step"]
    with (run_dir.evaluation / "metrics.csv").open(encoding="utf-8") as file:
        rouge1 = float(next(csv.DictReader(file))["rouge1"])
    share = took_s / seconds(within)
    return (
        f"{within:>8}{busy:>6}{took_s:7.0f} s{share:7.0%}{max(steps):7}{choice['steps']:10}{choice['scored']:8}"
        f"{rouge1:9.4f}"
    )


def seconds(within: str) -> float:
    """Return the seconds of a duration such as `3m`."""
    return float(str(parse_duration(within)))


if __name__ == "__main__":
    main()
