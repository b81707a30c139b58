"""Measures the scores of tuned models that may not repeat sequences of tokens or words, for several lengths.

Run: python benchmarks/repeats.py --data validation.jsonl --sizes 0 5 8 8:4 --adapter ADAPTER [ADAPTER ...]

A size is a number of tokens, or `tokens:words`; 0 allows all repeats. Each row has the mean of ROUGE-1, -2, -L and
-Lsum over all examples and adapters, and the difference in each from the first size, with a 95% interval: each example
counts once, with its mean over the adapters. The next columns are the share of names and numbers that are not in the
dialogue, the share of repeated word triples, the length relative to the reference, the share of summaries that reach
the limit of tokens, and seconds.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from sumtune.config import RougeTokens
from sumtune.decode.build import build_for_any_length
from sumtune.evaluate.bootstrap import interval
from sumtune.evaluate.faithfulness import measure
from sumtune.evaluate.rouge import ROUGE_METRICS, choose_tokens, score
from sumtune.model.adapter_files import read_settings
from sumtune.model.locate import locate
from sumtune.text.prompt import Prompt

MEASURES = ("unsupported", "repetition", "length_ratio")


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", nargs="+", type=Path, required=True, help="folders of tuned adapters")
    parser.add_argument("--data", type=Path, required=True, help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--sizes", nargs="+", default=["0", "5", "8", "8:4"], help="lengths in tokens, or tokens:words")
    parser.add_argument("--first", type=int, default=None, help="use only so many examples")
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.data.read_text(encoding="utf-8").splitlines()][: given.first]
    tokens = choose_tokens("auto", [row["summary"] for row in rows])
    before = None
    for size in given.sizes:
        begun = time.monotonic()
        each = np.stack([scored(adapter, rows, size, tokens) for adapter in given.adapter])
        before = each if before is None else before
        print_row(size, each, each - before, time.monotonic() - begun)


def scored(adapter: Path, rows: list[dict[str, str]], size: str, tokens: RougeTokens) -> np.ndarray:
    """Return the scores and measures of each example (examples, 8) for one adapter and one size."""
    settings, prompt = read_settings(adapter), Prompt.load(adapter)
    in_tokens, _, in_words = size.partition(":")
    decode = settings.decode.model_copy(
        update={"no_repeat_ngram_size": int(in_tokens), "no_repeat_words": int(in_words or 0)}
    )
    base = locate(settings.model.name, settings.model.revision)
    summarizer = build_for_any_length(base, adapter, prompt, decode, settings.model.device)
    written = summarizer.summarize([row["dialogue"] for row in rows])
    table = []
    for row, one in zip(rows, written, strict=True):
        rouge = score(one.text, row["summary"], tokens)
        faithful = measure(one.text, row["dialogue"], [row["summary"]])
        table.append([*(getattr(rouge, name) for name in ROUGE_METRICS),
                      *(getattr(faithful, name) for name in MEASURES), one.cut_off])  # fmt: skip
    return np.array(table, dtype=float)


def print_row(size: str, each: np.ndarray, changes: np.ndarray, seconds: float) -> None:
    """Print the means of `each` (adapters, examples, 8), and the intervals of `changes` of the same shape."""
    values = each.mean((0, 1))
    print(f"size {size:4s}  ROUGE " + " ".join(f"{value:.4f}" for value in values[:4])
          + "  unsupported, repetition, length, cut " + " ".join(f"{value:.3f}" for value in values[4:])
          + f"  {seconds:.0f} s", flush=True)  # fmt: skip
    if not changes.any():
        return
    by_example = changes.mean(0)
    for at, name in enumerate(ROUGE_METRICS):
        low, high = interval(by_example[:, at], seed=0)
        print(f"         {name:10s} {by_example[:, at].mean():+.4f} ({low:+.4f} to {high:+.4f})")
    print(f"         changed: {(changes != 0).any(-1).mean():.3f} of the summaries", flush=True)


if __name__ == "__main__":
    main()
