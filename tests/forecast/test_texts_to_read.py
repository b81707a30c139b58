"""What an evaluation reads, so that its forecast counts the parts of long dialogues."""

from dataclasses import replace

from sumtune.forecast.evaluation import texts_to_read
from sumtune.text.parts import split
from sumtune.text.prompt import Prompt

PARTS = Prompt("", "", "", 20, 8, long="parts")
SHORT, LONG = "Ann: Hi", "\n".join(f"Ann: number {number}" for number in range(40))


def count(texts):
    return [len(text.split()) for text in texts]


def test_every_part_is_read_and_then_their_summaries():
    parts = split(LONG, count, 20)
    assert len(parts) > 3
    texts = texts_to_read([SHORT, LONG], PARTS, count)
    assert texts[: 1 + len(parts)] == [SHORT, *parts]
    assert len(texts) == 2 + len(parts)


def test_truncated_dialogues_are_read_once():
    assert texts_to_read([SHORT, LONG], replace(PARTS, long="truncate"), count) == [SHORT, LONG]
