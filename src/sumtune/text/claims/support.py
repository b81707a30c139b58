"""Find content words of a summary that the dialogue does not use."""

from collections.abc import Iterator

from sumtune.text.claims.said import Said, index_dialogue, tokens_of
from sumtune.text.claims.stems import content_stem
from sumtune.text.sentences import SENTENCE_END

__all__ = ["novel_words", "unsupported_sentences"]

LEAST_WORDS = ((4, 0), (6, 1))
"""A sentence is unsupported if it has this many content words, of which the dialogue has at most so many."""
PREFIX = 4
"""Words that begin with the same letters count as the same."""


def unsupported_sentences(summary: str, said: Said) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each sentence whose content words are nearly all missing from the dialogue.

    >>> from sumtune.text.claims.said import index_dialogue
    >>> said = index_dialogue("Ann: I sold my tent.\\nBob: Pity.")
    >>> summary = "Ann sold her tent. The council of the town has asked the school to open the library."
    >>> [summary[start:end] for start, end in unsupported_sentences(summary, said)]
    ['The council of the town has asked the school to open the library.']
    """
    start = 0
    for end in [*(match.start() for match in SENTENCE_END.finditer(summary)), len(summary)]:
        sentence = summary[start:end]
        known = _are_known(sentence, said)
        if any(len(known) >= least and sum(known) <= most for least, most in LEAST_WORDS):
            yield start + len(sentence) - len(sentence.lstrip()), end
        start = end


def novel_words(summary: str, dialogue: str) -> float:
    """Return the share of content words of an English summary whose stem does not occur in the dialogue.

    >>> novel_words("Ann sold her bicycle.", "Ann: I am selling my tent.\\nBob: Pity.")
    0.5
    """
    known = _are_known(summary, index_dialogue(dialogue))
    return 1 - sum(known) / len(known) if known else 0.0


def _are_known(text: str, said: Said) -> list[bool]:
    """Return for each content word, without the names of speakers, whether the dialogue has it."""
    words = tokens_of(text.replace("’", "'"))
    stems = (content_stem(word) for word in words if word[0].isalnum() and word not in said.names)
    return [stem in said.uses or stem[:PREFIX] in said.prefixes for stem in stems if stem is not None]
