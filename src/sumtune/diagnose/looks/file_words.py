"""Words, names and forms of tokens in the references and dialogues of a file."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from sumtune.data.embedded import embedded_pairs
from sumtune.diagnose.looks.style import SummaryStyle
from sumtune.diagnose.looks.surprise import CharacterModel
from sumtune.diagnose.looks.word_order import WordOrder
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.text_features import CACHED_TEXTS, share, words
from sumtune.text.language import LEAST_LETTERS, is_english, language_of
from sumtune.text.names import capitalized_spans, english_name_spans
from sumtune.text.words import CAPITALIZED, count_words, has_unspaced

__all__ = ["MOST_COMMON", "FileWords", "file_words", "form"]

ROWS = 1_000
"""Number of rows that are enough for the words of a file."""
FEWEST_WORDS = 3_000
"""Number of words, in different lines, that are needed to judge what is usual."""
LONG_WORD = 6
"""Letters from which a word is known if another word has the same beginning."""
CUT_ENDING = 3
START = "-"
"""Mark of such a beginning, which no word ends with."""
LETTERS = re.compile(r"[^\W\d_]+")
DIGITS = re.compile(r"\d+")
MOST_COMMON = 50
"""Number of words that count as the most common ones; most are function words, such as `the` and `is`."""
AROUND = ".,!?;:\"'()“”‘’…"
HALVES = 2
GARBLED_SHARE = 0.5
"""Share of unknown words of a garbled text."""
NEAR_MISSES = 2
NEAR_SHARE = 0.1
"""Smallest number and share of words with one wrong letter in such a text."""
SHORTEST_WORD = 4
"""Letters of a word of which one may be wrong."""


def _capitalized(text: str) -> set[str]:
    """Return the capitalized words of `text`, in lower case. Letters and labels, such as `A:` and `Plan:`, are none."""
    spans = ((start, end) for start, end in english_name_spans(text) if end - start > 1 and text[end : end + 1] != ":")
    return {text[start:end].lower() for start, end in spans}


@lru_cache(1 << 16)
def form(token: str) -> str:
    """Return `token` with each run of letters as `a` and of digits as `0`, without usual marks around it.

    >>> form("Ann,"), form("[PERSON]"), form("5:30pm"), form("it's")
    ('a', '[a]', '0:0a', "a'a")
    """
    bare = token.strip(AROUND)
    return "a" if bare.isalpha() else DIGITS.sub("0", LETTERS.sub("a", bare))


class FileWords:
    """What is usual in a file. A reference is judged without its own words."""

    def __init__(self, references: tuple[str, ...], dialogues: tuple[str, ...] | None) -> None:
        """Read the first `ROWS` rows."""
        self._references = references[:ROWS]
        self._all_references = references
        self._dialogues = (dialogues or ())[:ROWS]
        self._all_dialogues = dialogues
        known = set(self._dialogues) & _embedded()  # nothing is usual because the file itself has it
        self._background = () if known or not is_english(self._references) else _background()
        self.is_garbled = lru_cache(CACHED_TEXTS)(self._is_garbled)
        self.order_fit = lru_cache(CACHED_TEXTS)(self._order_fit)

    @cached_property
    def are_enough(self) -> bool:
        """Whether the texts are enough to judge what is usual."""
        lines = {
            line for text in (*self._references, *self._dialogues, *self._background) for line in text.splitlines()
        }
        return sum(map(count_words, lines)) >= FEWEST_WORDS

    @cached_property
    def _languages(self) -> frozenset[str | None]:
        """The languages whose words the file and the background show well enough, and None for an unknown one."""
        found: defaultdict[str | None, set[str]] = defaultdict(set)
        for row in range(len(self._references)):
            found[self._language(row)].update(self._text(row).splitlines())
        found["English"].update(line for text in self._background for line in text.splitlines())
        return frozenset(name for name, lines in found.items() if sum(map(count_words, lines)) >= FEWEST_WORDS) | {None}

    def _language(self, row: int) -> str | None:
        return language_of(self._text(row))

    def _text(self, row: int) -> str:
        """Return the dialogue and the reference of a row."""
        return "\n".join((self._all_dialogues[row] if self._all_dialogues else "", self._all_references[row]))

    def has_language(self, row: int) -> bool:
        """Return whether the words of the row's language are known well enough to judge its texts."""
        return self._language(row) in self._languages

    @cached_property
    def _counts(self) -> Counter[str]:
        texts = (*self._references, *self._dialogues, *self._background)
        counts = Counter(chain.from_iterable(map(words, texts)))
        for word, count in list(counts.items()):
            for start in _start(word):
                counts[start] += count
        return counts

    @cached_property
    def _forms(self) -> Counter[str]:
        texts = (*self._references, *self._dialogues, *self._background)
        return Counter(map(form, chain.from_iterable(map(str.split, texts))))

    @cached_property
    def _models(self) -> tuple[WordOrder, ...]:
        """For each half of the rows: a model of all dialogues and of the references of the other half."""
        said = [line for text in (*self._dialogues, *self._background) for line in text.splitlines()]
        names = self._names
        return tuple(
            WordOrder([*said, *self._references[1 - half :: HALVES]], names) for half in range(HALVES)
        )  # fmt: skip

    @cached_property
    def _characters(self) -> tuple[CharacterModel, ...]:
        """The same for characters."""
        said = [line for text in (*self._dialogues, *self._background) for line in text.splitlines()]
        return tuple(CharacterModel([*said, *self._references[1 - half :: HALVES]]) for half in range(HALVES))

    @cached_property
    def _names(self) -> frozenset[str]:
        """Words that are more often written with a capital than without."""
        texts = (*self._references, *self._dialogues, *self._background)
        capital = Counter(word.lower() for text in texts for word in CAPITALIZED.findall(text))
        return frozenset(word for word, count in capital.items() if 2 * count > self._counts.get(word, 0))

    @cached_property
    def _common(self) -> frozenset[str]:
        """The most common words that are no names."""
        counts = {
            word: count for word, count in self._counts.items() if word not in self._names and not word.endswith(START)
        }
        return frozenset(sorted(counts, key=lambda word: (-counts[word], word))[:MOST_COMMON])

    def common_share(self, text: str) -> float:
        """Return the share of the words of `text` that are among the most common ones."""
        return share(word in self._common for word in words(text))

    def shared_names(self, one: str, other: str) -> frozenset[str]:
        """Return the names that two texts share, in lower case; none if no text has one of them inside a sentence.

        A capitalized word at the start of a sentence may be any word, and so may a single one in other languages than
        English, such as a German noun.
        """
        shared = self._names & _capitalized(one) & _capitalized(other)
        inside = (text[start:end].lower() for text in (one, other) for start, end in capitalized_spans(text))
        is_sure = not shared.isdisjoint(inside) and (len(shared) > 1 or bool(self._background))
        return shared if is_sure else frozenset()

    def has_name(self, text: str, row: int) -> bool:
        """Return whether `text` contains a name of the dialogue, in capitals or not; true if the dialogue has none."""
        said = self._all_dialogues[row] if self._all_dialogues else ""
        names = {word.lower() for word in CAPITALIZED.findall(said)} & self._names
        return not names or not names.isdisjoint(words(text))

    def _order_fit(self, text: str, row: int) -> float:
        """Return how well the words of `text` fit their places; 0.5 is random order."""
        return self._models[row % HALVES].fit(text)

    def bits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return how surprising the characters of the text in each row are, in bits per character: `(rows,)`."""
        found = np.zeros(len(texts))
        for half, model in enumerate(self._characters):
            found[half::HALVES] = model.bits(texts[half::HALVES])
        return found

    @cached_property
    def _styles(self) -> tuple[SummaryStyle, ...]:
        """For each half of the rows: a model of the references of the other half, and of other summaries."""
        said, told = zip(*_pairs(), strict=True) if self._background else ((), ())
        dialogues = self._dialogues or ("",) * len(self._references)
        rows = [slice(1 - half, None, HALVES) for half in range(HALVES)]
        return tuple(SummaryStyle([*self._references[one], *told], [*dialogues[one], *said]) for one in rows)

    def style_bits(self, text: str, row: int) -> float:
        """Return how unusual the words of `text` are for a summary of the row's dialogue, in bits per word."""
        said = self._all_dialogues[row] if self._all_dialogues else ""
        return self._styles[row % HALVES].bits(text, said)

    def unknown_share(self, text: str, row: int, own: str = "") -> float:
        """Return the share of the words that no dialogue and no reference has, except `own`."""
        return len(self.unknown_words(text, row, own)) / max(1, len(words(text)))

    def unknown_words(self, text: str, row: int, own: str = "") -> list[str]:
        """Return the words that no dialogue and no reference has, except `own`."""
        mine = Counter(part for word in words(own) for part in (word, *_start(word))) if row < ROWS else {}
        said = self._said(row)
        return [word for word in words(text) if not self._knows(word, said, mine)]

    def _is_garbled(self, text: str, row: int) -> bool:
        """Return whether letters of `text` were lost or changed.

        Few of its words are known, many have one wrong letter, or most are single letters.
        """
        found = words(text)
        if sum(map(len, found)) < LEAST_LETTERS * len(found) and not has_unspaced(text):
            return True
        unknown = self.unknown_words(text, row)
        near = sum(map(self.is_near_miss, unknown))
        return bool(found) and (
            len(unknown) >= GARBLED_SHARE * len(found) or near >= max(NEAR_MISSES, NEAR_SHARE * len(found))
        )

    def is_near_miss(self, word: str) -> bool:
        """Return whether a known word differs from `word` in one letter."""
        shorter = _without_a_letter(word)
        return word in self._shortened or any(one in self._counts or one in self._shortened for one in shorter)

    @cached_property
    def _shortened(self) -> frozenset[str]:
        """The known words, each without one of its letters."""
        return frozenset(chain.from_iterable(_without_a_letter(word) for word in self._counts if word.isalpha()))

    def unknown_forms(self, text: str, row: int, own: str = "") -> list[str]:
        """Return the tokens of a form that no dialogue and no reference has, except `own`."""
        mine = Counter(form(token) for token in own.split()) if row < ROWS else Counter()
        said = self._all_dialogues[row] if self._all_dialogues else ""
        strange = [token for token in text.split() if self._forms[form(token)] <= mine[form(token)]]
        return [token for token in strange if form(token) not in map(form, said.split())]

    def _knows(self, word: str, said: frozenset[str], mine: Mapping[str, int]) -> bool:
        if word in said:
            return True
        count, own = self._counts.get, mine.get
        return any(count(part, 0) > own(part, 0) for part in (word, *_start(word)))

    def _said(self, row: int) -> frozenset[str]:
        return _words(self._all_dialogues[row]) if self._all_dialogues else frozenset()


def _without_a_letter(word: str) -> tuple[str, ...]:
    """Return `word` without each of its letters; nothing for a short word."""
    return tuple(word[:at] + word[at + 1 :] for at in range(len(word))) if len(word) >= SHORTEST_WORD else ()


@lru_cache(maxsize=ROWS)
def _words(text: str) -> frozenset[str]:
    return frozenset(words(text))


def _start(word: str) -> tuple[str, ...]:
    """Return the beginning of a long word, marked as one, which its other forms share."""
    return (f"{word[: max(LONG_WORD - 1, len(word) - CUT_ENDING)]}{START}",) if len(word) >= LONG_WORD else ()


@lru_cache(maxsize=1)
def _background() -> tuple[str, ...]:
    """Return English conversations and summaries."""
    return tuple(text for pair in _pairs() for text in pair)


@lru_cache(maxsize=1)
def _pairs() -> tuple[tuple[str, str], ...]:
    """Return English conversations, each with its summary."""
    return tuple(embedded_pairs("train"))


@lru_cache(maxsize=1)
def _embedded() -> frozenset[str]:
    return frozenset(_dialogues())


def _dialogues() -> Iterator[str]:
    for split in ("train", "validation", "test"):
        yield from (dialogue for dialogue, _ in embedded_pairs(split))


def file_words(outputs: Outputs) -> FileWords:
    """Return the words of a file, cached by its references and dialogues."""
    return _file_words(outputs.first_references, outputs.dialogues)


_file_words = lru_cache(maxsize=4)(FileWords)
