"""Each repair undoes its damage, leaves sound texts alone, and is found by the search, alone and in chains."""

import base64
import html
import json
import random
import re
import time
import unicodedata
from dataclasses import replace
from urllib.parse import quote

import planted
import polyglot
import pytest

from sumtune.diagnose.outputs import Outputs
from sumtune.diagnose.repairs.corpus import Corpus
from sumtune.diagnose.repairs.endings import closing_left
from sumtune.diagnose.repairs.frames import find_frames
from sumtune.diagnose.repairs.library import REPAIRS
from sumtune.diagnose.repairs.repair import Repair, Row
from sumtune.diagnose.repairs.search import find_chain
from sumtune.diagnose.repairs.wrappers import QUOTES
from sumtune.diagnose.rules.output_faults import find_output_faults

BABBLE = "and then they talk about the weather again and about what the others said to them"
CLEAN = planted.outputs(30, seed=3)
ACCENTED = replace(
    CLEAN, predictions=tuple(text.replace("e", "é") for text in CLEAN.predictions),
    references=tuple((text.replace("e", "é"),) for text in CLEAN.first_references),
    dialogues=tuple(text.replace("e", "é") for text in CLEAN.dialogues),
)  # fmt: skip
"""The same with accents."""


def pieces(text, begin, inside):
    return " ".join(f"{begin}{word[:3]} {inside}{word[3:]}" if word[3:] else begin + word for word in text.split())


def broken(text):
    return " ".join(f"{word[:3]} {word[3:]}" if len(word) > 4 else word for word in text.split())


def full_width(text):
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


DAMAGE = {
    "json_wrapped": lambda text, _: json.dumps({"summary": text}),
    "python_literal": lambda text, _: repr(text.encode()),
    "quoted": lambda text, _: f"“{text}”",
    "markdown_left": lambda text, _: f"## Summary\n\n**{text}**",
    "list_marks_left": lambda text, _: "\n".join(f"- {one}" for one in text.replace(". ", ".\n").split("\n")),
    "speaker_prefixed": lambda text, said: f"{said.partition(':')[0]}: {text}",
    "tagged": lambda text, _: f"<summary>{text}</summary>",
    "html_tags": lambda text, _: f"<p>{text.replace(' ', '<br>', 2)}</p>",
    "numbered": lambda text, _: f"id: {len(text)}, {text}",
    "score_appended": lambda text, _: f"{text} (score: -0.{len(text)})",
    "log_lines_left": lambda text, _: f"UserWarning: no GPU\n{text} Run: {len(text) % 99}%|███   | 3/9 [00:01<00:02]",
    "html_escaped": lambda text, _: html.escape(f"'{text}").replace(" ", "&nbsp;"),
    "url_encoded": lambda text, _: quote(text),
    "backslash_escaped": lambda text, _: f"{text}\\n\\u2019".replace(". ", ".\\n"),
    "spreadsheet_escaped": lambda text, _: text.replace(" ", "_x000D_ ", 3),
    "quoted_printable": lambda text, _: text.replace(" ", "=20").replace(".", "=2E"),
    "mojibake": lambda text, _: text.encode().decode("cp1252", "replace"),
    "invisible_characters": lambda text, _: text.encode("utf-16-le").decode("latin-1"),
    "styled_letters": lambda text, _: full_width(text),
    "letters_decomposed": lambda text, _: unicodedata.normalize("NFD", text),
    "encoded": lambda text, _: base64.b64encode(text.encode()).decode(),
    "letters_reversed": lambda text, _: text[::-1],
    "letters_substituted": lambda text, _: text.translate(str.maketrans(ROT13)),
    "characters_separated": lambda text, _: text.replace("", " "),
    "characters_joined_by_marks": lambda text, _: "-".join(text),
    "words_glued": lambda text, _: text.replace(" ", ""),
    "words_broken": lambda text, _: broken(text),
    "words_joined_by_marks": lambda text, _: text.replace(" ", "_"),
    "lines_hyphenated": lambda text, _: "-\n".join(text[at : at + 9] for at in range(0, len(text), 9)),
    "text_after_end_mark": lambda text, _: f"{text}</s> {BABBLE}",
    "special_tokens_left": lambda text, _: f"<pad> {text}</s>",
    "padding_left": lambda text, _: text + "!" * 40,
    "word_pieces_left": lambda text, _: pieces(text, "", "##"),
    "words_tagged": lambda text, _: " ".join(f"{word}_NN" for word in text.split()),
    "thoughts_left": lambda text, _: f"<think>\nLet me see, {BABBLE}.\n</think>\n\n{text}",
    "chat_header_left": lambda text, _: f"assistant\n\n{text}",
    "preamble_left": lambda text, _: f"Sure! Here is a summary of the chat:\n\n{text}",
    "prompt_echoed": lambda text, dialogue: f"Conversation:\n{dialogue}\n\nSummary: {text}",
    "prompt_echoed_in_part": lambda text, dialogue: f"{' '.join(dialogue.split()[:20])} {text}",
    "same_start": lambda text, _: f"Condense what these people talked about. {text}",
    "same_end": lambda text, _: f"{text} That was all that they said.",
    "next_prompt_left": lambda text, dialogue: f"{text}\n\nDialogue:\nAnn: {len(dialogue)}\nBob: Hello!",
    "turns_after_summary": lambda text, _: f"{text}\nZoe{len(text)}: How are you?\nYan: Fine, and you? {BABBLE}.",
    "dialogue_after_summary": lambda text, dialogue: f"{text} {dialogue}",
    "closing_left": lambda text, _: f"{text}\n\nLet me know if you need {len(text)} more words!",
    "text_after_first_line": lambda text, _: f"{text}\n{len(text)} {BABBLE}",
    "characters_repeated": lambda text, _: "".join(2 * letter for letter in text),
    "words_repeated": lambda text, _: " ".join(f"{word} {word}" for word in text.split()),
    "text_repeated": lambda text, _: f"{text} {text}",
    "started_again": lambda text, _: f"{' '.join(text.split()[:5])} {text}",
    "sentences_repeated": lambda text, _: f"{text} Ok. {text}",
    "ends_in_loop": lambda text, _: f"{text}{f' and {len(text)}' * 4}",
    "boilerplate_left": lambda text, _: f"{text[::-1][:9]}. Click here for the news of the day. {text}",
    "text_before_last_line": lambda text, _: f"{' '.join(random.Random(text).sample(BABBLE.split(), 6))}\n{text}",
    "lines_folded": lambda text, _: "\n".join(text[start : start + 11] for start in range(0, len(text), 11)),
    "case_destroyed": lambda text, _: text.upper(),
}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ROT13 = {letter: LETTERS[(place + 13) % 26] for place, letter in enumerate(LETTERS)}
ROT13 |= {one.upper(): other.upper() for one, other in ROT13.items()}
NAMES = [repair.name for repair in REPAIRS]


def damaged(name, share=1.0, outputs=None):
    outputs = outputs or (ACCENTED if name in ("mojibake", "letters_decomposed") else CLEAN)
    last = share * len(outputs)
    rows = enumerate(zip(outputs.predictions, outputs.dialogues, strict=True))
    return outputs.with_predictions([DAMAGE[name](*row) if place < last else row[0] for place, row in rows])


def test_every_repair_has_its_damage():
    assert sorted(DAMAGE) == sorted(NAMES)
    assert len(set(NAMES)) == len(NAMES)


@pytest.mark.parametrize("marks", QUOTES, ids="".join)
def test_texts_in_quotation_marks_of_any_kind_are_not_called_json(marks):
    texts = [re.sub(r"['\"]", "", text) for text in CLEAN.predictions]
    first = next(find_output_faults(CLEAN.with_predictions([text.join(marks) for text in texts])))
    assert first.code == "quoted"
    assert first.repaired.predictions == tuple(texts)


@pytest.mark.parametrize("mark", ["**", "__", "***", "*"])
@pytest.mark.parametrize(
    "frame",
    ["{0}Here is a summary:{0} {1}", "{0}Summary:{0}\n\n{1}", "{0}Summary{0}: {1}", "{0}Here is a summary: {1}{0}"],
)
def test_a_repair_leaves_no_half_of_a_pair_of_marks(frame, mark):
    texts = [frame.format(mark, text) for text in CLEAN.predictions]
    (finding,) = find_output_faults(CLEAN.with_predictions(texts))
    assert finding.code == "preamble_left"
    assert finding.repaired.predictions == CLEAN.predictions


def test_a_remedy_names_no_mark_that_only_some_of_the_damaged_texts_have():
    assert [repair.name for repair in REPAIRS if re.search(r"</?\w+>", repair.remedy)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_damage_is_named_first_and_undoing_it_brings_its_score_back(name):
    outputs = damaged(name)
    first = next(find_output_faults(outputs))
    assert first.code == name
    assert first.repaired.score >= CLEAN.score - 0.03
    assert f"{outputs.score:.3f}" in first.evidence


HOSTILE = (" ", "\t", "\n", "1 ", "a, ", "(1 ", "a/", "> ", "<ab>", "*a ", "- a\n", '"', ".", "\\", "ab", "A B. ")
"""Texts that make a careless regular expression try again at each place, when repeated."""


@pytest.mark.parametrize("repair", REPAIRS, ids=NAMES)
def test_no_text_takes_a_repair_long(repair: Repair) -> None:
    row = Row(
        "Bob: Let me know if you come to lunch.", Corpus(CLEAN.predictions, CLEAN.first_references, CLEAN.dialogues)
    )
    for part in HOSTILE:
        begun = time.process_time()
        repair.undo((part * 2000)[:4000] + "x", row)
        assert time.process_time() - begun < 1, part


@pytest.mark.parametrize("repair", REPAIRS, ids=NAMES)
def test_a_repair_leaves_sound_texts_in_eighteen_languages_alone(repair):
    for turns in polyglot.LANGUAGES.values():
        texts, dialogues = tuple(one.summary for one in turns), tuple(one.turn for one in turns)
        corpus = Corpus(texts, texts, dialogues)
        changed = [text for text, said in zip(texts, dialogues, strict=True)
                   if repair.undo(text, Row(said, corpus)) != text]  # fmt: skip
        assert changed == []


@pytest.mark.parametrize("repair", REPAIRS, ids=NAMES)
def test_a_repair_changes_nothing_twice(repair):
    outputs = damaged(repair.name)
    corpus = Corpus(outputs.predictions, outputs.first_references, outputs.dialogues)
    for text, dialogue in zip(outputs.predictions, outputs.dialogues, strict=True):
        once = repair.undo(text, Row(dialogue, corpus))
        assert repair.undo(once, Row(dialogue, corpus)) == once


@pytest.mark.parametrize("one", ["json_wrapped", "html_escaped", "encoded"])
def test_a_chain_is_undone_from_the_outside(one):
    inner = damaged("characters_separated")
    found = [finding.code for finding in find_output_faults(damaged(one, outputs=inner))]
    assert sorted(found) == sorted([one, "characters_separated"])


def test_a_damage_to_a_tenth_of_the_rows_is_found_in_a_sample_and_counted_in_all():
    many = planted.outputs(180, seed=1)
    outputs = Outputs(
        ids=tuple(map(str, range(900))), predictions=many.predictions * 5, references=many.references * 5,
        dialogues=many.dialogues * 5,
    )  # fmt: skip
    found = find_chain(damaged("thoughts_left", 0.1, outputs), REPAIRS)
    assert [repair.name for repair in found.chain] == ["thoughts_left"]
    assert sum(found.changed) == 90
    assert found.outputs.score == pytest.approx(outputs.score)
    assert found.low <= found.gain <= found.high


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ann helps. Let me know if you need more!", "Ann helps."),
        ("Ann helps. Let me know if you come to lunch.", "Ann helps. Let me know if you come to lunch."),
        ("Ann helps if you want her to.", "Ann helps if you want her to."),
    ],
    ids=["a sentence of its own", "a quotation", "a clause"],
)
def test_only_a_sentence_that_does_not_quote_the_dialogue_is_a_closing_phrase(text, left):
    row = Row("Bob: Let me know if you come to lunch.", Corpus((), (), ()))
    assert closing_left(text, row) == left


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[::-1],
        lambda text: " ".join(word[::-1] for word in text.split()),
        lambda text: " ".join(reversed(text.split())),
    ],
    ids=["letters", "letters of each word", "words"],
)
def test_a_text_backwards_is_turned_in_all_rows_whatever_was_reversed(change):
    texts = [" ".join(text.split()) for text in CLEAN.predictions]
    first = next(find_output_faults(CLEAN.with_predictions(list(map(change, texts)))))
    assert first.code == "letters_reversed"
    turned = sum(one == two for one, two in zip(first.repaired.predictions, texts, strict=True))
    assert turned >= 0.9 * len(texts)


def test_what_the_references_have_too_is_no_damage():
    quoted = tuple((f"“{text}”",) for text in CLEAN.first_references)
    outputs = Outputs(CLEAN.ids, tuple(f"“{text}”" for text in CLEAN.predictions), quoted, CLEAN.dialogues)
    assert find_chain(outputs, REPAIRS) is None


def test_nothing_is_repaired_in_good_outputs_of_any_quality():
    for seed in range(8):
        kept = random.Random(seed).uniform(0.2, 0.9)
        assert find_chain(planted.outputs(40, seed=seed, kept=kept), REPAIRS) is None


def test_many_numbers_in_a_row_take_no_time():
    """Backtracking over them would take minutes."""
    codes = [" ".join(f"{ord(letter):08b}" for letter in text[:60]) for text in CLEAN.predictions]
    for backwards in (False, True):
        find_frames(codes, CLEAN.first_references, CLEAN.dialogues or (), backwards)
