"""English is told from other languages by a single dialogue, however short, and by summaries alone."""

import polyglot
import pytest
import tiny

from sumtune.data.embedded import embedded_pairs
from sumtune.evaluate.rouge import choose_tokens
from sumtune.text.language import is_english, language_of

FOREIGN = tiny.foreign_pairs()


@pytest.mark.parametrize("language", FOREIGN)
def test_no_dialogue_and_no_summary_in_another_language_is_english(language: str) -> None:
    texts = [text for pair in FOREIGN[language] for text in pair]
    assert len(texts) >= 96
    assert not [text for text in texts if is_english([text])]


def test_english_dialogues_and_summaries_are_english() -> None:
    pairs = [tuple(tiny.conversation(number).values()) for number in range(40)] + embedded_pairs("test")
    assert all(is_english([dialogue]) for dialogue, _ in pairs)
    assert is_english(summary for _, summary in pairs)


@pytest.mark.parametrize(
    "text",
    [
        "Thandiwe: Has Mthunzi confirmed the braai at Uncle Sipho's in Khayelitsha?\nNomvula: Yes, Saturday at two.",
        "Dr. Okonkwo: The ECG shows T-wave inversion in V2 to V4.\nNurse: Should I start heparin?",
        "小雨: are you at home? can you let the plumber in?\n建国: yes, no problem, when does he come?",
    ],
)
def test_names_and_terms_of_another_language_do_not_make_another_language(text: str) -> None:
    assert is_english([text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ann: OK!!! 123 :-)",
        "小雨：ok，这个 app 我下载好了，明天 login 试试\n建国：好的",
        "नेहा: ok, मैं बस में हूँ, will call later",
        "Rohan: kya tum aaj shaam ko aaoge?\nNeha: haan, saat baje tak pahunch jaungi",
        "ana: můžeš mi zítra vzít ten balík?\npetr: jasně, v kolik hodin?",
    ],
)
def test_a_few_english_words_do_not_make_english(text: str) -> None:
    assert not is_english([text])


def test_capitals_do_not_change_the_language() -> None:
    english, foreign = [summary for _, summary in embedded_pairs("test")], [pair[1] for pair in FOREIGN["de"]]
    for texts in (english, foreign):
        assert is_english([text.upper() for text in texts]) == is_english(texts)
    assert choose_tokens("auto", [text.upper() for text in english]) == choose_tokens("auto", english)


@pytest.mark.parametrize("language", polyglot.LANGUAGES)
def test_each_language_is_recognized_by_twenty_sentences_and_by_most_alone(language: str) -> None:
    sentences, name = polyglot.sentences(language), polyglot.NAMES[language]
    assert language_of(" ".join(sentences)) == name
    alone = [language_of(sentence) for sentence in sentences]
    assert set(alone) <= {name, None}
    assert alone.count(name) >= 10


def test_english_is_recognized_and_never_taken_for_another_language() -> None:
    texts = [text for pair in embedded_pairs("test") for text in pair]
    found = [language_of(text) for text in texts]
    assert set(found) <= {"English", None}
    assert found.count("English") > 0.9 * len(found)


@pytest.mark.parametrize("text", ["", "123 :-)", "Ann Bob", "OK"])
def test_texts_that_show_no_language_have_none(text: str) -> None:
    assert language_of(text) is None
