"""A converted tokenizer that splits the words of its vocabulary is refused."""

import json

import pytest
import tiny
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from sumtune.errors import ModelError
from sumtune.model.tokenizer_check import require_whole_words

WORDS = [
    first + second
    for first in ("sun", "moon", "rain", "wind", "snow")
    for second in ("rise", "fall", "set", "light", "storm")
]


def test_a_tokenizer_without_its_merges_is_refused() -> None:
    whole = tiny.tokenizer(more_texts=WORDS * 20, size=1000)
    require_whole_words(whole)
    made_of = json.loads(whole.backend_tokenizer.to_str())
    made_of["model"]["merges"] = []
    broken = PreTrainedTokenizerFast(tokenizer_object=Tokenizer.from_str(json.dumps(made_of)))
    with pytest.raises(ModelError, match=r"splits .* words that are in its vocabulary"):
        require_whole_words(broken)


def test_a_vocabulary_of_pieces_is_not_checked() -> None:
    require_whole_words(tiny.tokenizer(size=300))
