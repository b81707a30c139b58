"""Faults and weaknesses of the splits: leaked dialogues, summaries of different length or style."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from sumtune.data.example import Example, normalize
from sumtune.diagnose.context import Array, Context
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.loss_curves import Measurement, mean_difference
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.data import FEWEST
from sumtune.diagnose.text_features import ends_sentence, share
from sumtune.text.words import count_words

__all__ = ["leak", "splits_differ"]

LEAK_SHARE = 0.02
LENGTH_RATIO = 1.6
STYLE_GAP = 0.4


STYLES: Mapping[str, Callable[[str], bool]] = {
    "with several lines": lambda text: "\n" in text.strip(),
    "with list markers": lambda text: text.lstrip().startswith(("-", "*", "•", "1.")),
    "that do not end like a sentence": lambda text: not ends_sentence(text),
    "without capitals": lambda text: text == text.casefold(),
    "in the first or second person": lambda text: bool({"i", "we", "you", "my"} & set(text.casefold().split())),
}


def leak(context: Context) -> Finding | None:
    """Scored dialogues that are also in the training data."""
    data = context.data
    if data is None or not data.splits[data.scored]:
        return None
    trained = {example.fingerprint for example in data.splits["train"]}
    scored = data.splits[data.scored]
    leaked = [example for example in scored if example.fingerprint in trained]
    if len(leaked) < LEAK_SHARE * len(scored):
        return None
    gain, compared = _gain_of_leaked(context.outputs, leaked)
    title = f"{'All' if len(leaked) == len(scored) else 'Some'} scored dialogues are also in the training data"
    if gain is not None and gain.low > 0:
        title = "The score is too high: it includes dialogues from the training data"
    return Finding(
        code="leak",
        title=title,
        severity="fault",
        evidence=f"Train also has {len(leaked)} of the {len(scored)} {data.scored} dialogues{compared}. Their score "
        "says nothing about new conversations.",
        numbers={"leaked": len(leaked), "scored": len(scored)},
        examples=tuple(f"{example.file}:{example.row}" for example in leaked[:SHOWN_EXAMPLES]),
    )


def splits_differ(context: Context) -> Finding | None:
    """Summaries in train and in the scored split that differ in length or style."""
    data = context.data
    if data is None or min(len(data.splits["train"]), len(data.splits[data.scored])) < FEWEST:
        return None
    one, two = ([example.summary for example in data.splits[name]] for name in ("train", data.scored))
    lengths = [float(np.median([count_words(text) for text in texts])) for texts in (one, two)]
    ratio = max(lengths) / max(1.0, min(lengths))
    styles = {name: (share(map(has_it, one)), share(map(has_it, two))) for name, has_it in STYLES.items()}
    style = max(styles, key=lambda name: abs(styles[name][0] - styles[name][1]))
    gap = abs(styles[style][0] - styles[style][1])
    if ratio < LENGTH_RATIO and gap < STYLE_GAP:
        return None
    if ratio >= LENGTH_RATIO:
        what = f"have {lengths[0]:.0f} words in train and {lengths[1]:.0f} in {data.scored} (medians)"
        difference = mean_difference(_log_words(one), _log_words(two))
    else:
        what = f"{style}: {styles[style][0]:.0%} in train, {styles[style][1]:.0%} in {data.scored}"
        difference = mean_difference(*(_zeros_and_ones(map(STYLES[style], texts)) for texts in (one, two)))
    sure = difference.low > 0 or difference.high < 0
    known = f"Training and {data.scored} summaries differ in {'length' if ratio >= LENGTH_RATIO else 'style'}"
    return Finding(
        code="splits_differ",
        title=known if sure else f"Too few summaries to tell whether train and {data.scored} differ",
        severity="weakness",
        evidence=f"Summaries {what}{'' if sure else ', which may be chance'}.",
        sure=sure,
        numbers={"length_ratio": ratio, "style_gap": gap},
    )


def _gain_of_leaked(outputs: Outputs | None, leaked: Sequence[Example]) -> tuple[Measurement | None, str]:
    """Return how much higher leaked examples score than others, and a text with both scores; None and "" if unknown."""
    if outputs is None or outputs.dialogues is None:
        return None, ""
    known = {normalize(example.dialogue) for example in leaked}
    is_leaked = np.array([normalize(dialogue) in known for dialogue in outputs.dialogues])
    if is_leaked.all() or not is_leaked.any():
        return None, ""
    theirs, others = outputs.scores[is_leaked], outputs.scores[~is_leaked]
    gain = mean_difference(theirs, others)
    within = f" (difference ± {2 * gain.error:.3f})" if np.isfinite(gain.error) else ""
    return gain, f"; they score {theirs.mean():.3f}, the others {others.mean():.3f}{within}"


def _log_words(texts: Sequence[str]) -> Array:
    return np.log([max(1, count_words(text)) for text in texts])


def _zeros_and_ones(flags: Iterable[bool]) -> Array:
    """Return the flags as numbers, plus one 0 and one 1, so that no share has an error of zero.

    See Agresti and Caffo, "Simple and effective confidence intervals for proportions", 2000.
    """
    return np.array([*flags, True, False], dtype=np.float64)
