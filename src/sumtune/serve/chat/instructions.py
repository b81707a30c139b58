"""Separate requests for a summary from the dialogue.

A text is a request if it has a word like "summarize" and all its words are in the vocabulary of such requests. So
"Please summarize our conversation in two sentences." is a request, and "I'll summarize it for Ann tomorrow." is not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from sumtune.serve.chat.vocabulary import CJK, VOCABULARIES, Vocabulary

__all__ = ["SplitText", "asks_for_more", "is_dialogue", "looks_like_dialogue", "split_request"]

MAX_SENTENCE_CHARACTERS = 300
"""Longest sentence or last line, in characters, that can be part of a request."""
MAX_SENTENCES = 8
MAX_WORDS_BEFORE_VERB = 8
BOUNDARY = re.compile(r"[.!?।]+(?=\s|$)|[:：。！？\n]")
TLDR = re.compile(r"\btl\s?[;:/,]?\s?dr\b", re.IGNORECASE)
SEPARABLE_VERB = re.compile(r"\b(?:sum(?=\s.*\bup\b)|fasse?(?=\s.*\bzusammen\b)|vat(?=\s.*\bsamen\b))", re.IGNORECASE)
"""First part of a separable verb, such as "sum … up"."""
CJK_LETTER = "\u3040-\u9fff"
PUNCTUATION = r"\s.,:;!?…()\[\]{}<>/\\\"“”„«»'‘’*_#`~=|+–—\-。，：；！？、।「」"
TOKEN = re.compile("|".join([*sorted(CJK, key=len, reverse=True), f"[{CJK_LETTER}]", f"[^{PUNCTUATION}{CJK_LETTER}]+"]))
SPEAKER = re.compile(r"^[ \t>*-]{0,8}[^\s:：][^:：\n]{0,40}[:：][ \t]*\S", re.MULTILINE)
"""The start of a turn, `Name: text`."""
TAG = re.compile(r"<(\w{1,40})>")
QUOTES = ('"""', "'''", "```", '"')


@dataclass(frozen=True)
class SplitText:
    """A text, split into requests for a summary and the rest."""

    before: str
    """Request at the start, or ""."""
    rest: str
    after: str
    """Request at the end, or ""."""

    @property
    def has_request(self) -> bool:
        """Whether the text contains a request."""
        return bool(self.before or self.after)

    @property
    def request(self) -> str:
        """Both requests as one text."""
        return " … ".join(part for part in (self.before, self.after) if part)


@dataclass(frozen=True)
class _Sentence:
    start: int
    end: int
    words: frozenset[str]
    is_label: bool
    """Whether it ends with a colon in the middle of a line, like a speaker's name."""


def split_request(text: str) -> SplitText:
    """Return `text`, split into requests and the rest; without a request, `rest` is the whole text.

    >>> split_request("Summarize the following chat: Ann: Hi")
    SplitText(before='Summarize the following chat:', rest='Ann: Hi', after='')
    >>> split_request("Ann: Hi\\nBob: Please summarize this.").has_request
    False
    """
    text = text.strip()
    first, last = _first_sentences(text), _last_lines(text)
    words = frozenset().union(*(sentence.words for sentence in (*first, *last)))
    for vocabulary in VOCABULARIES:
        if not words.isdisjoint(vocabulary.summary):
            end = _start_of_last_request(last, vocabulary, len(text))
            start = min(end, _end_of_first_request(first, vocabulary, len(text), has_last_request=end < len(text)))
            if start or end < len(text):
                return _strip_wrapping(text[:start].strip(), text[start:end].strip(), text[end:].strip())
    end = first[0].end if first else 0
    if looks_like_dialogue(text[end:]) and _starts_like_request(text[:end]):
        return _strip_wrapping(text[:end].strip(), text[end:].strip(), "")
    return SplitText("", text, "")


def looks_like_dialogue(text: str) -> bool:
    """Return whether at least two lines start with a speaker.

    >>> looks_like_dialogue("Ann: Hi\\nBob: Hello"), looks_like_dialogue("Focus on the dates.")
    (True, False)
    """
    return len(SPEAKER.findall(text)) > 1


def is_dialogue(text: str) -> bool:
    """Return whether every line starts with a speaker.

    >>> is_dialogue("Ann: Hi\\nBob: Hello"), is_dialogue("Ann: Hi\\nHello")
    (True, False)
    """
    return all(SPEAKER.match(line) for line in text.splitlines() if line.strip())


def asks_for_more(text: str) -> bool:
    """Return whether `text` asks for a summary of the conversation and for something else, which is not supported.

    >>> asks_for_more("Summarize our chat from the landlord's point of view.")
    True
    """
    if len(text) > MAX_SENTENCE_CHARACTERS or SPEAKER.search(text) or split_request(text).has_request:
        return False
    return _starts_like_request(text)


def _starts_like_request(text: str) -> bool:
    """Return whether `text` starts like a request for a summary of a conversation, whatever follows."""
    words = _words(text)
    return any(_begins_request(words, vocabulary) for vocabulary in VOCABULARIES)


def _begins_request(words: Sequence[str], vocabulary: Vocabulary) -> bool:
    verb = next((index for index, word in enumerate(words) if word in vocabulary.verb), len(words))
    if verb > MAX_WORDS_BEFORE_VERB or vocabulary.topic.isdisjoint(words):
        return False
    return vocabulary.known.issuperset(words[:verb])


def _first_sentences(text: str) -> list[_Sentence]:
    """Return the first sentences, up to a tag or a sentence that is too long for a request."""
    sentences: list[_Sentence] = []
    at = 0
    while at < len(text) and len(sentences) < MAX_SENTENCES:
        found = BOUNDARY.search(text, at, at + MAX_SENTENCE_CHARACTERS)
        end = found.end() if found else len(text)
        sentence = text[at:end]
        if len(sentence) > MAX_SENTENCE_CHARACTERS or sentence.lstrip().startswith("<"):
            break
        is_label = sentence.endswith((":", "：")) and text[end : end + 1] != "\n" and end < len(text)
        sentences.append(_Sentence(at, end, frozenset(_words(sentence)), is_label))
        at = end
    return sentences


def _end_of_first_request(
    sentences: Sequence[_Sentence], vocabulary: Vocabulary, length: int, *, has_last_request: bool
) -> int:
    """Return where the request at the start ends, or 0 if there is none.

    All its sentences consist of known words. A sentence without a content word ends the request if a previous sentence
    (or the end of the text) has asked for a summary, or if it looks like a speaker's name.
    """
    seen: set[str] = set()
    end = 0
    for sentence in sentences:
        has_content = not sentence.words.isdisjoint(vocabulary.content)
        has_asked = has_last_request or not seen.isdisjoint(vocabulary.summary)
        if not sentence.words <= vocabulary.known:
            break
        if sentence.words and not has_content and (has_asked or sentence.is_label):
            break
        seen |= sentence.words
        if has_content:
            end = sentence.end
    has_asked = has_last_request or not seen.isdisjoint(vocabulary.summary)
    names_only = (
        not has_last_request and seen.isdisjoint(vocabulary.asks) and end < length
    )  # a text like "Summary: we meet at five"
    return end if has_asked and not names_only else 0


def _last_lines(text: str) -> list[_Sentence]:
    """Return the last lines in reverse order, up to a turn or a line that is too long for a request."""
    lines: list[_Sentence] = []
    end = len(text)
    while end > 0 and len(lines) < MAX_SENTENCES:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if len(line) > MAX_SENTENCE_CHARACTERS or SPEAKER.match(line):
            break
        lines.append(_Sentence(start, end, frozenset(_words(line)), is_label=False))
        end = start - 1
    return lines


def _start_of_last_request(lines: Sequence[_Sentence], vocabulary: Vocabulary, length: int) -> int:
    """Return where the request at the end starts, or `length` if there is none."""
    start = length
    for line in lines:
        if line.words.isdisjoint(vocabulary.content) or not line.words <= vocabulary.known:
            break
        if not line.words.isdisjoint(vocabulary.summary):
            start = line.start
    return start


def _words(text: str) -> list[str]:
    """Return the words of `text` in lower case, without numbers."""
    words = TOKEN.findall(SEPARABLE_VERB.sub("summarize", TLDR.sub("tldr", text)).casefold())
    return [word for word in words if not word.isdecimal()]


def _strip_wrapping(before: str, rest: str, after: str) -> SplitText:
    """Return the parts without the tags, quotes and empty lines around the dialogue."""
    lines = list(dropwhile(_has_no_word, rest.splitlines()))
    rest = "\n".join(reversed(list(dropwhile(_has_no_word, reversed(lines))))).strip()
    if (tag := TAG.match(rest)) and rest.endswith(f"</{tag[1]}>"):
        inner = rest[tag.end() : -len(f"</{tag[1]}>")].strip()
        return SplitText(f"{before} {tag[0]}".strip(), inner, f"</{tag[1]}> {after}".strip())
    for mark in QUOTES:
        if rest.startswith(mark) and rest.endswith(mark) and len(rest) > 2 * len(mark):
            return SplitText(before, rest[len(mark) : -len(mark)].strip(), after)
    return SplitText(before, rest, after)


def _has_no_word(line: str) -> bool:
    return not any(map(str.isalnum, line))
