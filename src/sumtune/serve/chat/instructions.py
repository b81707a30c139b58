"""Requests for a summary, told apart from what is to be summarized.

A text is a request where it has a word like "summarize" and no word but those that such requests are made of. So
"Please summarize our conversation in two sentences." is one, and "I'll summarize it for Ann tomorrow." is not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from sumtune.serve.chat.vocabulary import CJK, VOCABULARIES, Vocabulary

__all__ = ["Request", "asks_for_something_else", "is_dialogue", "looks_like_dialogue", "split_request"]

LONGEST_SENTENCE = 300
"""Characters of the longest sentence, or last line, that is read as a part of a request."""
MOST_SENTENCES = 8
MOST_WORDS_BEFORE_VERB = 8
BOUNDARY = re.compile(r"[.!?।]+(?=\s|$)|[:：。！？\n]")
TLDR = re.compile(r"\btl\s?[;:/,]?\s?dr\b", re.IGNORECASE)
TWO_PARTS = re.compile(r"\b(?:sum(?=\s.*\bup\b)|fasse?(?=\s.*\bzusammen\b)|vat(?=\s.*\bsamen\b))", re.IGNORECASE)
"""The first part of a verb of two, such as "sum … up"."""
CJK_LETTER = "\u3040-\u9fff"
PUNCTUATION = r"\s.,:;!?…()\[\]{}<>/\\\"“”„«»'‘’*_#`~=|+–—\-。，：；！？、।「」"
TOKEN = re.compile("|".join([*sorted(CJK, key=len, reverse=True), f"[{CJK_LETTER}]", f"[^{PUNCTUATION}{CJK_LETTER}]+"]))
LABEL = re.compile(r"^[ \t>*-]{0,8}[^\s:：][^:：\n]{0,40}[:：][ \t]*\S", re.MULTILINE)
"""The start of a turn, `Name: text`."""
TAG = re.compile(r"<(\w{1,40})>")
QUOTES = ('"""', "'''", "```", '"')


@dataclass(frozen=True)
class Request:
    """A text in parts: the words that ask for a summary, and what is to be summarized."""

    before: str
    """The request that stands first; "" where there is none."""
    rest: str
    after: str
    """The request that stands last; "" where there is none."""

    @property
    def asks(self) -> bool:
        """Whether there is a request at all."""
        return bool(self.before or self.after)

    @property
    def words(self) -> str:
        """All that asks."""
        return " … ".join(part for part in (self.before, self.after) if part)


@dataclass(frozen=True)
class _Sentence:
    start: int
    end: int
    words: frozenset[str]
    introduces: bool
    """Whether it ends with a colon after which its line goes on, as a speaker's name does."""


def split_request(text: str) -> Request:
    """Return `text` in parts; the whole of it is `rest` where nothing in it asks for a summary.

    >>> split_request("Summarize the following chat: Ann: Hi")
    Request(before='Summarize the following chat:', rest='Ann: Hi', after='')
    >>> split_request("Ann: Hi\\nBob: Please summarize this.").asks
    False
    """
    text = text.strip()
    first, last = _first_sentences(text), _last_lines(text)
    used = frozenset().union(*(sentence.words for sentence in (*first, *last)))
    for vocabulary in VOCABULARIES:
        if not used.isdisjoint(vocabulary.summary):
            end = _start_of_last(last, vocabulary, len(text))
            start = min(end, _end_of_first(first, vocabulary, len(text), asked=end < len(text)))
            if start or end < len(text):
                return _unwrapped(text[:start].strip(), text[start:end].strip(), text[end:].strip())
    end = first[0].end if first else 0
    if looks_like_dialogue(text[end:]) and _asks_for_more(text[:end]):
        return _unwrapped(text[:end].strip(), text[end:].strip(), "")
    return Request("", text, "")


def looks_like_dialogue(text: str) -> bool:
    """Return whether at least two lines begin with a speaker.

    >>> looks_like_dialogue("Ann: Hi\\nBob: Hello"), looks_like_dialogue("Focus on the dates.")
    (True, False)
    """
    return len(LABEL.findall(text)) > 1


def is_dialogue(text: str) -> bool:
    """Return whether every line begins with a speaker.

    >>> is_dialogue("Ann: Hi\\nBob: Hello"), is_dialogue("Ann: Hi\\nHello")
    (True, False)
    """
    return all(LABEL.match(line) for line in text.splitlines() if line.strip())


def asks_for_something_else(text: str) -> bool:
    """Return whether `text` asks for a summary of the conversation, and for something that is not understood here.

    >>> asks_for_something_else("Summarize our chat from the landlord's point of view.")
    True
    """
    if len(text) > LONGEST_SENTENCE or LABEL.search(text) or split_request(text).asks:
        return False
    return _asks_for_more(text)


def _asks_for_more(text: str) -> bool:
    """Whether `text` begins like a request for a summary of a conversation, whatever else it asks for."""
    words = _words(text)
    return any(_begins_request(words, vocabulary) for vocabulary in VOCABULARIES)


def _begins_request(words: Sequence[str], vocabulary: Vocabulary) -> bool:
    verb = next((place for place, word in enumerate(words) if word in vocabulary.verb), len(words))
    if verb > MOST_WORDS_BEFORE_VERB or vocabulary.topic.isdisjoint(words):
        return False
    return vocabulary.known.issuperset(words[:verb])


def _first_sentences(text: str) -> list[_Sentence]:
    """The sentences that `text` begins with, up to one that is too long for a request, or a tag."""
    sentences: list[_Sentence] = []
    at = 0
    while at < len(text) and len(sentences) < MOST_SENTENCES:
        found = BOUNDARY.search(text, at, at + LONGEST_SENTENCE)
        end = found.end() if found else len(text)
        sentence = text[at:end]
        if len(sentence) > LONGEST_SENTENCE or sentence.lstrip().startswith("<"):
            break
        introduces = sentence.endswith((":", "：")) and text[end : end + 1] != "\n" and end < len(text)
        sentences.append(_Sentence(at, end, frozenset(_words(sentence)), introduces))
        at = end
    return sentences


def _end_of_first(sentences: Sequence[_Sentence], vocabulary: Vocabulary, length: int, *, asked: bool) -> int:
    """Where the request that stands first ends; 0 where there is none. `asked`: the end of the text asks already.

    Its sentences have known words only. Once one has asked, and where one looks like a speaker's name, it goes on with
    those alone that have a word of content.
    """
    seen: set[str] = set()
    end = 0
    for sentence in sentences:
        has_content = not sentence.words.isdisjoint(vocabulary.content)
        has_asked = asked or not seen.isdisjoint(vocabulary.summary)
        if not sentence.words <= vocabulary.known:
            break
        if sentence.words and not has_content and (has_asked or sentence.introduces):
            break
        seen |= sentence.words
        if has_content:
            end = sentence.end
    has_asked = asked or not seen.isdisjoint(vocabulary.summary)
    names_only = not asked and seen.isdisjoint(vocabulary.asks) and end < length  # "Summary: we meet at five"
    return end if has_asked and not names_only else 0


def _last_lines(text: str) -> list[_Sentence]:
    """The lines that `text` ends with, the last one first, up to one that is too long for a request, or a turn."""
    lines: list[_Sentence] = []
    end = len(text)
    while end > 0 and len(lines) < MOST_SENTENCES:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if len(line) > LONGEST_SENTENCE or LABEL.match(line):
            break
        lines.append(_Sentence(start, end, frozenset(_words(line)), introduces=False))
        end = start - 1
    return lines


def _start_of_last(lines: Sequence[_Sentence], vocabulary: Vocabulary, length: int) -> int:
    """Where the request that stands last begins, the length where there is none."""
    start = length
    for line in lines:
        if line.words.isdisjoint(vocabulary.content) or not line.words <= vocabulary.known:
            break
        if not line.words.isdisjoint(vocabulary.summary):
            start = line.start
    return start


def _words(text: str) -> list[str]:
    """The words of a short text in lower case, without numbers."""
    found = TOKEN.findall(TWO_PARTS.sub("summarize", TLDR.sub("tldr", text)).casefold())
    return [word for word in found if not word.isdecimal()]


def _unwrapped(before: str, rest: str, after: str) -> Request:
    """The parts of a text, without what only shows where the dialogue begins and ends: a tag, quotes, empty lines."""
    lines = list(dropwhile(_has_no_word, rest.splitlines()))
    rest = "\n".join(reversed(list(dropwhile(_has_no_word, reversed(lines))))).strip()
    if (tag := TAG.match(rest)) and rest.endswith(f"</{tag[1]}>"):
        inner = rest[tag.end() : -len(f"</{tag[1]}>")].strip()
        return Request(f"{before} {tag[0]}".strip(), inner, f"</{tag[1]}> {after}".strip())
    for mark in QUOTES:
        if rest.startswith(mark) and rest.endswith(mark) and len(rest) > 2 * len(mark):
            return Request(before, rest[len(mark) : -len(mark)].strip(), after)
    return Request(before, rest, after)


def _has_no_word(line: str) -> bool:
    return not any(map(str.isalnum, line))
