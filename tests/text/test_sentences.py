import random

import polyglot
import pytest

from sumtune.text.sentences import SENTENCE_END, split_sentences

NO_MARKS = {"th"}
"""Thai marks no end of a sentence: nothing is split there."""


@pytest.mark.parametrize("language", sorted(polyglot.LANGUAGES.keys() - NO_MARKS))
def test_twenty_sentences_in_a_row_are_twenty_sentences(language):
    sentences = polyglot.sentences(language)
    assert len(sentences) == 20
    space = "" if language in polyglot.UNSPACED else " "
    assert split_sentences(space.join(sentences)) == sentences


@pytest.mark.parametrize("language", polyglot.LANGUAGES)
def test_lines_are_sentences_and_no_character_is_lost(language):
    sentences = polyglot.sentences(language)
    assert split_sentences("\n".join(sentences)) == sentences


def test_thai_stays_whole():
    text = " ".join(polyglot.sentences("th")[4:10])
    assert split_sentences(text) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "Treffen am 3. Mai mit Dr. Roth, z. B. um 9 Uhr.",
        "Przyjedzie np. 12. maja ok. południa.",
        "Il coûte 3.50 € chez M. Petit.",
        "Он придёт в 5 ч. утра.",
        "彼は「はい。」と言った。",
    ],
)
def test_a_full_stop_inside_a_sentence_ends_none(text):
    assert split_sentences(text) == [text]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Er rief: „Komm!“ Dann ging er.", ["Er rief: „Komm!“", "Dann ging er."]),
        ("他说：“好。”然后走了。真的？！", ["他说：“好。”", "然后走了。", "真的？！"]),
        ("वह आया। कौन है?", ["वह आया।", "कौन है?"]),
        ("هل تأتي؟ نعم.", ["هل تأتي؟", "نعم."]),
        ("Seit 2024. Und jetzt?", ["Seit 2024.", "Und jetzt?"]),
        (" \n ", []),
    ],
)
def test_ends_of_sentences_in_many_scripts(text, expected):
    assert split_sentences(text) == expected


def test_the_sentences_are_what_the_pattern_leaves_between_its_matches():
    chance = random.Random(0)
    parts = [*".!?…؟。！？｡\"'”’»)]」）  \t\u3000abA1É と", "って", "Dr.", "am 3.", " Mai"]
    for _ in range(2_000):
        text = "".join(chance.choices(parts, k=12))
        assert split_sentences(text) == [part.strip() for part in SENTENCE_END.split(text) if part.strip()]
