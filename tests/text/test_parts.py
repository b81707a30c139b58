"""Parts of a long dialogue: nothing is lost, nothing is too long, and neighbours overlap."""

from itertools import pairwise

import tiny
from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.encode import Encoder
from sumtune.text.parts import align, split
from sumtune.text.prompt import default_prompt

ENCODER = Encoder(tiny.tokenizer(), default_prompt(False, "gemma", 1 << 20, 64), False)

turns = st.text("abcdefgh .,!?é", min_size=1, max_size=60).map(str.strip).filter(bool)
dialogues = st.lists(turns, min_size=1, max_size=60).map("\n".join)


def words(text: str) -> list[str]:
    return text.split()


@given(dialogues, st.integers(16, 120))
def test_every_part_fits_and_together_they_are_the_dialogue(dialogue: str, max_tokens: int) -> None:
    parts = split(dialogue, ENCODER.count, max_tokens)
    assert max(ENCODER.count(parts)) <= max_tokens
    at = 0
    letters = dialogue.replace(" ", "").replace("\n", "")
    for part in parts:  # each begins where the last one ended, or earlier
        own = part.replace(" ", "").replace("\n", "")
        begin = next(start for start in range(at, -1, -1) if letters.startswith(own, start))
        at = begin + len(own)
    assert at == len(letters)


@given(dialogues)
def test_a_dialogue_that_fits_is_its_only_part(dialogue: str) -> None:
    (tokens,) = ENCODER.count([dialogue])
    assert split(dialogue, ENCODER.count, tokens) == [dialogue]


def test_parts_are_of_about_equal_length_and_overlap() -> None:
    lines = [f"Ann: number {number} is here" for number in range(100)]
    parts = split("\n".join(lines), ENCODER.count, 300)
    sizes = ENCODER.count(parts)
    assert min(sizes) > 0.6 * max(sizes)
    for part, following in pairwise(parts):
        assert following.split("\n")[0] in part.split("\n")
        assert part.split("\n")[0] not in following.split("\n")


def test_one_endless_line_is_cut_between_words() -> None:
    line = "Ann: " + " ".join(f"word{number}" for number in range(300))
    parts = split(line, ENCODER.count, 64)
    assert [word for part in parts for word in words(part)] == words(line)


@given(st.lists(turns, min_size=1, max_size=5), st.lists(turns, max_size=8))
def test_each_sentence_goes_to_one_part(parts: list[str], sentences: list[str]) -> None:
    chosen = align(parts, sentences)
    assert sorted(sentence for some in chosen for sentence in some) == sorted(sentences)
    assert len(chosen) == len(parts)


def test_a_sentence_goes_to_the_part_that_it_is_about() -> None:
    parts = [tiny.conversation(number)["dialogue"] for number in range(12)]
    summaries = [tiny.conversation(number)["summary"] for number in range(12)]
    assert align(parts, summaries) == [[summary] for summary in summaries]
