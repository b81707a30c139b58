"""Names and numbers in eighteen languages: what is wrong is found or passed over; what is right is never reported."""

from itertools import pairwise

import polyglot
import pytest
import tiny

from sumtune.evaluate.faithfulness import measure
from sumtune.text.mentions import language_of_conversation, unsupported
from sumtune.text.names import NAMES_HAVE_CAPITALS

LANGUAGES = sorted(polyglot.LANGUAGES)
NAMES = polyglot.NAMES
STRANGERS = {"ru": "Зинаида"}


def dialogues(language):
    """The ten turns alone, and each with the next."""
    exchanges = polyglot.LANGUAGES[language]
    yield from ((one.turn, one.summary) for one in exchanges)
    yield from ((f"{one.turn}\n{two.turn}", f"{one.summary} {two.summary}") for one, two in pairwise(exchanges))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_right_summary_is_never_accused(language):
    for dialogue, summary in dialogues(language):
        assert unsupported(summary, dialogue) == []
        assert measure(summary, dialogue, [summary]).unsupported == 0.0


@pytest.mark.parametrize("language", tiny.foreign_pairs())
def test_no_summary_of_longer_conversations_is_accused(language):
    assert not [pair for pair in tiny.foreign_pairs()[language] if unsupported(pair[1], pair[0])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nearly_every_conversation_shows_its_language(language):
    found = [language_of_conversation(summary, dialogue) for dialogue, summary in dialogues(language)]
    assert set(found) <= {NAMES[language], None}
    assert found.count(None) <= 3


@pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {"vi"}))
def test_a_wrong_number_is_found_where_the_dialogue_writes_digits(language):
    (bill,) = [one for one in polyglot.LANGUAGES[language] if "1250" in one.summary]
    found = unsupported(bill.summary.replace("1250", "1370"), bill.turn)
    assert [(mention.text, mention.kind) for mention in found] == [("1370", "number")]


@pytest.mark.parametrize("language", [language for language in LANGUAGES if NAMES[language] in NAMES_HAVE_CAPITALS])
def test_a_stranger_is_found_where_capitals_mark_names(language):
    stranger = STRANGERS.get(language, "Zinedina")
    for dialogue, summary in dialogues(language):
        if language_of_conversation(summary, dialogue) is not None:
            found = unsupported(f"{summary[:-1]}, {stranger}.", dialogue)
            assert [mention.text for mention in found] == [stranger]


@pytest.mark.parametrize("language", ["de", "ar", "he", "hi", "zh", "ja", "ko", "th"])
def test_where_capitals_mark_no_names_nothing_is_said_of_names(language):
    for dialogue, summary in dialogues(language):
        assert unsupported(f"{summary[:-1]}, Zinedina.", dialogue) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_measures_count_the_words_of_the_language(language):
    for exchange in polyglot.LANGUAGES[language]:
        measures = measure(exchange.summary, exchange.turn, [exchange.summary])
        assert measures.length_ratio == 1.0
        assert measures.words >= 5
        assert measure(exchange.said, exchange.turn, [exchange.summary]).copied == 1.0
        assert measure(exchange.said, exchange.turn, [exchange.summary]).novel_bigrams == 0.0
        assert measure(f"{exchange.said} {exchange.said}", exchange.turn, [exchange.summary]).repetition > 0.3
