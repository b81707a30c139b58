"""Generation that pauses at every step, with other dialogues in between, gives what it gives in one go."""

from math import ceil

import pytest
import tiny

from sumtune.decode.native import decoder
from sumtune.kernels.attention import BLOCK
from sumtune.summarizer import PausableSummarizer
from sumtune.text.prompt import Prompt

PROMPT = Prompt("", "\nTL;DR:", "", max_source_tokens=1000, max_target_tokens=12)
LONG = "\n".join(tiny.conversation(number)["dialogue"] for number in range(12))
SHORT = [tiny.conversation(number)["dialogue"] for number in range(2)]


def never():
    return False


@pytest.mark.parametrize(("beams", "quantization"), [(1, "float32"), (3, "int8")])
def test_pauses_change_no_summary(shared, beams, quantization, monkeypatch):
    summarizer = shared("gemma", "native", prompt=PROMPT, quantization=quantization, beams=beams)
    assert isinstance(summarizer, PausableSummarizer)
    monkeypatch.setattr(decoder, "PIECE", 10**6)
    at_once, short = summarizer.summarize([LONG]), summarizer.summarize(SHORT)
    monkeypatch.setattr(decoder, "PIECE", BLOCK)
    pieces = []
    generation, pauses = summarizer.begin([LONG], lambda _at, piece: bool(pieces.append(piece))), 0
    while (completions := generation.advance(lambda: True)) is None:
        pauses += 1
        assert summarizer.summarize(SHORT) == short
    assert completions == at_once
    assert "".join(pieces) == at_once[0].text
    assert pauses == ceil(len(summarizer._encoder.source(LONG)) / BLOCK) + at_once[0].tokens - 1


def test_the_memory_of_reading_is_that_of_the_cache(make, monkeypatch):
    summarizer = make("gemma", "native", prompt=PROMPT)
    tokens, overhead = 300, summarizer._encoder.overhead
    cache = summarizer._decoder.new_cache(decoder.torch.tensor([tokens + overhead]), beams=1, limit=1)
    kept = sum(tensor.nbytes for layer in cache.layers for tensor in (layer.read_keys, layer.read_values))
    assert summarizer.reading_bytes(tokens) == kept
