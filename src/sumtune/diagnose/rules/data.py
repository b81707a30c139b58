"""Weaknesses of the training examples: too few, duplicated, or truncated."""

import numpy as np

from sumtune.data.example import normalize
from sumtune.diagnose.context import Array, Context, Data
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.loss_curves import Slope, learning_slope
from sumtune.diagnose.text_features import how_many, share

__all__ = [
    "FEWEST",
    "FEW_EXAMPLES",
    "TRUNCATED_SHARE",
    "dialogues_truncated",
    "duplicates",
    "estimated_tokens",
    "slope_sentence",
    "too_few_examples",
]

FEW_EXAMPLES = 200
DUPLICATE_SHARE = 0.05
TRUNCATED_SHARE = 0.2
FEWEST = 10
"""Minimum number of examples for a claim about a share of them."""


def too_few_examples(context: Context) -> Finding | None:
    """Few training examples."""
    data, training = context.data, context.training
    count = len(data.splits["train"]) if data else training.examples if training else None
    if count is None or count >= FEW_EXAMPLES:
        return None
    slope = learning_slope(training) if training else None
    falls = slope is not None and slope.falls
    return Finding(
        code="too_few_examples",
        title=f"There are few training examples{': more would lower the loss' if falls else ''}",
        severity="weakness",
        evidence=f"{count} training examples, fewer than {FEW_EXAMPLES}. {slope_sentence(slope)}",
        numbers={"examples": count},
    )


def duplicates(context: Context) -> Finding | None:
    """Training examples with the same dialogue and summary as another."""
    examples = context.data.splits["train"] if context.data else ()
    if len(examples) < FEWEST:
        return None
    seen: set[tuple[str, str]] = set()
    repeated = []
    for example in examples:
        key = (example.fingerprint, normalize(example.summary))
        repeated += [example] if key in seen else []
        seen.add(key)
    if len(repeated) < DUPLICATE_SHARE * len(examples):
        return None
    return Finding(
        code="duplicates",
        title="Some training examples are repeated",
        severity="weakness",
        evidence=f"{len(repeated)} of the {len(examples)} training examples repeat an earlier one, so only {len(seen)} "
        "are distinct.",
        numbers={"duplicates": len(repeated), "examples": len(examples)},
        examples=tuple(f"{example.file}:{example.row}" for example in repeated[:SHOWN_EXAMPLES]),
    )


def dialogues_truncated(context: Context) -> Finding | None:
    """Dialogues whose end is cut off before the model reads them."""
    data, outputs = context.data, context.outputs
    if data is None or data.max_source_tokens is None or data.characters_a_token is None:
        return None
    cut = (estimated_tokens(data) > data.max_source_tokens).tolist()
    if share(cut) < TRUNCATED_SHARE:
        return None
    limit = data.max_source_tokens * data.characters_a_token
    numbers: dict[str, float] = {"share": share(cut), "max_source_tokens": data.max_source_tokens}
    scored, repaired = "", None
    if outputs is not None and outputs.dialogues is not None:
        long = [len(dialogue) > limit for dialogue in outputs.dialogues]
        if min(sum(long), len(long) - sum(long)) >= 3:
            scores = float(outputs.scores[long].mean()), float(outputs.scores[~np.array(long)].mean())
            numbers |= {"rouge1_truncated": scores[0], "rouge1_whole": scores[1]}
            scored = f" Truncated dialogues score {scores[0]:.3f}, whole ones {scores[1]:.3f}."
            repaired = outputs.filtered([not is_long for is_long in long]) if scores[1] > scores[0] else None
    return Finding(
        code="dialogues_truncated",
        title=f"{how_many(cut)} dialogues are longer than what the model reads",
        severity="weakness",
        evidence=f"About {share(cut):.0%} of the dialogues are longer than the {data.max_source_tokens} tokens that "
        f"the model reads (at {data.characters_a_token:.1f} characters per token).{scored}",
        numbers=numbers,
        repaired=repaired,
    )


def slope_sentence(slope: Slope | None) -> str:
    """Return a sentence about the slope of the learning curve."""
    if slope is None:
        return "The log has too few losses of the first epoch to measure the effect of more data."
    verdict = "so more data would lower it" if slope.falls else "an interval that includes zero or lies above it"
    return (
        f"Twice as many examples change the loss by {slope.value:+.3f} ± {2 * slope.error:.3f} nats per token, "
        f"{verdict} ({slope.kind})."
    )


def estimated_tokens(data: Data) -> Array:
    """Return the number of tokens of each dialogue in train and in the scored split, estimated from its characters."""
    sizes = [len(example.dialogue) for name in ("train", data.scored) for example in data.splits[name]]
    return np.array(sizes, dtype=np.float64) / (data.characters_a_token or 1.0)
