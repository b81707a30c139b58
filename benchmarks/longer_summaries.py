"""Measures how beam search that ends later, or prefers longer summaries, changes the scores of a tuned model.

Run: python benchmarks/longer_summaries.py --adapter ADAPTER --data validation.jsonl

The model must run on the native engine. The search ends when `patience` times as many summaries as beams have ended
(Kasai et al. 2022, https://arxiv.org/abs/2204.05424). One search with the largest patience finds the summaries of all
rows, because neither patience nor length penalty changes which beams stay open. Each row has ROUGE-1, -2 and -L, the
change of their mean from patience 1 and length penalty 1 with a 95% interval, and the words of all summaries relative
to those of the references.
"""

import argparse
import json
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sumtune.config import RougeTokens
from sumtune.decode.build import build_summarizer
from sumtune.decode.native import summarizer as native
from sumtune.decode.native.search import BeamSearch
from sumtune.evaluate.bootstrap import interval
from sumtune.evaluate.rouge import choose_tokens, score
from sumtune.model.adapter_files import read_settings
from sumtune.model.locate import locate
from sumtune.text.prompt import Prompt

PATIENCE, PENALTIES = (1, 2, 3), (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
METRICS = ("rouge1", "rouge2", "rougeL")
FOUND: list["PatientSearch"] = []
"""The searches of all batches, in order."""


@dataclass(frozen=True)
class Hypothesis:
    """A finished summary, with its sum of log-probabilities and its number of tokens, end mark included."""

    total: float
    length: int
    text: str

    def score(self, penalty: float) -> float:
        """Return the score by which beam search ranks."""
        return self.total / self.length**penalty


class PatientSearch(BeamSearch):
    """Beam search that ends later, and is kept in `FOUND`."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        FOUND.append(self)

    def _finished(self, state: Any) -> bool:
        return len(state.ended) >= self._beams * max(PATIENCE)

    def hypotheses(self) -> list[list[tuple[float, list[int]]]]:
        """Return the ended hypotheses of each summary: sum of log-probabilities, and columns; the open one if none."""
        return [
            [(mean * (len(ids) + 1) ** self._penalty, ids) for mean, ids in state.ended] or state.open[:1]
            for state in self._summaries
        ]


def main() -> None:
    """Print a row for each patience and length penalty."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--adapter", type=Path, required=True, help="folder of a tuned adapter")
    parser.add_argument("--data", type=Path, required=True, help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--beams", type=int, default=4)
    given = parser.parse_args()
    rows = [json.loads(line) for line in given.data.read_text(encoding="utf-8").splitlines()]
    references = [row["summary"] for row in rows]
    found = search(given.adapter, [row["dialogue"] for row in rows], given.beams)
    tokens, words = choose_tokens("auto", references), sum(len(one.split()) for one in references)
    chosen = {
        (patience, penalty): [best(some, given.beams * patience, penalty) for some in found]
        for patience, penalty in product(PATIENCE, PENALTIES)
    }
    scores = {key: scored(texts, references, tokens) for key, texts in chosen.items()}
    for key, each in scores.items():
        change = each.mean(1) - scores[1, 1.0].mean(1)
        low, high = interval(change, seed=0)
        length = sum(len(text.split()) for text in chosen[key]) / words
        print(f"patience {key[0]}  penalty {key[1]:.1f}  ROUGE " + " ".join(f"{one:.4f}" for one in each.mean(0))
              + f"  mean {change.mean():+.4f} ({low:+.4f} to {high:+.4f})  length {length:.3f}")  # fmt: skip


def search(adapter: Path, dialogues: list[str], beams: int) -> list[list[Hypothesis]]:
    """Return all summaries that the search found for each of `dialogues`, in the order in which they ended."""
    settings, prompt = read_settings(adapter), Prompt.load(adapter)
    decode = settings.decode.model_copy(update={"beams": beams, "engine": "native"})
    native.BeamSearch = PatientSearch  # type: ignore[misc]
    base = locate(settings.model.name, settings.model.revision)
    summarizer: Any = build_summarizer(base, adapter, prompt, decode, settings.model.device)
    results: dict[int, list[Hypothesis]] = {}
    for batch in summarizer._batches(dialogues, None, None):
        ids = batch.vocabulary.ids.tolist()
        summarizer.summarize([dialogues[at] for at in batch.places])
        results |= dict(zip(batch.places, texts_of(summarizer, FOUND, ids), strict=True))
    return [results[at] for at in range(len(dialogues))]


def texts_of(summarizer: Any, searches: list[PatientSearch], ids: list[int]) -> list[list[Hypothesis]]:
    """Return the hypotheses of the last search as texts; `ids` are the tokens of its columns."""
    (last,) = searches
    searches.clear()
    decode = summarizer._encoder.decode
    return [
        [Hypothesis(total, len(columns) + 1, decode([ids[at] for at in columns])) for total, columns in some]
        for some in last.hypotheses()
    ]


def best(hypotheses: list[Hypothesis], enough: int, penalty: float) -> str:
    """Return the text with the highest score of those that ended until there were `enough`."""
    last = hypotheses[:enough][-1].length
    return max((one for one in hypotheses if one.length <= last), key=lambda one: one.score(penalty)).text


def scored(texts: list[str], references: list[str], tokens: RougeTokens) -> np.ndarray:
    """Return the scores (texts, metrics)."""
    pairs = zip(texts, references, strict=True)
    rouges = [score(text, reference, tokens) for text, reference in pairs]
    return np.array([[getattr(rouge, name) for name in METRICS] for rouge in rouges])


if __name__ == "__main__":
    main()
