"""Measures the quality of a complete run: ROUGE with the preset's decoding and with greedy search.

Run: python benchmarks/quality.py --data samsum/ --run-dir /tmp/quality [--preset quality] [--set key=value]…
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

METRICS = ("rouge1", "rouge2", "rougeL", "rougeLsum")


def main() -> None:
    """Run, score, and print the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--run-dir", type=Path, required=True)
    parser.add_argument("--preset", default="quality")
    parser.add_argument("--set", action="append", default=[], dest="settings")
    given = parser.parse_args()
    settings = [part for setting in given.settings for part in ("--set", setting)]
    begun = time.monotonic()
    run = ["run", "--preset", given.preset, "--data", given.data, "--run-dir", str(given.run_dir), *settings]
    sumtune(*run)
    print(f"\nThe whole run took {time.monotonic() - begun:.0f} s.")
    report_times(given.run_dir)
    report_scores(given.run_dir, "preset's decoding")
    greedy = given.run_dir.with_name(given.run_dir.name + "-greedy")
    if not greedy.exists():
        shutil.copytree(given.run_dir, greedy, ignore=shutil.ignore_patterns("checkpoint-*"))
    sumtune("evaluate", "--run-dir", str(greedy), "--set", "decode.beams=1", "--set", "evaluate.base=false")
    report_scores(greedy, "greedy")


def sumtune(*arguments: str) -> None:
    """Run a `sumtune` command and show its output."""
    subprocess.run([sys.executable, "-m", "sumtune", *arguments], check=True)


def report_times(run_dir: Path) -> None:
    """Print the forecast next to the actual seconds."""
    record = json.loads((run_dir / "run.json").read_text(encoding="utf-8"))
    for stage in ("training_s", "evaluation_s"):
        expected, actual = record["forecast"][stage], record[stage]
        if stage == "training_s":
            expected += record["forecast"].get("rank_left_s", 0)
        print(f"{stage:<14} forecast {expected:7.0f}   actual {actual:7.0f}   {expected / actual - 1:+.1%}")


def report_scores(run_dir: Path, title: str) -> None:
    """Print the ROUGE scores of each system."""
    scores = json.loads((run_dir / "model_evaluation" / "scores.json").read_text(encoding="utf-8"))
    print(f"\n{title}: {scores['split']} split, {scores['n']} examples")
    for name, system in scores["systems"].items():
        seconds = f"   {system['generation_s']:.0f} s" if system["generation_s"] else ""
        print(f"  {name:<10}" + "".join(f"{system[metric]['mean']:9.4f}" for metric in METRICS) + seconds)


if __name__ == "__main__":
    main()
