"""Dialogues of any length: every part is read, short ones are untouched, and the answer says how it was read."""

from collections.abc import Sequence

import pytest
import tiny

from sumtune.decode.long_dialogues import LongDialogueSummarizer
from sumtune.summarizer import Completion, OnProgress
from sumtune.text.encode import Encoder
from sumtune.text.parts import split
from sumtune.text.prompt import default_prompt

ENCODER = Encoder(tiny.tokenizer(), default_prompt(False, "gemma", 1 << 20, 64), False)
LIMIT = 100
SHORT = "Ann: Hi\nBen: Bye"
LONG = "\n".join(f"Ann: item {number} is done" for number in range(80))


class Recorder:
    """Writes the first and the last word of what it reads, and remembers it."""

    engine, setup_s, decoding = "recorder", 0.0, {"beams": 1}

    def __init__(self, words: int = 1) -> None:
        self.calls: list[list[str]] = []
        self.styles: list[Sequence[str] | None] = []
        self._words = words

    def summarize(
        self, dialogues: Sequence[str], progress: OnProgress | None = None, max_tokens: int | None = None,
        styles: Sequence[str] | None = None,
    ) -> list[Completion]:  # fmt: skip
        self.calls.append(list(dialogues))
        self.styles.append(styles)
        if progress is not None:
            progress(len(dialogues))
        some = [dialogue.split() for dialogue in dialogues]
        return [Completion(" ".join([*words[2 : 2 + self._words], "."]), 2, False) for words in some]


def summarizer(below: Recorder, long: str = "parts") -> LongDialogueSummarizer:
    return LongDialogueSummarizer(below, ENCODER.count, LIMIT, long)


def test_what_fits_is_read_whole_and_in_one_call() -> None:
    below = Recorder()
    (completion,) = summarizer(below).summarize([SHORT])
    assert completion == Completion("Ben: .", 2, False, read="whole")
    assert below.calls == [[SHORT]]


def test_a_long_one_is_read_in_parts_and_then_their_summaries() -> None:
    below, parts, done = Recorder(), split(LONG, ENCODER.count, LIMIT), []
    completions = summarizer(below).summarize([SHORT, LONG, SHORT], done.append)
    assert [completion.read for completion in completions] == ["whole", f"parts ({len(parts)})", "whole"]
    assert below.calls[0] == parts
    assert below.calls[-1] == [SHORT, "\n".join(f"{part.split()[2]} ." for part in parts), SHORT]
    assert len(parts) > 5
    assert done == pytest.approx([3 * len(parts) / (len(parts) + 3), 9 / (len(parts) + 3)])


def test_a_dialogue_is_counted_once_or_not_at_all_if_its_length_is_known() -> None:
    counted: list[str] = []

    def count(texts: Sequence[str]) -> list[int]:
        counted.extend(texts)
        return ENCODER.count(texts)

    for known in (None, ENCODER.count([LONG, SHORT])):
        counted.clear()
        LongDialogueSummarizer(Recorder(), count, LIMIT, "parts").summarize([LONG, SHORT], tokens=known)
        assert [counted.count(LONG), counted.count(SHORT)] == ([1, 1] if known is None else [0, 0])


def test_summaries_of_parts_that_are_too_long_are_read_in_parts_again() -> None:
    below = Recorder(words=12)
    (completion,) = summarizer(below).summarize([LONG])
    assert completion.read.startswith("parts")
    sizes = [len(call) for call in below.calls]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) > 2
    assert ENCODER.count(below.calls[-1])[0] <= LIMIT


def test_summaries_that_do_not_get_shorter_end_all_the_same() -> None:
    below = Recorder(words=1000)
    assert len(summarizer(below).summarize([LONG])) == 1
    assert len(below.calls) <= 3


@pytest.mark.parametrize(("dialogue", "read"), [(SHORT, "whole"), (LONG, "truncated")])
def test_truncated_ones_say_so(dialogue: str, read: str) -> None:
    below = Recorder()
    (completion,) = summarizer(below, "truncate").summarize([dialogue])
    assert completion.read == read
    assert below.calls == [[dialogue]]
    assert summarizer(below, "truncate").decoding == {"beams": 1, "long": "truncate"}


def test_every_level_has_the_style_of_its_dialogue() -> None:
    below, parts = Recorder(words=12), split(LONG, ENCODER.count, LIMIT)
    summarizer(below).summarize([SHORT, LONG], styles=["brief", "long"])
    assert len(below.calls) > 2
    assert below.styles[0] == ["long"] * len(parts)
    assert all(set(styles or ()) == {"long"} for styles in below.styles[:-1])
    assert below.styles[-1] == ["brief", "long"]
