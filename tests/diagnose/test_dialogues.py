"""Damaged dialogues are named as such, and neither references nor predictions are blamed for them."""

from dataclasses import replace

import planted
import pytest

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules.dialogues import dialogues_damaged

CLEAN = planted.outputs(40)
SOME = range(3, 40, 9)
OTHERS = planted.outputs(150).dialogues[-40:]
DAMAGES = {
    "hold no text": ["", "nan", "17"],
    "are the same text": ["Ann: Hi!\nBob: Hello.", "Summarize this conversation of two people."],
    "have fewer words than reference and prediction": [lambda said: " ".join(said.split()[:5])],
    "have no spaces between their words": [lambda said: said.replace(" ", "")],
    "have a space after each character": [lambda said: said.replace("", " ")],
    "contain HTML or XML tags": [lambda said: "".join(f"<p>{line}</p>" for line in said.splitlines())],
    "have hardly a word that reference and prediction share": [
        lambda said: "\n".join(f"X: {'lorem ipsum dolor amet ' * 8}{len(line)}" for line in said.splitlines())
    ],
}


def damaged(change, rows):
    new = [change if isinstance(change, str) else change(said) for said in CLEAN.dialogues]
    pairs = enumerate(zip(CLEAN.dialogues, new, strict=True))
    return replace(CLEAN, dialogues=tuple(both[row in rows] for row, both in pairs))


@pytest.mark.parametrize(("what", "change"), [(what, change) for what, listed in DAMAGES.items() for change in listed])
@pytest.mark.parametrize("rows", [SOME, range(40)])
def test_damaged_dialogues_are_named_and_nothing_else(what, change, rows):
    (finding,) = diagnose(Context(outputs=damaged(change, rows)), our_engine=False).findings
    if what.startswith("have hardly") and len(rows) == 40:
        assert finding.title == "The dialogues do not belong to the rows of this file"
        return
    assert finding.code == "dialogues_damaged"
    assert finding.title == f"{'Some' if rows is SOME else 'All'} dialogues {what}"


def test_messages_in_small_letters_over_several_lines_are_no_damage():
    """As when a whole data set is lowercased; a message may go on in a new line."""
    lower = replace(CLEAN, dialogues=tuple(said.lower().replace(" and ", "\nand ") for said in CLEAN.dialogues))
    assert dialogues_damaged(lower) is None


def test_moved_dialogues_are_not_damaged():
    moved = replace(CLEAN, dialogues=CLEAN.dialogues[1:] + CLEAN.dialogues[:1])
    assert [one.code for one in diagnose(Context(outputs=moved)).faults] == ["misplaced_rows"]


def test_summaries_in_place_of_dialogues_are_swapped_and_not_damaged():
    swapped = replace(CLEAN, dialogues=CLEAN.predictions, predictions=CLEAN.dialogues)
    assert dialogues_damaged(swapped) is None
    assert [one.code for one in diagnose(Context(outputs=swapped)).faults] == ["columns_swapped"]


def test_the_same_dialogue_with_several_references_is_no_fault():
    thrice = CLEAN.select([row // 8 * 8 for row in range(40)])
    assert dialogues_damaged(replace(thrice, ids=CLEAN.ids)) is None


def test_dialogues_are_not_blamed_for_damaged_references_or_predictions():
    words = " ".join(OTHERS).split()
    nonsense = [" ".join(words[start : start + 12]) for start in range(0, 480, 12)]
    for outputs in (CLEAN.with_predictions(nonsense), replace(CLEAN, references=tuple((text,) for text in nonsense))):
        assert dialogues_damaged(outputs) is None


def test_dialogues_without_turns_among_others_are_damaged_and_a_file_of_such_dialogues_is_not():
    def without_turns(said):
        return " ".join(line.partition(": ")[2] for line in said.splitlines())

    finding = dialogues_damaged(damaged(without_turns, SOME))
    assert finding.title == "Some dialogues have lost their turns and speakers"
    assert {*finding.examples} <= {CLEAN.ids[row] for row in SOME}
    assert dialogues_damaged(damaged(without_turns, range(40))) is None


def test_mails_among_chats_are_not_damaged():
    mail = (
        "Dear team, this is what I told you on the phone. {0} I have called twice this week and was promised an answer "
        "each time, so please write to me before long, because nobody can work here without it. Best regards"
    )
    references = CLEAN.first_references
    new = [mail.format(references[row]) if row in SOME else said for row, said in enumerate(CLEAN.dialogues)]
    assert dialogues_damaged(replace(CLEAN, dialogues=tuple(new))) is None


@pytest.mark.parametrize("size", [20, 40])
def test_a_phrase_of_all_summaries_does_not_make_the_dialogues_of_foreign_predictions_damaged(size):
    """The dialogue lacks the phrase, but has the other words of its reference."""
    phrase = " Hereupon everybody departs contentedly."
    few = CLEAN.select(range(size))
    references = tuple((text + phrase,) for text in few.first_references)
    foreign = [text + phrase for text in planted.outputs(150).predictions[-size:]]
    assert dialogues_damaged(replace(few, references=references).with_predictions(foreign)) is None


def with_reference(row):
    return f"{CLEAN.dialogues[row]}\nSummary: {CLEAN.first_references[row]}"


def with_next(row):
    return f"{CLEAN.dialogues[row]}\n{CLEAN.dialogues[(row + 9) % 40]}"


def without_names(row):
    said = CLEAN.dialogues[row]
    for number, name in enumerate(sorted({line.partition(":")[0] for line in said.splitlines()}), 1):
        said = said.replace(name, f"#Person{number}#")
    return said


def newest_first(row):
    return "\n".join(CLEAN.dialogues[row].splitlines()[::-1])


@pytest.mark.parametrize("rows", [range(0, 40, 2), range(40)])
@pytest.mark.parametrize(
    ("change", "what"),
    [
        (with_reference, "end with their reference"),
        (with_next, "have turns of another row's dialogue"),
        (without_names, "lack the names that reference and prediction share"),
        (newest_first, "are in a different order from their references"),
    ],
)
def test_dialogues_with_texts_of_others_or_without_names_are_damaged(change, what, rows):
    said = tuple(change(row) if row in rows else text for row, text in enumerate(CLEAN.dialogues))
    first, *_ = diagnose(Context(outputs=replace(CLEAN, dialogues=said)), our_engine=False).findings
    assert first.code == "dialogues_damaged"
    assert first.title.endswith(f" dialogues {what}")
    assert first.numbers["share"] >= 0.2 * len(rows) / 40  # not all references and predictions share a name
    is_style = change is newest_first and len(rows) == 40
    assert first.severity == ("weakness" if is_style else "fault")


def test_parts_of_one_conversation_share_turns_and_are_not_damaged():
    """As when a chat is cut into windows, or saved again after it went on."""
    said = [CLEAN.dialogues[row // 2 * 2] for row in range(40)]
    grown = tuple(text if row % 2 else text.rpartition("\n")[0] for row, text in enumerate(said))
    twice = replace(CLEAN, dialogues=grown, references=tuple(CLEAN.references[row // 2 * 2] for row in range(40)))
    assert dialogues_damaged(twice.with_predictions([CLEAN.predictions[row // 2 * 2] for row in range(40)])) is None


def test_phrases_of_many_dialogues_are_not_turns_of_another():
    phrases = "\nAgent: Thank you for calling us today.\nAgent: Can I help you with more?\nAgent: Have a nice day, bye."
    assert dialogues_damaged(replace(CLEAN, dialogues=tuple(said + phrases for said in CLEAN.dialogues))) is None


def test_references_that_are_the_last_turns_do_not_damage_their_dialogues():
    last = tuple(("\n".join(said.splitlines()[-2:]),) for said in CLEAN.dialogues)
    assert dialogues_damaged(replace(CLEAN, references=last)) is None
