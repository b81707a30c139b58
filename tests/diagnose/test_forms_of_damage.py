"""Each form of a damage has the finding of that damage, in some rows and in all, and no more certain one hides it."""

import re
from dataclasses import replace

import planted
import polyglot
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.looks.file_words import FileWords
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.missing_parts import starts_midway

CLEAN = planted.outputs(40)
SOME = range(1, 40, 4)


def pig_latin(text):
    return re.sub(r"[A-Za-z]+", lambda word: f"{word[0][1:]}{word[0][0]}ay", text)


def initials(text):
    return " ".join(word[0] for word in text.split())


FORMS = {
    "a count of words": (lambda _, text: f"{text} ({len(text.split())} words)", "score_appended"),
    "a count with a label": (lambda _, text: f"{text} Word count: {len(text.split())}", "score_appended"),
    "a duration": (lambda row, text: f"{text} [{row}.3 s]", "score_appended"),
    "EBCDIC read as UTF-8": (lambda _, text: text.encode("cp037").decode("latin-1"), "mojibake"),
    "UTF-8 read as EBCDIC": (lambda _, text: text.encode().decode("cp037"), "mojibake"),
    "paths": (lambda row, _: f"/data/run_{row % 3}/out/summary_{row:04d}.txt", "empty_predictions"),
    "addresses": (lambda row, _: f"https://example.org/summaries?id={row}", "empty_predictions"),
    "quoted lines": (lambda _, text: "> " + text.replace(". ", ".\n> "), "markdown_left"),
    "other tags": (lambda _, text: f'<speak>{text}<break time="1s"/></speak>', "html_tags"),
    "pig Latin": (lambda _, text: pig_latin(text), "misspelled"),
    "keywords": (lambda _, text: ", ".join(re.findall(r"[A-Z]\w+|\w{6,}", text)) + ".", "broken_sentences"),
    "labels of classes": (lambda row, _: ("positive", "negative", "neutral")[row // 4 % 3], "predictions_repeat"),
}


def damaged(change, rows):
    return CLEAN.with_predictions(
        [change(row, text) if row in rows else text for row, text in enumerate(CLEAN.predictions)]
    )


@pytest.mark.parametrize("rows", [SOME, range(40)], ids=["some rows", "all rows"])
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_named_as_the_damage(form, rows):
    change, code = FORMS[form]
    codes = [finding.code for finding in diagnose(Context(outputs=damaged(change, rows)), our_engine=False).findings]
    assert codes[0] == code or (form == "labels of classes" and code in codes)


def test_an_emoji_after_sentences_cuts_nothing_off():
    outputs = damaged(lambda row, text: f"{text} {'🎉🔥💯'[row % 3]}", SOME)
    codes = [finding.code for finding in diagnose(Context(outputs=outputs), our_engine=False).findings]
    assert not {"cut_short", "ends_midway"} & set(codes)


def test_single_letters_are_in_no_language_and_no_lost_start():
    outputs = damaged(lambda _, text: initials(text).lower(), range(40))
    assert wrong_language(outputs) is None
    assert starts_midway(outputs) is None
    codes = [finding.code for finding in diagnose(Context(outputs=outputs), our_engine=False).findings]
    assert not {"unrelated", "cut_short"} & set(codes)


@pytest.mark.parametrize("language", polyglot.LANGUAGES)
def test_sound_texts_are_garbled_in_no_language_and_single_letters_are(language):
    turns = polyglot.LANGUAGES[language]
    known = FileWords(tuple(one.summary for one in turns), tuple(one.turn for one in turns))
    assert [row for row, one in enumerate(turns) if known.is_garbled(one.summary, row)] == []
    assert known.is_garbled("A h t t B", 0)


def test_numbers_before_references_damage_them():
    rated = tuple((f"{row % 5 + 1}/5 - {text}",) for row, text in enumerate(CLEAN.first_references))
    some = tuple(pair if row % 3 else (CLEAN.first_references[row],) for row, pair in enumerate(rated))
    for references in (rated, some):
        first = diagnose(Context(outputs=replace(CLEAN, references=references)), our_engine=False).findings[0]
        assert first.code == "references_damaged"


def test_a_second_summary_is_seen_although_references_share_single_words_with_other_rows():
    outputs = damaged(lambda row, text: f"{text} {CLEAN.predictions[row - 5]}", range(0, 40, 5))
    said = [text.split(":")[0] for text in CLEAN.dialogues]
    words = tuple((f"{text} Not {said[row - 3]}, {said[row - 7]}.",) for row, text in enumerate(CLEAN.first_references))
    first = diagnose(Context(outputs=replace(outputs, references=words)), our_engine=False).findings[0]
    assert first.code == "text_of_other_rows"
