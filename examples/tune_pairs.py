"""Tune on pairs of dialogue and summary, and print the scores: python examples/tune_pairs.py chats.csv runs/chats."""

import csv
import sys
from pathlib import Path

import sumtune


def main(file: Path, folder: Path) -> None:
    """Tune on the columns `dialogue` and `summary` of a CSV file."""
    with file.open(encoding="utf-8", newline="") as rows:
        pairs = [(row["dialogue"], row["summary"]) for row in csv.DictReader(rows)]
    print(sumtune.plan(pairs, preset="fast", quick=True, progress=False))
    run = sumtune.tune(pairs, preset="fast", run_dir=folder, progress=lambda line: print(line, file=sys.stderr))
    print(run)
    gain = run.scores["tuned"].rouge1 - run.scores["longest-3"].rouge1
    print(f"ROUGE-1 {run.scores['tuned'].rouge1}; {gain:+.3f} compared with copying the three longest turns")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]))
    except sumtune.SumtuneError as error:
        sys.exit(str(error))
