"""Measures nothing: writes what bank.py measured as the table that comes with the package.

Run: python benchmarks/bank_table.py bank.jsonl [--out src/sumtune/forecast/bank.csv]
"""

import argparse
from pathlib import Path

from bank_rows import bank_rows, measured

from sumtune.forecast.score_bank import dump_bank


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=Path("src/sumtune/forecast/bank.csv"))
    given = parser.parse_args()
    runs = sorted(measured(*given.files), key=lambda row: row["key"])
    given.out.write_text(dump_bank([row for run in runs for row in bank_rows(run)]), encoding="utf-8")
    print(f"{given.out}: {len(runs)} runs")


if __name__ == "__main__":
    main()
