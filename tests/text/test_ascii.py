"""ASCII texts take shorter ways. A space outside ASCII, which sends a text the long way, changes no result."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sumtune.data.embedded import embedded_pairs
from sumtune.diagnose.text_features import content_words
from sumtune.evaluate.faithfulness import novel_bigrams
from sumtune.text.language import language_of
from sumtune.text.words import words

WIDE_SPACE = "\u3000"
TEXTS = [text for pair in embedded_pairs("test") for text in pair if text.isascii()]
FUNCTIONS = {
    "words": words,
    "content words": content_words,
    "language": language_of,
    "novel pairs of words": lambda text: novel_bigrams(text, TEXTS[0]),
    "pairs of words in a dialogue": lambda text: novel_bigrams(TEXTS[0], text + TEXTS[0][:80]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@given(st.one_of(st.sampled_from(TEXTS), st.text(st.characters(max_codepoint=127))))
def test_the_short_way_leads_to_the_same_result(name, text):
    assert FUNCTIONS[name](text) == FUNCTIONS[name](WIDE_SPACE + text)
