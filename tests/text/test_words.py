"""Words are those of UAX #29, checked against the boundaries of the package `regex` and a slow reading of the rules."""

import sys
import unicodedata

import polyglot
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.words import UNSPACED, WORD, characters, count_words, fold, has_unspaced, words

ALL = [(language, text) for language in polyglot.LANGUAGES for text in polyglot.sentences(language)]


def uax29_words(text):
    """Segments between the default word boundaries, cut at punctuation and, without spaces, into characters."""
    found = []
    for segment in regex.split(r"(?V1w)\b", fold(text)):
        for part in regex.split(r"(?<=\p{L}\p{M}*)[^\p{L}\p{M}\p{N}\u200c\u200d]+|_", segment):
            found += regex.findall(r"(?=[\p{L}\p{N}])\X", part) if UNSPACED.match(part) else [part]
    return [word for word in found if regex.search(r"[\p{L}\p{N}]", word)]


@pytest.mark.parametrize("language", polyglot.LANGUAGES)
def test_words_are_those_of_uax_29(language):
    for text in polyglot.sentences(language):
        assert words(text) == uax29_words(text)


@pytest.mark.parametrize("language", polyglot.LANGUAGES)
def test_no_letter_mark_or_digit_is_lost(language):
    for text in polyglot.sentences(language):
        kept = [letter for letter in fold(text) if unicodedata.category(letter)[0] in "LMN"]
        for tokens in (words(text), characters(text)):
            assert [letter for letter in "".join(tokens) if letter not in ".,٬"] == kept


def test_only_languages_without_spaces_are_read_by_characters():
    by_character = {language for language, text in ALL if has_unspaced(text)}
    assert by_character == polyglot.UNSPACED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Größe ΣΊΣΥΦΟΣ", ["grösse", "σίσυφοσ"]),
        ("l’homme d'accord", ["l", "homme", "d", "accord"]),
        ("1,200.50 um 7:30", ["1,200.50", "um", "7", "30"]),
        ("می‌خواهم", ["می\u200cخواهم"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("コーヒー", ["コ", "ー", "ヒ", "ー"]),
        ("မြန်မာ", ["မြ", "န်", "မာ"]),
        ("7시에 만나요", ["7시에", "만나요"]),
        ("?! …", []),
    ],
)
def test_words_of_many_scripts(text, expected):
    assert words(text) == expected


@given(st.text())
def test_any_text_has_words_without_white_space_that_stay_the_same(text):
    found = words(text)
    assert all(word and not word.isspace() for word in found)
    assert "".join(characters(text)).replace(" ", "") == "".join(regex.findall(r"(?=[\p{L}\p{N}])\X\p{M}*", fold(text)))


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_in_english_the_number_of_words_is_that_of_pieces_between_white_space(text):
    assert count_words(text) == len(text.split())


def test_characters_count_as_words_where_there_are_no_spaces():
    assert count_words("我们明天见。") == 5
    assert count_words("Wir sehen uns morgen.") == 4


@given(st.text(st.characters(codec="ascii"), max_size=60) | st.text("aB1.,' -_", max_size=40))
def test_the_quick_pattern_for_ascii_finds_the_same_words(text):
    assert words(text) == WORD.findall(fold(text))


def test_every_character_of_a_script_without_spaces_is_seen():
    every = "".join(chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point < 0xE000)
    found = UNSPACED.findall(every)
    assert len(found) > 100_000
    assert all(map(has_unspaced, found))
