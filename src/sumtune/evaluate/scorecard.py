"""Scores of several systems on the same examples, with the signature that makes them comparable."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sumtune.config import RougeTokens
from sumtune.evaluate import chrf, faithfulness, overlap, rouge
from sumtune.evaluate.bootstrap import LEVEL, RESAMPLES, interval
from sumtune.evaluate.faithfulness import MEASURES, Faithfulness
from sumtune.evaluate.overlap import METRICS, Overlap
from sumtune.evaluate.reference_groups import ReferencedDialogue
from sumtune.evaluate.rouge import Tokens
from sumtune.summarizer import Completion
from sumtune.text.claims.check import Inconsistency, inconsistencies
from sumtune.versions import version

__all__ = [
    "BASE",
    "TUNED",
    "Estimate",
    "ReferenceAgreement",
    "Scorecard",
    "ScoredExample",
    "ScoredPrediction",
    "Signature",
    "SystemScores",
    "estimates",
    "score_systems",
    "spread_by_score",
]

TUNED = "tuned"
BASE = "base"

Predictions = Sequence[Completion | str]
"""Outputs of one system, in the order of the examples: completions from a model, or texts from a baseline."""

_PACKAGES = ("sumtune", "rouge-score", "sacrebleu", "regex", "ctranslate2", "transformers", "torch")


@dataclass(frozen=True)
class Estimate:
    """Mean over examples, with the ends of its bootstrap interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class SystemScores:
    """Mean scores of one system over all examples."""

    metrics: Mapping[str, Estimate]
    """Estimates by name in `METRICS`, against the best reference of each example."""
    mean_metrics: Mapping[str, Estimate] | None
    """The same with the mean over each example's references; None if every example has only one."""
    measures: Mapping[str, Estimate]
    """Estimates by name in `MEASURES`; for a model also `cut_off`, the share of predictions that reached the limit."""
    generation_s: float | None = None
    """Seconds of generation, without loading the model; None for a baseline."""


@dataclass(frozen=True)
class ScoredPrediction:
    """One prediction and its scores; `tokens` and `cut_off` are None for a baseline."""

    text: str
    scores: Overlap
    """Scores against the best reference, separately for each metric."""
    mean_scores: Overlap
    """Mean scores over the references; the same as `scores` if there is only one."""
    measures: Faithfulness
    tokens: int | None
    cut_off: bool | None
    inconsistencies: tuple[Inconsistency, ...] = ()
    """What the dialogue does not support, and why."""


@dataclass(frozen=True)
class ScoredExample:
    """One example with the prediction of each system."""

    id: str
    dialogue: str
    references: tuple[str, ...]
    systems: Mapping[str, ScoredPrediction]
    style: str = ""


@dataclass(frozen=True)
class ReferenceAgreement:
    """Scores of each reference against the others of its example: how well people agree."""

    n: int
    """Number of examples with at least two references."""
    metrics: Mapping[str, Estimate]
    """Scores against the best of the other references."""
    mean_metrics: Mapping[str, Estimate]
    """Mean scores over the other references."""


@dataclass(frozen=True)
class Signature:
    """Everything that two scores must share to be comparable."""

    split: str
    n: int
    references: int
    """Number of references of all examples; more than `n` if some examples have several."""
    rouge: str
    rouge_tokens: Tokens
    """Unit that ROUGE counts: the setting, or for `auto` the choice by the language of the references."""
    tokens: str
    """Description of `rouge_tokens`."""
    stemmer: bool
    sentence_splitting: str
    """Regular expression for the space between two sentences."""
    chrf: str
    decoding: Mapping[str, Mapping[str, Any]]
    """`Summarizer.decoding` of each model, as it was scored."""
    seed: int
    """Seed of the bootstrap."""
    resamples: int
    level: float
    versions: Mapping[str, str | None]
    """Versions of packages; None for a package that is not installed."""


@dataclass(frozen=True)
class Scorecard:
    """Scores of every system, for each example and over all examples, in the order of the systems."""

    signature: Signature
    systems: Mapping[str, SystemScores]
    reference_agreement: ReferenceAgreement | None
    """None if no example has several references."""
    examples: tuple[ScoredExample, ...]
    elapsed_s: float | None = None
    """Seconds for building engines, generating and scoring; None if not measured."""


def score_systems(
    examples: Sequence[ReferencedDialogue],
    predictions: Mapping[str, Predictions],
    *,
    split: str,
    decoding: Mapping[str, Mapping[str, Any]],
    seed: int,
    generation_s: Mapping[str, float] | None = None,
    rouge_tokens: RougeTokens = "auto",
) -> Scorecard:
    """Return the scorecard of the systems in `predictions`; one of them must be `tuned`.

    Raises:
        ValueError: there is no example or no tuned system, or a system lacks a prediction for some example.
    """
    _check(examples, predictions)
    tokens = rouge.choose_tokens(rouge_tokens, [text for example in examples for text in example.references])
    scored = _score(examples, predictions, tokens)
    several = any(len(example.references) > 1 for example in examples)
    seconds = generation_s or {}
    return Scorecard(
        signature=Signature(
            split=split,
            n=len(examples),
            references=sum(len(example.references) for example in examples),
            rouge=rouge.signature(tokens),
            rouge_tokens=tokens,
            tokens=rouge.describe_tokens(tokens),
            stemmer=tokens == "rouge-score",
            sentence_splitting=rouge.describe_sentences(tokens),
            chrf=chrf.signature(),
            decoding={name: dict(settings) for name, settings in decoding.items()},
            seed=seed,
            resamples=RESAMPLES,
            level=LEVEL,
            versions={package: _version(package) for package in _PACKAGES},
        ),
        systems={
            name: replace(_summarize(scores, several, seed), generation_s=seconds.get(name))
            for name, scores in scored.items()
        },
        reference_agreement=_reference_agreement(examples, tokens, seed) if several else None,
        examples=tuple(
            ScoredExample(
                example.id,
                example.dialogue,
                example.references,
                {name: scores[place] for name, scores in scored.items()},
                example.style,
            )
            for place, example in enumerate(examples)
        ),
    )


def spread_by_score(scorecard: Scorecard, count: int) -> list[ScoredExample]:
    """Sort the examples by tuned ROUGE-1, split them into `count` equal parts, and return the middle of each part."""
    ordered = sorted(scorecard.examples, key=lambda example: (example.systems[TUNED].scores.rouge1, example.id))
    count = min(count, len(ordered))
    return [ordered[(2 * part + 1) * len(ordered) // (2 * count)] for part in range(count)]


def _check(examples: Sequence[ReferencedDialogue], predictions: Mapping[str, Predictions]) -> None:
    if not examples:
        raise ValueError("expected at least one example to score")
    if TUNED not in predictions:
        raise ValueError(f"expected a system {TUNED!r} among {list(predictions)!r}")
    for name, texts in predictions.items():
        if len(texts) != len(examples):
            raise ValueError(f"system {name!r} has {len(texts)} predictions for {len(examples)} examples")


def _score(
    examples: Sequence[ReferencedDialogue], predictions: Mapping[str, Predictions], tokens: Tokens
) -> dict[str, list[ScoredPrediction]]:
    """Return the scores of each system. All systems of an example come together, so that it is parsed once."""
    rows = [
        {name: _score_one(items[place], example, tokens) for name, items in predictions.items()}
        for place, example in enumerate(examples)
    ]
    return {name: [row[name] for row in rows] for name in predictions}


def _score_one(item: Completion | str, example: ReferencedDialogue, tokens: Tokens) -> ScoredPrediction:
    text, count, cut_off = (item, None, None) if isinstance(item, str) else (item.text, item.tokens, item.cut_off)
    best, mean = overlap.score_multiple(text, example.references, tokens)
    measures = faithfulness.measure(text, example.dialogue, example.references)
    found = tuple(inconsistencies(text, example.dialogue))
    return ScoredPrediction(text, best, mean, measures, count, cut_off, found)


def _summarize(predictions: Sequence[ScoredPrediction], several: bool, seed: int) -> SystemScores:
    metrics, mean_metrics = (
        estimates(METRICS, overlap.as_array(scores), seed)
        for scores in ([one.scores for one in predictions], [one.mean_scores for one in predictions])
    )
    generates = all(one.cut_off is not None for one in predictions)
    rows = [[*faithfulness.as_row(one.measures), *([float(one.cut_off or 0)] * generates)] for one in predictions]
    return SystemScores(
        metrics=metrics,
        mean_metrics=mean_metrics if several else None,
        measures=estimates((*MEASURES, "cut_off")[: len(rows[0])], np.array(rows), seed),
    )


def _reference_agreement(examples: Sequence[ReferencedDialogue], tokens: Tokens, seed: int) -> ReferenceAgreement:
    several = (example.references for example in examples if len(example.references) > 1)
    scores = [overlap.leave_one_out(references, tokens) for references in several]
    best, mean = (estimates(METRICS, overlap.as_array(side), seed) for side in zip(*scores, strict=True))
    return ReferenceAgreement(len(scores), best, mean)


def estimates(names: Sequence[str], values: NDArray[np.float64], seed: int) -> dict[str, Estimate]:
    """Return the mean and interval of each column; the fixed seed makes the resamples the same for every system."""
    low, high = interval(values, seed)
    ends = zip(names, values.mean(axis=0).tolist(), low.tolist(), high.tolist(), strict=True)
    return {name: Estimate(*rest) for name, *rest in ends}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
