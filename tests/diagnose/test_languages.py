"""Eighteen languages: clean files have no fault, and planted ones are named."""

import json
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import planted
import polyglot
import pytest
from typer.testing import CliRunner

from sumtune import cli
from sumtune.data.example import Example
from sumtune.diagnose.context import Context, Data
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short
from sumtune.diagnose.rules.wording import odd_lengths
from sumtune.text.language import language_of

LANGUAGES = sorted(polyglot.LANGUAGES)
SENTENCES = 8
"""Each with each of the others makes 28 examples."""
DROPPED = {"ar", "he", "hi", "ja", "ko", "ru", "th", "zh"}
"""Languages whose letters `rouge-score` drops."""


def shorter(summary):
    """What a model might leave out: a word after the first two, or two characters."""
    parts = summary.split()
    return summary[:4] + summary[6:] if len(parts) < 4 else " ".join(parts[:2] + parts[3:])


def clean_outputs(language):
    """Two turns and their summaries each, as predictions with something left out."""
    pairs = list(combinations(polyglot.LANGUAGES[language][:SENTENCES], 2))
    space = "" if language in polyglot.UNSPACED - {"th"} else " "
    return Outputs(
        ids=tuple(f"row {number}" for number in range(len(pairs))),
        predictions=tuple(space.join((shorter(one.summary), shorter(two.summary))) for one, two in pairs),
        references=tuple((space.join((one.summary, two.summary)),) for one, two in pairs),
        dialogues=tuple(f"{one.turn}\n{two.turn}" for one, two in pairs),
    )


def without_dialogues(outputs):
    return replace(outputs, dialogues=None)


def found(outputs):
    diagnosis = diagnose(Context(outputs=outputs), our_engine=False)
    return [finding.code for finding in diagnosis.findings], [finding.code for finding in diagnosis.faults]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_clean_file_has_no_fault_and_no_weakness_but_that_of_rouge_score(language):
    for outputs in (clean_outputs(language), without_dialogues(clean_outputs(language))):
        assert outputs.score > 0.8
        assert found(outputs) == (["letters_dropped"] if language in DROPPED else [], [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_clean_data_have_no_fault(language):
    outputs = replace(clean_outputs(language), rouge_tokens="unicode")
    rows = zip(outputs.ids, outputs.dialogues, outputs.first_references, strict=True)
    examples = [Example(*row, "clean.jsonl", number) for number, row in enumerate(rows)]
    data = Data({"train": examples[::2], "validation": (), "test": examples[1::2]}, scored="test")
    diagnosis = diagnose(Context(outputs=outputs.select(range(1, len(outputs), 2)), data=data))
    assert [finding.code for finding in diagnosis.findings] == ["too_few_examples"]


@pytest.mark.parametrize("language", sorted(DROPPED))
def test_scores_by_rouge_score_are_named_first(language):
    outputs = replace(clean_outputs(language), rouge_tokens="rouge-score")
    findings, faults = found(outputs)
    assert findings[0] == "letters_dropped"
    assert faults == ["letters_dropped"]


@pytest.mark.parametrize(("language", "count"), [("ar", 2), ("zh", 2), *((name, 20) for name in sorted(DROPPED))])
def test_rows_that_rouge_cannot_read_among_others_are_named_first(language, count):
    english, other = planted.outputs(20), clean_outputs(language)
    mixed = replace(
        english,
        ids=tuple(map(str, range(20 + count))),
        **{name: (*getattr(english, name), *getattr(other, name)[:count])
           for name in ("predictions", "references", "dialogues")},
    )  # fmt: skip
    broken = mixed.with_predictions([text if row % 4 else "" for row, text in enumerate(mixed.predictions)])
    for outputs in (mixed, broken, replace(broken, rouge_tokens="rouge-score")) if count == 2 else (broken,):
        first = diagnose(Context(outputs=outputs)).findings[0]
        assert first.code == "letters_dropped"
        assert f"most letters of {count} of {20 + count} references" in first.evidence


FAULTS = {
    "misplaced_rows": lambda outputs: replace(outputs, predictions=outputs.predictions[1:] + outputs.predictions[:1]),
    "one_summary_for_all": lambda outputs: outputs.mapped(lambda _: outputs.predictions[0]),
    "empty_predictions": lambda outputs: outputs.mapped(lambda text: "" if len(text) % 3 == 0 else text),
    "special_tokens_left": lambda outputs: outputs.mapped(lambda text: f"<pad> {text}</s>"),
    "wrong_language": lambda outputs: outputs.mapped(
        lambda text: f"The two of them talk about {len(text)} things that they have to do at the weekend."
    ),
    "columns_swapped": lambda outputs: replace(
        outputs, predictions=outputs.dialogues, dialogues=outputs.predictions, cut_off=None
    ),
    "characters_separated": lambda outputs: outputs.mapped(lambda text: text.replace("", " ")),
    "never_stops": lambda outputs: outputs.mapped(lambda text: f"{text}\n{text[::-1] * 4}"[: 2 * len(text)]),
}


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("language", ["ar", "hi", "zh"])
def test_a_planted_fault_is_named(language, code):
    assert code in found(FAULTS[code](clean_outputs(language)))[1]


def test_the_command_says_first_that_rouge_score_drops_the_letters(tmp_path):
    outputs, file = clean_outputs("ar"), tmp_path / "outputs.jsonl"
    rows = zip(outputs.dialogues, outputs.predictions, outputs.first_references, strict=True)
    lines = (json.dumps(dict(zip(("dialogue", "prediction", "reference"), row, strict=True))) for row in rows)
    file.write_text("\n".join(lines), encoding="utf-8")
    shown = CliRunner().invoke(cli.app, ["diagnose", str(file)]).output
    assert "No fault was found." in shown
    assert "1. rouge-score, which most tools use, drops the letters of these texts [letters_dropped, weakness]" in shown
    assert "Against itself" in shown
    assert f"{outputs.score:.3f}" in shown


TO_CYRILLIC = str.maketrans("abcdefghijklmnopqrstuvwxyz", "абцдефгхийклмнопярстувшжыз")
SOME = range(0, 40, 5)


def with_rows(outputs, other, rows):
    """`outputs` with the rows of `other` in place of their own."""
    columns = ("predictions", "references", "dialogues")
    return replace(outputs, **{
        name: tuple(getattr(other if row in rows else outputs, name)[row] for row in range(len(outputs)))
        for name in columns
    })  # fmt: skip


def in_cyrillic(text):
    return text.lower().translate(TO_CYRILLIC)


def test_words_of_a_language_that_the_file_hardly_shows_are_not_misspelled():
    """The model inflects the words of these rows; the references and dialogues are too few to know its forms."""
    english = planted.outputs(40)
    inflected = english.mapped(lambda text: re.sub(r"\b(\w{5,})\b", r"\1ingly", text))
    other = replace(
        inflected.mapped(in_cyrillic),
        references=tuple((in_cyrillic(text),) for text in english.first_references),
        dialogues=tuple(map(in_cyrillic, english.dialogues)),
    )
    assert diagnose(Context(outputs=with_rows(english, inflected, SOME))).faults  # in a language that it knows
    assert [one.code for one in diagnose(Context(outputs=with_rows(english, other, SOME))).faults] == []


def test_texts_as_short_as_their_own_references_are_not_odd():
    outputs = planted.outputs(40)
    references = tuple((first_words(text, 8),) for text in outputs.first_references)
    short = replace(outputs.mapped(first_words), references=references)
    assert odd_lengths(with_rows(outputs, outputs.mapped(first_words), SOME))
    assert odd_lengths(with_rows(outputs, short, SOME)) is None


def first_words(text, count=4):
    return f"{' '.join(text.rstrip('.').split()[:count])}."


@pytest.mark.parametrize("language", ["de", "ru"])
def test_in_a_file_of_two_languages_each_text_is_compared_with_its_own_row(language):
    """English predictions for rows in another language are at fault, and their references are not."""
    own, english = clean_outputs(language), planted.outputs(60)
    both = replace(
        english,
        **{name: (*getattr(own, name), *getattr(english, name)[len(own) :])
           for name in ("predictions", "references", "dialogues")},
    )  # fmt: skip
    assert [one.code for one in diagnose(Context(outputs=both), our_engine=False).faults] == []
    foreign = (*english.predictions[: len(own)], *both.predictions[len(own) :])
    found = diagnose(Context(outputs=both.with_predictions(foreign)), our_engine=False).findings
    assert next(one.code for one in found if one.code != "letters_dropped") == "wrong_language"


GERMAN = (
    "{} kommt morgen mit dem Zug nach Hause und ist sehr froh.", "{} muss noch Brot einkaufen.",
    "{} kann den Schal nicht finden, weil er in der Tasche ist.", "{} braucht dringend Hilfe beim Umzug.",
    "{} trifft sich heute Abend mit den Freunden aus der Schule.",
)  # fmt: skip


def test_short_texts_in_another_language_are_not_misspelled():
    """Only some of them are recognized as German."""
    english, rows = planted.outputs(40), (2, 10, 18, 26)
    named = {row: GERMAN[row % 5].format(english.dialogues[row].partition(":")[0]) for row in rows}
    assert sum(language_of(text) == "German" for text in named.values()) == 2
    outputs = english.with_predictions([named.get(row, text) for row, text in enumerate(english.predictions)])
    assert diagnose(Context(outputs=outputs), our_engine=False).findings[0].code == "wrong_language"


def test_texts_without_words_are_in_no_language():
    english = planted.outputs(40)
    odd = {2: GERMAN[0], 10: GERMAN[2], 18: "!!! ...", 26: "??? ---"}
    texts = [odd[row].format("Ann") if row in odd else text for row, text in enumerate(english.predictions)]
    found = wrong_language(english.with_predictions(texts), np.isin(np.arange(40), list(odd)))
    assert found.examples
    assert not any("!!!" in text or "???" in text for text in found.examples)


@pytest.mark.parametrize("language", ["ja", "ko", "zh"])
@pytest.mark.parametrize("said_by_the_engine", [False, True])
def test_texts_that_are_cut_off_are_found_in_scripts_without_small_letters(language, said_by_the_engine):
    outputs = clean_outputs(language)
    cut = outputs.mapped(lambda text: re.sub(r"[^\w\s]", "", text)[:14])
    assert cut_short(replace(cut, cut_off=(True,) * len(cut)) if said_by_the_engine else cut)
