"""ROUGE by the words of eighteen languages, against figures from outside."""

import string
import unicodedata
from collections import Counter
from itertools import pairwise

import polyglot
import pytest
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

from sumtune.evaluate import overlap, rouge
from sumtune.evaluate.baselines import lead_3
from sumtune.evaluate.overlap import Overlap
from sumtune.text.language import is_english
from sumtune.text.words import words

LANGUAGES = sorted(polyglot.LANGUAGES)
SPACED = sorted(polyglot.LANGUAGES.keys() - polyglot.UNSPACED)


def summaries(language):
    return [exchange.summary for exchange in polyglot.LANGUAGES[language]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_conversation_is_taken_for_english(language):
    exchanges = polyglot.LANGUAGES[language]
    assert not [one for one in exchanges if is_english([one.turn, one.summary]) is not False]
    assert is_english(polyglot.sentences(language)) is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_auto_is_the_words_of_the_language_without_a_stemmer(language):
    assert rouge.choose_tokens("auto", summaries(language)) == "unicode"
    assert rouge.choose_tokens("rouge-score", summaries(language)) == "rouge-score"


@pytest.mark.parametrize("tokens", ["unicode", "char"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_identical_text_scores_1(language, tokens):
    for text in polyglot.sentences(language):
        assert overlap.score(text, text, tokens) == Overlap(1.0, 1.0, 1.0, 1.0, 1.0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_unrelated_text_scores_near_0(language):
    scores = overlap.mean([overlap.score(*pair, "unicode") for pair in pairwise(summaries(language))])
    if language in SPACED:
        assert scores.rouge1 < 0.2
    assert scores.rouge2 < 0.1
    assert scores.chrf < 0.25


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_related_text_scores_higher_than_an_unrelated_one(language):
    exchanges = polyglot.LANGUAGES[language]
    own = overlap.mean([overlap.score(one.summary, one.said, "unicode") for one in exchanges])
    other = overlap.mean([overlap.score(one.summary, two.said, "unicode") for one, two in pairwise(exchanges)])
    assert own.rouge1 > other.rouge1 + 0.05
    assert own.chrf > other.chrf + 0.05


def xlsum_words(text):
    """Tokens of the multilingual ROUGE of XL-Sum (Hasan et al. 2021) for languages without a segmenter of their own.

    Lower case, split at white space and at punctuation: all ASCII marks, and the Unicode categories P.
    """
    spaced = "".join(
        " " if letter in string.punctuation or unicodedata.category(letter).startswith("P") else letter
        for letter in text.lower()
        if not unicodedata.category(letter).startswith("C")
    )
    return spaced.split()


def f_measure(matches, said, wanted):
    return 2 * matches / (said + wanted) if matches else 0.0


def slow_rouge_n(said, wanted, size):
    one, two = (Counter(zip(*(text[at:] for at in range(size)), strict=False)) for text in (said, wanted))
    return f_measure(sum((one & two).values()), one.total(), two.total())


def slow_rouge_l(said, wanted):
    lengths = [[0] * (len(wanted) + 1) for _ in range(len(said) + 1)]
    for row, one in enumerate(said):
        for column, two in enumerate(wanted):
            longer = lengths[row][column] + 1
            lengths[row + 1][column + 1] = (
                longer if one == two else max(lengths[row][column + 1], lengths[row + 1][column])
            )
    return f_measure(lengths[-1][-1], len(said), len(wanted))


def with_plain_numbers(text):
    """XL-Sum splits `1,250` and `7.30` into two numbers, UAX #29 does not; Turkish capitals fold in different ways."""
    return text.translate(str.maketrans("", "", ".,٬")).replace("İ", "I")


@pytest.mark.parametrize("language", SPACED)
def test_scores_are_those_of_the_multilingual_rouge_of_xl_sum(language):
    for exchange in polyglot.LANGUAGES[language]:
        said, wanted = with_plain_numbers(exchange.said), with_plain_numbers(exchange.summary)
        ours, tokens = rouge.score(said, wanted, "unicode"), (xlsum_words(said), xlsum_words(wanted))
        assert ours.rouge1 == pytest.approx(slow_rouge_n(*tokens, 1))
        assert ours.rouge2 == pytest.approx(slow_rouge_n(*tokens, 2))
        assert ours.rougeL == pytest.approx(slow_rouge_l(*tokens))


def test_chinese_words_are_the_tokens_of_sacrebleu_without_its_punctuation():
    tokenize = TokenizerZh()
    for text in polyglot.sentences("zh"):
        theirs = [token for token in tokenize(text).split() if any(map(str.isalnum, token))]
        ours = words(text)
        assert "".join(ours) == "".join(theirs)
        assert [token for token in ours if not token.isascii()] == [token for token in theirs if not token.isascii()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_lead_3_is_the_first_three_turns(language):
    turns = [exchange.turn for exchange in polyglot.LANGUAGES[language]]
    assert lead_3("\n".join(turns)) == " ".join(turns[:3])


def test_rouge_score_alone_would_give_identical_text_0():
    for language in ("ar", "he", "hi", "ru"):
        letters = ["".join(letter for letter in text if not letter.isdigit()) for text in summaries(language)]
        assert {rouge.rouge1(text, text) for text in letters} == {0.0}


@pytest.mark.parametrize(
    ("references", "expected"),
    [
        (["Ann brings cake."] * 9 + ["Ann bringt Kuchen mit."], "rouge-score"),
        (["Ann brings cake to the party."] * 5 + ["Ann bringt Kuchen mit zum Fest."] * 5, "unicode"),
        (["ANN: OK!"], "rouge-score"),
        (["ÄNNE: OK!"], "unicode"),
    ],
)
def test_mixed_and_undecidable_references(references, expected):
    assert rouge.choose_tokens("auto", references) == expected


def test_characters_raise_scores_of_unrelated_text():
    """What docs/scoring.md says of Thai."""
    pairs = list(pairwise(summaries("th")))
    assert 0.25 < sum(rouge.rouge1(*pair, "char") for pair in pairs) / len(pairs) < 0.45


@pytest.mark.parametrize("count", [0, 1, rouge.MOST_JUDGED, rouge.MOST_JUDGED + 1, 3 * rouge.MOST_JUDGED])
def test_any_number_of_references_has_a_language(count):
    assert rouge.choose_tokens("auto", ["Ann and Ben will meet at the station tomorrow."] * count) == "rouge-score"
    assert rouge.choose_tokens("auto", ["Анна и Борис встретятся завтра на вокзале."] * count) == (
        "unicode" if count else "rouge-score"
    )
