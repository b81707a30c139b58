"""Measures how often the intervals of forecast scores hold, on runs that are not in the bank.

Run: python benchmarks/forecast_scores.py --bank bank.jsonl [--test coverage.jsonl] [--without dialogsum qmsum]

Without `--test`, each data set of the bank is left out once and its runs are forecast from the others. Then one similar
data set fewer is enough than for `sumtune plan`. `--without` leaves data sets out of the bank. A run counts with the
decoding of its preset. Width is the mean width of the intervals.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from bank_rows import bank_rows, measured

from sumtune.evaluate.rouge import ROUGE_METRICS
from sumtune.forecast import score_forecast
from sumtune.forecast.pilot import DEPTHS
from sumtune.forecast.score_bank import BankRow
from sumtune.forecast.score_forecast import ScoreForecast, forecast_scores


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bank", type=Path, nargs="+", required=True)
    parser.add_argument("--test", type=Path, nargs="+")
    parser.add_argument("--without", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--each", action="store_true", help="also print each run")
    given = parser.parse_args()
    bank = [row for run in measured(*given.bank) if run["data"] not in given.without for row in bank_rows(run)]
    tested = measured(*(given.test or given.bank))
    if given.test is None:
        score_forecast.FEWEST_DATA_SETS -= 1
    print(f"{'pilot':<8}{'metric':<12}{'runs':>6}{'unknown':>9}{'inside':>8}{'width':>8}{'error':>8}{'bias':>8}")
    for depth in (None, *DEPTHS):
        found = list(forecasts(bank, tested, depth, leave_out=given.test is None))
        for metric in ROUGE_METRICS:
            print(line(found, metric, f"{depth or 'none'}"))
        if given.each:
            each(found)


def forecasts(
    bank: Sequence[BankRow], tested: Sequence[dict], depth: int | None, *, leave_out: bool
) -> Iterator[tuple[str, BankRow, ScoreForecast]]:
    """Yield the key, the row and the forecast of each tested run."""
    for run in tested:
        (row,) = (one for one in bank_rows(run) if one.figures["beams"] == run["beams"])
        known = [other for other in bank if not leave_out or other.data != row.data]
        yield run["key"], row, forecast_scores(known, row.model, row.figures, depth)


def line(found: Sequence[tuple[str, BankRow, ScoreForecast]], metric: str, pilot: str) -> str:
    """Return the line of one metric."""
    pairs = [(row.figures[f"final_{metric}"], one.scores[metric]) for _, row, one in found if one.scores]
    if not pairs:
        return f"{pilot:<8}{metric:<12}{len(found):>6}{len(found):>9}"
    count = len(pairs)
    inside = sum(expected.low <= actual <= expected.high for actual, expected in pairs) / count
    width = sum(expected.high - expected.low for _, expected in pairs) / count
    off = [actual - expected.mean for actual, expected in pairs]
    error, bias = sum(map(abs, off)) / count, sum(off) / count
    unknown = len(found) - count
    return f"{pilot:<8}{metric:<12}{len(found):>6}{unknown:>9}{inside:>8.0%}{width:>8.3f}{error:>8.3f}{bias:>+8.3f}"


def each(found: Sequence[tuple[str, BankRow, ScoreForecast]]) -> None:
    """Print the expected and the actual ROUGE-1 of each run."""
    for key, row, one in found:
        expected = one.scores.get("rouge1")
        text = one.unknown if expected is None else f"{expected.mean:.3f} ({expected.low:.3f} to {expected.high:.3f})"
        print(f"  {key:<44}{row.figures['final_rouge1']:.3f}   {text}")


if __name__ == "__main__":
    main()
