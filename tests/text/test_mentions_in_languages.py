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


OTHERS = [
    ("Lars: Det er tyve minutter forsinket, og jeg kommer ikke.", "Lars kommer ikke, og det er 20 minutter forsinket."),
    ("Anna: Kan du köpa tre bröd, Peter?", "Det är Anna som ber Peter att köpa 3 bröd till Zinedine."),
    (
        "Ion: Trenul meu are o întârziere de douăzeci de minute.",
        "Ion spune că trenul are o întârziere de 20 de minute.",
    ),
    ("Anna: Pere, pots comprar tres pans?", "L'Anna demana al Pere que compri 3 pans per a la festa de la Zinedine."),
    ("Zoltán: A vonatom húsz percet késik.", "Zoltán azt írja, hogy a vonat 20 percet késik."),
    ("Matti: Junani on kaksikymmentä minuuttia myöhässä.", "Matti kertoo, että juna on 20 minuuttia myöhässä."),
    ("Dewi: Kereta saya terlambat dua puluh menit.", "Kereta Dewi terlambat 20 menit dan dia tidak bisa ke pasar."),
    ("Оля: Петре, купиш три хлібини до пів на восьму?", "Оля просить Петра купити 3 хлібини до 7:30."),
    ("لیلا: کریم، می‌توانی قبل از هفت و نیم سه نان بخری؟", "لیلا از کریم می‌خواهد قبل از ۷:۳۰ ۳ نان بخرد."),
    ("नेहा: राहुल, साडेसातच्या आधी तीन पोळ्या आणशील का?", "नेहाने राहुलला 7:30 च्या आधी 3 पोळ्या आणायला सांगितले."),
    ("Asha: Juma, unaweza kununua mikate mitatu?", "Asha anamwomba Juma anunue mikate 3 kwa Zinedine."),
]


@pytest.mark.parametrize(("dialogue", "summary"), OTHERS)
def test_in_languages_that_are_not_known_nothing_is_said(dialogue, summary):
    assert unsupported(summary, dialogue) == []
