"""Limits of the training examples: too few, repeated, or cut."""

import numpy as np

from sumtune.data.example import normalize
from sumtune.diagnose.context import Array, Context, Data
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.loss_curves import Slope, learning_slope
from sumtune.diagnose.text_features import share

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
"""Examples from which shares say anything."""


def too_few_examples(context: Context) -> Finding | None:
    """Fewer training examples than a model of this kind needs."""
    data = context.data
    if data is None or len(data.splits["train"]) >= FEW_EXAMPLES:
        return None
    count = len(data.splits["train"])
    slope = learning_slope(context.training) if context.training else None
    falls = slope is not None and slope.falls
    return Finding(
        code="too_few_examples",
        title="There is too little data: more would help" if falls else "There are few examples to learn from",
        severity="limit",
        evidence=f"{count} training examples, fewer than {FEW_EXAMPLES}. {slope_sentence(slope)}",
        numbers={"examples": count},
    )


def duplicates(context: Context) -> Finding | None:
    """The same dialogue with the same summary several times in training."""
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
        title="Training examples are repeated",
        severity="limit",
        evidence=f"{len(repeated)} of the {len(examples)} training examples repeat an earlier one: there are only "
        f"{len(seen)} to learn from, and the repeated ones count several times.",
        numbers={"duplicates": len(repeated), "examples": len(examples)},
        examples=tuple(f"{example.file}:{example.row}" for example in repeated[:SHOWN_EXAMPLES]),
    )


def dialogues_truncated(context: Context) -> Finding | None:
    """Most dialogues lose their end before the model reads them."""
    data, outputs = context.data, context.outputs
    if data is None or data.max_source_tokens is None or data.characters_a_token is None:
        return None
    cut = (estimated_tokens(data) > data.max_source_tokens).tolist()
    if share(cut) < TRUNCATED_SHARE:
        return None
    limit = data.max_source_tokens * data.characters_a_token
    numbers: dict[str, float] = {"share": share(cut), "max_source_tokens": data.max_source_tokens}
    what, repaired = "", None
    if outputs is not None and outputs.dialogues is not None:
        long = [len(dialogue) > limit for dialogue in outputs.dialogues]
        if min(sum(long), len(long) - sum(long)) >= 3:
            scores = float(outputs.scores[long].mean()), float(outputs.scores[~np.array(long)].mean())
            numbers |= {"rouge1_truncated": scores[0], "rouge1_whole": scores[1]}
            what = f" Truncated ones score {scores[0]:.3f}, whole ones {scores[1]:.3f}."
            repaired = outputs.filtered([not is_long for is_long in long]) if scores[1] > scores[0] else None
    return Finding(
        code="dialogues_truncated",
        title="Dialogues are cut before the model reads them",
        severity="limit",
        evidence=f"About {share(cut):.0%} of the dialogues are longer than the {data.max_source_tokens} tokens that "
        f"are read ({data.characters_a_token:.1f} characters a token).{what}",
        numbers=numbers,
        repaired=repaired,
    )


def slope_sentence(slope: Slope | None) -> str:
    """The measured learning curve in words."""
    if slope is None:
        return "The log has too few optimizer steps of the first epoch to measure what more data would bring."
    verdict = "so more data would help" if slope.falls else "which is not told apart from none"
    return (
        f"Twice as many examples change the loss by {slope.value:+.3f} ± {2 * slope.error:.3f} nats a token, "
        f"{verdict} ({slope.kind})."
    )


def estimated_tokens(data: Data) -> Array:
    """Tokens of the dialogues of train and of the scored split, by characters a token."""
    sizes = [len(example.dialogue) for name in ("train", data.scored) for example in data.splits[name]]
    return np.array(sizes, dtype=np.float64) / (data.characters_a_token or 1.0)
