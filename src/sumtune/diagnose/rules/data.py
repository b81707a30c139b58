"""Faults and limits of the examples: too few, repeated, leaked, cut, or not what they seem."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from sumtune.data.example import Example, normalize
from sumtune.diagnose.curves import Measured, Slope, difference_of_means, learning_slope
from sumtune.diagnose.finding import SHOWN_EXAMPLES, Finding
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.language import common_language
from sumtune.diagnose.subject import Array, Data, Subject
from sumtune.diagnose.texts import content_words, coverage, ends_sentence, share

__all__ = [
    "dialogues_truncated",
    "duplicates",
    "estimated_tokens",
    "label_noise",
    "leak",
    "splits_differ",
    "summaries_unrelated",
    "too_few_examples",
]

LEAK_SHARE = 0.02
FEW_EXAMPLES = 200
DUPLICATE_SHARE = 0.05
TRUNCATED_SHARE = 0.2
FEWEST = 10
"""Examples from which shares say anything."""
UNRELATED_SHARE = 0.5
NOISE_SHARE = 0.05
FEWEST_FOREIGN = 5
"""Summaries of other dialogues that make noise: two or three happen in clean data."""
LENGTH_RATIO = 1.6
STYLE_GAP = 0.4


def leak(subject: Subject) -> Finding | None:
    """Dialogues that are scored were trained on: the score is too good."""
    data = subject.data
    if data is None or not data.splits[data.scored]:
        return None
    trained = {example.fingerprint for example in data.splits["train"]}
    scored = data.splits[data.scored]
    leaked = [example for example in scored if example.fingerprint in trained]
    if len(leaked) < LEAK_SHARE * len(scored):
        return None
    gain, compared = _gain_of_leaked(subject.outputs, leaked)
    too_good = len(leaked) == len(scored) or (gain is not None and gain.low > 0)
    return Finding(
        code="leak",
        title="The score is too good: it counts dialogues that the model was trained on"
        if too_good
        else "Dialogues that are scored are also in the training data",
        severity="fault",
        evidence=f"{len(leaked)} of the {len(scored)} {data.scored} dialogues are also in train{compared}. What these "
        "score says nothing about new conversations.",
        numbers={"leaked": len(leaked), "scored": len(scored)},
        examples=tuple(f"{example.file}:{example.row}" for example in leaked[:SHOWN_EXAMPLES]),
    )


def too_few_examples(subject: Subject) -> Finding | None:
    """Fewer training examples than a model of this kind needs."""
    data = subject.data
    if data is None or len(data.splits["train"]) >= FEW_EXAMPLES:
        return None
    count = len(data.splits["train"])
    slope = learning_slope(subject.training) if subject.training else None
    falls = slope is not None and slope.falls
    return Finding(
        code="too_few_examples",
        title="There is too little data: more would help" if falls else "There are few examples to learn from",
        severity="limit",
        evidence=f"{count} training examples, fewer than {FEW_EXAMPLES}. {slope_sentence(slope)}",
        numbers={"examples": count},
    )


def duplicates(subject: Subject) -> Finding | None:
    """The same dialogue with the same summary several times in training."""
    examples = subject.data.splits["train"] if subject.data else ()
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


def dialogues_truncated(subject: Subject) -> Finding | None:
    """Most dialogues lose their end before the model reads them."""
    data, outputs = subject.data, subject.outputs
    if data is None or data.max_source_tokens is None or data.characters_a_token is None:
        return None
    cut = (estimated_tokens(data) > data.max_source_tokens).tolist()
    if share(cut) < TRUNCATED_SHARE:
        return None
    limit = data.max_source_tokens * data.characters_a_token
    numbers: dict[str, float] = {"share": share(cut), "max_source_tokens": data.max_source_tokens}
    what, mended = "", None
    if outputs is not None and outputs.dialogues is not None:
        long = [len(dialogue) > limit for dialogue in outputs.dialogues]
        if min(sum(long), len(long) - sum(long)) >= 3:
            scores = float(outputs.scores[long].mean()), float(outputs.scores[~np.array(long)].mean())
            numbers |= {"rouge1_truncated": scores[0], "rouge1_whole": scores[1]}
            what = f" Truncated ones score {scores[0]:.3f}, whole ones {scores[1]:.3f}."
            mended = outputs.keeping([not is_long for is_long in long]) if scores[1] > scores[0] else None
    return Finding(
        code="dialogues_truncated",
        title="Dialogues are cut before the model reads them",
        severity="limit",
        evidence=f"About {share(cut):.0%} of the dialogues are longer than the {data.max_source_tokens} tokens that "
        f"are read ({data.characters_a_token:.1f} characters a token).{what}",
        numbers=numbers,
        mended=mended,
    )


def summaries_unrelated(subject: Subject) -> Finding | None:
    """Reference summaries that say no more about their dialogue than about any other."""
    for name, pairs in _pairs(subject).items():
        foreign = _foreign(pairs)
        if foreign is not None and share(foreign) >= UNRELATED_SHARE:
            return Finding(
                code="summaries_unrelated",
                title="The summaries are not about their dialogues",
                severity="fault",
                evidence=f"{share(foreign):.0%} of the {len(foreign)} {name} summaries share no more words with their "
                "dialogue than with another one: the columns were sorted or shifted apart.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def label_noise(subject: Subject) -> Finding | None:
    """Some reference summaries belong to other dialogues."""
    for name, pairs in _pairs(subject).items():
        foreign = _foreign(pairs)
        if foreign is not None and sum(foreign) >= FEWEST_FOREIGN and NOISE_SHARE <= share(foreign) < UNRELATED_SHARE:
            return Finding(
                code="label_noise",
                title="Some summaries do not match their dialogue",
                severity="limit",
                evidence=f"{share(foreign):.1%} of the {len(foreign)} {name} summaries share no more words with their "
                f"dialogue than with another one; in clean data it is below {NOISE_SHARE:.0%}.",
                numbers={"share": share(foreign), "examples": len(foreign)},
                examples=_named(pairs, foreign),
            )
    return None


def splits_differ(subject: Subject) -> Finding | None:
    """Summaries of training and of the scored split are of different length or style."""
    data = subject.data
    if data is None or min(len(data.splits["train"]), len(data.splits[data.scored])) < FEWEST:
        return None
    one, two = ([example.summary for example in data.splits[name]] for name in ("train", data.scored))
    lengths = [float(np.median([len(text.split()) for text in texts])) for texts in (one, two)]
    ratio = max(lengths) / max(1.0, min(lengths))
    styles = {name: (share(map(has_it, one)), share(map(has_it, two))) for name, has_it in STYLES.items()}
    style = max(styles, key=lambda name: abs(styles[name][0] - styles[name][1]))
    gap = abs(styles[style][0] - styles[style][1])
    if ratio < LENGTH_RATIO and gap < STYLE_GAP:
        return None
    if ratio >= LENGTH_RATIO:
        what = f"have {lengths[0]:.0f} words in train and {lengths[1]:.0f} in {data.scored} (medians)"
        difference = difference_of_means(_log_words(one), _log_words(two))
    else:
        what = f"{style}: {styles[style][0]:.0%} in train, {styles[style][1]:.0%} in {data.scored}"
        difference = difference_of_means(*(_marks(map(STYLES[style], texts)) for texts in (one, two)))
    sure = difference.low > 0 or difference.high < 0
    known = "Training summaries are of another length or style than those that are scored"
    return Finding(
        code="splits_differ",
        title=known if sure else "Too few summaries to tell whether those of training are like those that are scored",
        severity="limit",
        evidence=f"The summaries {what}{'' if sure else ', which may be chance'}.",
        sure=sure,
        numbers={"length_ratio": ratio, "style_gap": gap},
    )


def _log_words(texts: Sequence[str]) -> Array:
    return np.log([max(1, len(text.split())) for text in texts])


def _marks(marks: Iterable[bool]) -> Array:
    """Ones and zeros; one of each is added, so that a share of none has an error, too (Agresti and Caffo 2000)."""
    return np.array([*marks, True, False], dtype=np.float64)


def slope_sentence(slope: Slope | None) -> str:
    """The measured learning curve in words."""
    if slope is None:
        return "The log has too few optimizer steps of the first epoch to measure what more data would bring."
    verdict = "so more data would help" if slope.falls else "which is not told apart from none"
    return (
        f"Twice as many examples change the loss by {slope.value:+.3f} ± {2 * slope.error:.3f} nats a token, "
        f"{verdict} ({slope.kind})."
    )


STYLES: Mapping[str, Callable[[str], bool]] = {
    "with several lines": lambda text: "\n" in text.strip(),
    "with list marks": lambda text: text.lstrip().startswith(("-", "*", "•", "1.")),
    "without the end of a sentence": lambda text: not ends_sentence(text),
    "without any capital": lambda text: text == text.casefold(),
    "in the first or second person": lambda text: bool({"i", "we", "you", "my"} & set(text.casefold().split())),
}

Pair = tuple[str, str, str]
"""Name, dialogue and summary."""


def _pairs(subject: Subject) -> dict[str, tuple[Pair, ...]]:
    """The dialogues and reference summaries that are known, by split."""
    data, outputs = subject.data, subject.outputs
    if data is not None:
        return {name: _pairs_of(data, name) for name in dict.fromkeys(("train", data.scored))}
    if outputs is None or outputs.dialogues is None:
        return {}
    return {"reference": tuple(zip(outputs.ids, outputs.dialogues, outputs.first_references, strict=True))}


def _pairs_of(data: Data, name: str) -> tuple[Pair, ...]:
    return tuple((f"{one.file}:{one.row}", one.dialogue, one.summary) for one in data.splits[name])


@lru_cache(maxsize=4)
def _foreign(pairs: tuple[Pair, ...]) -> list[bool] | None:
    """Which summaries share no larger part of their words with their own dialogue than with one half the list away.

    None where there are too few, or dialogues and summaries are in different languages.
    """
    dialogues, summaries = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    languages = {common_language(dialogues[:200]), common_language(summaries[:200])} - {None}
    if len(pairs) < FEWEST or len(languages) > 1:
        return None
    heard, said = [content_words(text) for text in dialogues], [content_words(text) for text in summaries]
    far = len(pairs) // 2
    return [
        coverage(words, heard[place]) <= coverage(words, heard[(place + far) % len(heard)]) < 1
        for place, words in enumerate(said)
    ]


def _named(pairs: Sequence[Pair], chosen: Sequence[bool]) -> tuple[str, ...]:
    return tuple(name for (name, _, _), keep in zip(pairs, chosen, strict=True) if keep)[:SHOWN_EXAMPLES]


def estimated_tokens(data: Data) -> Array:
    """Tokens of the dialogues of train and of the scored split, by characters a token."""
    sizes = [len(example.dialogue) for name in ("train", data.scored) for example in data.splits[name]]
    return np.array(sizes, dtype=np.float64) / (data.characters_a_token or 1.0)


def _gain_of_leaked(outputs: Outputs | None, leaked: Sequence[Example]) -> tuple[Measured | None, str]:
    """By how much leaked examples score higher than others, and both in words; nothing where not both were scored."""
    if outputs is None or outputs.dialogues is None:
        return None, ""
    known = {normalize(example.dialogue) for example in leaked}
    is_leaked = np.array([normalize(dialogue) in known for dialogue in outputs.dialogues])
    if is_leaked.all() or not is_leaked.any():
        return None, ""
    theirs, others = outputs.scores[is_leaked], outputs.scores[~is_leaked]
    gain = difference_of_means(theirs, others)
    within = f" (difference ± {2 * gain.error:.3f})" if np.isfinite(gain.error) else ""
    return gain, f"; they score {theirs.mean():.3f}, the others {others.mean():.3f}{within}"
