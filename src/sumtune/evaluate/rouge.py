"""ROUGE (Lin 2004, https://aclanthology.org/W04-1013) of one prediction, computed by the usual package, `rouge-score`.

The package's own tokenizer suits only English: it drops all but `a` to `z` and digits. For other languages the package
gets words from `sumtune.text.words`.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any, Literal

from sumtune.config import RougeTokens
from sumtune.evaluate.nltk_import import import_nltk
from sumtune.text import sentences
from sumtune.text.language import is_english
from sumtune.text.words import UNSPACED_SCRIPTS, characters, words
from sumtune.versions import version

__all__ = [
    "ROUGE_METRICS",
    "Rouge",
    "Tokens",
    "choose_tokens",
    "describe_sentences",
    "describe_tokens",
    "judged_step",
    "rouge1",
    "score",
    "signature",
    "split_sentences",
]

Tokens = Literal["rouge-score", "unicode", "char"]
"""Unit that ROUGE counts: stemmed English words, words by Unicode rules, or characters."""

ENGLISH_SENTENCE_END = r"(?<=[.!?])\s+"
"""White space after `.`, `!` or `?`. The package's own splitting would need a downloaded model."""
MOST_FOREIGN_SHARE = 0.25
"""A data set counts as English if at most this share of its references is in another language."""
MOST_JUDGED = 2_000
"""Number of references, evenly spaced, by which the language is judged."""
ENGLISH_TOKEN = re.compile("[a-z0-9]+")
LONGEST_UNSTEMMED = 3
"""Length of the longest words, in characters, that the package does not stem."""
CACHED_STEMS = 1 << 16
CACHED_TEXTS = 1 << 15
CACHED_PAIRS = 1 << 17
ASCII_ONLY = re.compile(r"[\x00-\x7f]*")


@dataclass(frozen=True)
class Rouge:
    """F-measures of one prediction, each from 0 to 1."""

    rouge1: float
    rouge2: float
    rougeL: float  # noqa: N815  (the name of the metric)
    rougeLsum: float  # noqa: N815


ROUGE_METRICS = tuple(field.name for field in fields(Rouge))


def score(prediction: str, reference: str, tokens: Tokens = "rouge-score") -> Rouge:
    """Return the scores of `prediction` against one reference.

    >>> score("Ann brings cake.", "Ann brings the cakes.")
    Rouge(rouge1=0.8571428571428571, rouge2=0.4, rougeL=0.8571428571428571, rougeLsum=0.8571428571428571)
    >>> score("Größe 5", "Große 5", "unicode").rouge1, score("我到了", "我到了。", "unicode").rouge2
    (0.5, 1.0)
    """
    # Only ROUGE-Lsum uses the line breaks; for the other metrics they are white space.
    split = (split_sentences(text, tokens) for text in (reference, prediction))
    scores = _scorer(tokens).score(*split)
    return Rouge(*(float(scores[metric].fmeasure) for metric in ROUGE_METRICS))


@lru_cache(CACHED_PAIRS)
def rouge1(prediction: str, reference: str, tokens: Tokens = "rouge-score") -> float:
    """Return ROUGE-1 alone, many times faster than all metrics: it counts the tokens of each text only once."""
    (written, written_total), (wanted, wanted_total) = _counts(prediction, tokens), _counts(reference, tokens)
    shared = sum(min(count, wanted[token]) for token, count in written.items() if token in wanted)
    precision, recall = shared / max(written_total, 1), shared / max(wanted_total, 1)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


def choose_tokens(setting: RougeTokens, references: Sequence[str]) -> Tokens:
    """Return `setting`, or for `auto` the tokens that suit the language of `references`.

    English gets `rouge-score`, any other language `unicode`. References without a recognizable language, such as
    "Ann: OK", get `rouge-score` if it drops none of their letters.

    >>> choose_tokens("auto", ["Ann brings cake."]), choose_tokens("auto", ["Ann bringt Kuchen mit."])
    ('rouge-score', 'unicode')
    """
    if setting != "auto":
        return setting
    return "rouge-score" if _are_english(tuple(references)) else "unicode"


def judged_step(references: int) -> int:
    """Return the distance between the references that `choose_tokens` examines, of `references` in all."""
    return max(1, math.ceil(references / MOST_JUDGED))


def split_sentences(text: str, tokens: Tokens = "rouge-score") -> str:
    """Return `text` with each sentence on its own line. Existing line breaks stay.

    For `rouge-score`, the full stop of an abbreviation also ends a sentence, in predictions and references alike.

    >>> split_sentences("Ann calls.  Bob is late! Who waits?")
    'Ann calls.\\nBob is late!\\nWho waits?'
    >>> split_sentences("我到了。你呢？", "unicode")
    '我到了。\\n你呢？'
    """
    if tokens == "rouge-score":
        return re.sub(ENGLISH_SENTENCE_END, "\n", text)
    return "\n".join(sentences.split_sentences(text))


def signature(tokens: Tokens) -> str:
    """Return the signature: everything that two ROUGE scores must share to be comparable."""
    by = {"rouge-score": "stemmer", "unicode": "words by Unicode rules", "char": "characters"}[tokens]
    return f"rouge-score {version('rouge-score')} | {by} | F-measure | Lsum sentences by regex"


def describe_tokens(tokens: Tokens) -> str:
    """Return a description of what counts as a token."""
    return {
        "rouge-score": "words of a-z and 0-9, lower case, Porter stemmer",
        "unicode": "words by Unicode rules (UAX #29), case folded, no stemmer; "
        f"single characters in {', '.join(UNSPACED_SCRIPTS)}",
        "char": "letters and digits with their marks, case folded",
    }[tokens]


def describe_sentences(tokens: Tokens) -> str:
    """Return the regular expression that matches between two sentences."""
    return ENGLISH_SENTENCE_END if tokens == "rouge-score" else sentences.SENTENCE_END.pattern


@lru_cache(maxsize=8)
def _are_english(references: tuple[str, ...]) -> bool:
    references = references[:: judged_step(len(references))]
    english = is_english(references)
    if english is None:
        return all(ASCII_ONLY.fullmatch(reference) for reference in references)
    foreign = sum(is_english([reference]) is False for reference in references)
    return english and foreign <= MOST_FOREIGN_SHARE * len(references)


@cache
def _scorer(tokens: Tokens) -> Any:
    import_nltk()
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer(ROUGE_METRICS, tokenizer=_Tokenizer(_splitter(tokens)))


@cache
def _splitter(tokens: Tokens) -> Callable[[str], Iterable[str]]:
    return _SPLITTERS[tokens]()


@lru_cache(CACHED_TEXTS)
def _counts(text: str, tokens: Tokens) -> tuple[Counter[str], int]:
    """Return how often each token occurs, and the number of tokens."""
    counts = Counter(_splitter(tokens)(text))
    return counts, counts.total()


class _Tokenizer:
    """A tokenizer with the interface that `RougeScorer` expects."""

    def __init__(self, tokenize: Callable[[str], Iterable[str]]) -> None:
        # A reference is compared with the outputs of every system.
        self.tokenize = lru_cache(CACHED_TEXTS)(lambda text: tuple(tokenize(text)))


def _stemmed_words() -> Callable[[str], Iterable[str]]:
    """Return the package's own tokenizer in fewer steps and with a cache of stems, which take most of the time."""
    import_nltk()
    from nltk.stem.porter import PorterStemmer

    stem = PorterStemmer().stem
    stemmed = lru_cache(CACHED_STEMS)(lambda word: stem(word) if len(word) > LONGEST_UNSTEMMED else word)
    return lambda text: [token for token in map(stemmed, ENGLISH_TOKEN.findall(text.lower())) if token]


_SPLITTERS: dict[Tokens, Callable[[], Callable[[str], Iterable[str]]]] = {
    "rouge-score": _stemmed_words,
    "unicode": lambda: words,
    "char": lambda: characters,
}
