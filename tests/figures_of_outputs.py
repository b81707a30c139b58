"""Findings about outputs, each with the numbers that its title and evidence must print, in their order.

`CASES` has a function for each form of a finding: it plants the fault and returns the finding, the numbers that it
prints, and those that only `diagnosis.json` has.
"""

import json
import math
import re
from collections import Counter
from dataclasses import replace

import planted
from slow_formulas import (
    WordClasses,
    clear_matches,
    interval,
    mean,
    mean_score,
    median,
    pairs_outside,
    rare_words_elsewhere,
    resampled_means,
    rouge1,
    scores,
    token_form,
    unicode_words,
    unknown_share,
    witten_bell,
)

from sumtune.diagnose.context import Context
from sumtune.diagnose.diagnosis import diagnose
from sumtune.diagnose.rules import wording
from sumtune.diagnose.rules.columns import columns_swapped, one_summary_for_all
from sumtune.diagnose.rules.copies import (
    predictions_are_dialogues,
    predictions_are_references,
    some_predictions_are_references,
)
from sumtune.diagnose.rules.dialogues import dialogues_damaged
from sumtune.diagnose.rules.language_and_case import wrong_language
from sumtune.diagnose.rules.lengths import cut_short, empty_predictions, never_stops
from sumtune.diagnose.rules.messages import error_messages, refusals
from sumtune.diagnose.rules.misplaced_rows import misplaced_rows
from sumtune.diagnose.rules.missing_parts import (
    ends_midway,
    marks_detached,
    names_lost,
    punctuation_lost,
    starts_midway,
)
from sumtune.diagnose.rules.other_rows import predictions_repeat, text_of_other_rows, unrelated
from sumtune.diagnose.rules.references import references_damaged
from sumtune.diagnose.rules.repairable import repairable
from sumtune.diagnose.rules.teacher_forced import teacher_forced
from sumtune.diagnose.rules.tokenization import letters_dropped, unfit_for_rouge_score
from sumtune.diagnose.rules.two_groups import two_groups
from sumtune.diagnose.rules.unlike import unlike_references
from sumtune.diagnose.rules.wording import broken_sentences, misspelled, odd_lengths, same_template, strange_marks
from sumtune.diagnose.text_features import content_words
from sumtune.evaluate.baselines import lead_3

CLEAN = planted.outputs(40)
ROWS = range(len(CLEAN))
GERMAN = "Die Leute sind nicht zu Hause und sie hat das Brot für {} mit dem Auto auf der Straße geholt."
BABBLE = " and then they talk about the weather again and about what the others said to them on that day" * 5
CUT_WORDS = 7
CASES = {}


def case(code, form=""):
    """Register a function that returns a finding with `code`, and its numbers."""

    def register(function):
        CASES[f"{code} {form}".strip()] = function
        return function

    return register


def changed(chosen, change, outputs=CLEAN):
    """The outputs with some predictions changed."""
    texts = enumerate(outputs.predictions)
    return outputs.with_predictions([change(text) if chosen(row) else text for row, text in texts])


def with_texts_of(others):
    """The outputs with every third prediction replaced by the text of `others` in its row."""
    pairs = zip(CLEAN.predictions, others, strict=True)
    return CLEAN.with_predictions([other if every_third(row) else text for row, (text, other) in enumerate(pairs)])


def with_references(change):
    pairs = zip(CLEAN.first_references, CLEAN.dialogues, strict=True)
    return replace(CLEAN, references=tuple((change(*pair),) for pair in pairs))


def every_third(row):
    return row % 3 == 0


OTHERS = [row for row in ROWS if not every_third(row)]
SOME = len(ROWS) - len(OTHERS)


@case("empty_predictions")
def empty():
    outputs = changed(every_third, lambda _: " .")
    return empty_predictions(outputs), [SOME / 40, SOME, 40, mean_score(CLEAN, OTHERS), mean_score(outputs)]


@case("empty_predictions", "all")
def all_empty():
    outputs = CLEAN.mapped(lambda _: "nan")
    return empty_predictions(outputs), [1.0, 40, 40], [0.0]


@case("predictions_are_dialogues")
def copies():
    outputs = with_texts_of(CLEAN.dialogues)
    expected = [SOME, 40, 0, mean_score(CLEAN, OTHERS), mean_score(outputs)]
    return predictions_are_dialogues(outputs), expected, [SOME / 40]


@case("one_summary_for_all")
def constant():
    outputs = changed(every_third, lambda _: "Two people talk about their plans.")
    instead = with_texts_of(list(map(lead_3, CLEAN.dialogues)))
    distinct = len(set(map(str.casefold, CLEAN.first_references))) / 40
    return one_summary_for_all(outputs), [SOME, 40, distinct, mean_score(outputs), mean_score(instead)], [SOME / 40]


@case("columns_swapped")
def swapped():
    outputs = replace(CLEAN, predictions=CLEAN.dialogues, dialogues=CLEAN.predictions)
    return columns_swapped(outputs), [mean_score(CLEAN), mean_score(outputs)]


@case("columns_swapped", "suspected")
def suspected():
    said = (" ".join(line.partition(": ")[2] for line in dialogue.splitlines()[:3]) for dialogue in CLEAN.dialogues)
    outputs = replace(CLEAN, predictions=CLEAN.first_references, references=tuple((text,) for text in said))
    novel = [
        mean(pairs_outside(text, said) for text, said in zip(texts, CLEAN.dialogues, strict=True))
        for texts in (outputs.predictions, outputs.first_references)
    ]
    return columns_swapped(outputs), novel


@case("misplaced_rows", "moved")
def moved():
    outputs = CLEAN.with_predictions(CLEAN.predictions[3:] + CLEAN.predictions[:3])
    own, other = clear_matches(outputs.predictions, [outputs.first_references, outputs.dialogues])
    return misplaced_rows(outputs), [own, 40, other, 3, 1, 37, 38, mean_score(CLEAN), mean_score(outputs)]


@case("misplaced_rows", "reversed in batches")
def reversed_in_batches():
    outputs = CLEAN.with_predictions([CLEAN.predictions[row // 8 * 8 + 7 - row % 8] for row in ROWS])
    own, other = clear_matches(outputs.predictions, [outputs.first_references, outputs.dialogues])
    return misplaced_rows(outputs), [own, 40, other, 8, mean_score(CLEAN), mean_score(outputs)], [1]


@case("misplaced_rows", "of several processes")
def of_four_processes():
    outputs = CLEAN.with_predictions([text for first in range(4) for text in CLEAN.predictions[first::4]])
    own, other = clear_matches(outputs.predictions, [outputs.first_references, outputs.dialogues])
    return misplaced_rows(outputs), [own, 40, other, 4, mean_score(CLEAN), mean_score(outputs)], [36 / 40]


@case("misplaced_rows", "exchanged")
def exchanged():
    outputs = replace(CLEAN, references=tuple(CLEAN.references[{4: 9, 9: 4}.get(row, row)] for row in ROWS))
    own, other = clear_matches(outputs.first_references, [outputs.predictions, outputs.dialogues])
    return misplaced_rows(outputs), [own, 40, other, 5, 10, mean_score(CLEAN), mean_score(outputs)], [2 / 40]


@case("misplaced_rows", "dialogues")
def moved_dialogues():
    outputs = replace(CLEAN, dialogues=CLEAN.dialogues[::-1])
    own, other = clear_matches(outputs.dialogues, [outputs.predictions, outputs.first_references])
    return misplaced_rows(outputs), [own, 40, other, mean_score(CLEAN)], [1]


@case("misplaced_rows", "foreign")
def foreign():
    other = planted.outputs(120).select(range(80, 120))
    outputs = replace(CLEAN, predictions=other.predictions)
    own, away = clear_matches(outputs.predictions, [outputs.first_references, outputs.dialogues])
    return misplaced_rows(outputs), [own, 40, away], [1, mean_score(outputs)]


@case("dialogues_damaged")
def without_dialogues():
    outputs = replace(CLEAN, dialogues=tuple(
        "nan" if every_third(row) else text for row, text in enumerate(CLEAN.dialogues)
    ))  # fmt: skip
    every = [word for text in CLEAN.first_references for word in names_and_long_words(text)]
    usual = {word for word in every if every.count(word) >= 12}
    agreed = [
        (names_and_long_words(one) & names_and_long_words(two) - usual, names_and_long_words(said))
        for one, two, said in zip(CLEAN.first_references, CLEAN.predictions, outputs.dialogues, strict=True)
    ]
    said = [
        [len(both & known) / len(both) for row, (both, known) in enumerate(agreed)
         if every_third(row) == wrong and len(both) > 1]
        for wrong in (True, False)
    ]  # fmt: skip
    damaged = sum(map(every_third, range(40)))
    return dialogues_damaged(outputs), [damaged, 40, *(sum(one) / len(one) for one in said)], [damaged / 40]


def names_and_long_words(text):
    found = re.findall(r"\d+(?:[.,]\d+)+\w*|[^\W_]+", text)
    return {word.lower() for word in found if len(word) >= 4 or word[0].isupper()}


@case("wrong_language")
def german():
    outputs = changed(every_third, lambda text: GERMAN.format(len(text)))
    return wrong_language(outputs), [SOME / 40, mean_score(CLEAN, OTHERS), mean_score(outputs)]


@case("never_stops")
def runaway():
    outputs = changed(lambda row: row % 4, lambda text: " ".join(f"{text.replace('.', '')}{BABBLE}".split()[:90]))
    rows = [row for row in ROWS if row % 4]
    ratio = median(words(outputs.predictions[row]) / words(outputs.first_references[row]) for row in rows)
    start = outputs.mapped(before_repetition)
    return never_stops(outputs), [len(rows) / 40, ratio, mean_score(start), mean_score(outputs)]


def words(text):
    return len(text.split())


def before_repetition(text):
    """The text before the first three words that it says again."""
    found = text.split()
    for end in range(3, len(found) + 1):
        triples = [found[at : at + 3] for at in range(end - 2)]
        if triples[-1] in triples[:-1]:
            return " ".join(found[: end - 3])
    return text


@case("cut_short")
def cut():
    outputs = changed(every_third, lambda text: " ".join(text.split()[:CUT_WORDS]).rstrip(".,!?"))
    unfinished = mean(text[-1] not in ".!?" for text in CLEAN.first_references)
    return cut_short(outputs), [SOME / 40, CUT_WORDS, unfinished, mean_score(CLEAN, OTHERS), mean_score(outputs)]


@case("references_damaged", "cut")
def cut_references():
    outputs = with_references(lambda text, _: text[:40])
    bad = sum(len(text.rstrip()) >= 39 and text.rstrip()[-1] not in ".!?" for text in outputs.first_references)
    longest = max(map(len, CLEAN.predictions))
    predicted = mean(len(text) >= longest - 1 and text[-1] not in ".!?" for text in CLEAN.predictions)
    return references_damaged(outputs), [40, bad, 40, 40, mean_score(outputs)], [bad / 40, predicted]


@case("references_damaged", "marked")
def marked_references():
    outputs = with_references(lambda text, _: text + "!!!!!!" if len(text) % 3 == 0 else text)
    bad = sum(text.endswith("!!!!!!") for text in outputs.first_references)
    return references_damaged(outputs), [bad, 40, mean_score(outputs)], [bad / 40, 0.0]


@case("references_damaged", "constant")
def constant_references():
    outputs = with_references(lambda text, _: "A conversation between friends." if len(text) % 3 else text)
    bad = sum(text == "A conversation between friends." for text in outputs.first_references)
    return references_damaged(outputs), [bad, 40, 1 / 40, mean_score(outputs)], [bad / 40]


@case("references_damaged", "language")
def german_references():
    outputs = with_references(lambda text, _: GERMAN.format(len(text)))
    return references_damaged(outputs), [40, 40, mean_score(outputs, tokens=unicode_words)], [1, 0.0]


@case("two_groups")
def low_group():
    outputs = changed(lambda row: row >= 25, lambda text: text[::-1])
    low, high = mean_score(outputs, range(25, 40)), mean_score(outputs, range(25))
    return two_groups(outputs), [15, 40, low, high, 26], [1 / 201]


@case("two_groups", "batch")
def low_third_rows():
    outputs = changed(lambda row: row % 3 == 2, lambda text: text[::-1])
    low, high = ([row for row in ROWS if (row % 3 == 2) == is_low] for is_low in (True, False))
    expected = [len(low), 40, mean_score(outputs, low), mean_score(outputs, high), 3, 3, 6]
    return two_groups(outputs), expected, [1 / 201]


@case("two_groups", "length")
def low_long_dialogues():
    sizes = [words(text) for text in CLEAN.dialogues]
    longest = sorted(sizes)[25]
    outputs = changed(lambda row: sizes[row] > longest, lambda text: text[::-1])
    low, high = ([row for row in ROWS if (sizes[row] > longest) == is_low] for is_low in (True, False))
    expected = [len(low), 40, mean_score(outputs, low), mean_score(outputs, high), longest]
    return two_groups(outputs), expected, [1 / 201]


def repair(damage, every=3):
    """A finding of the repairs, and its numbers."""
    outputs = changed(lambda row: row % every == 0, damage)
    finding = repairable(outputs)
    pairs = enumerate(zip(outputs.predictions, finding.repaired.predictions, strict=True))
    bad = [row for row, (before, after) in pairs if before != after]
    gains = [one - two for one, two in zip(scores(finding.repaired), scores(outputs), strict=True)]
    low, high = (len(bad) / 40 * end for end in interval([gains[row] for row in bad], 2000))
    score = mean_score(outputs)
    return finding, [len(bad), 40, mean_score(finding.repaired), score, mean(gains), low, high], [len(bad) / 40]


@case("repairable")
def separated():
    return repair(lambda text: text.replace("", " ").strip())


@case("repairable", "a chain")
def wrapped_twice():
    return repair(lambda text: json.dumps({"summary": " ".join(text)}), 1)


@case("repairable", "without effect")
def upper():
    finding, numbers, others = repair(str.upper)
    return finding, numbers[:3], [*others, 0]


@case("predictions_are_references")
def references_as_predictions():
    outputs = CLEAN.with_predictions([*CLEAN.first_references[:36], *CLEAN.predictions[36:]])
    same = sum(text == wanted for text, wanted in zip(outputs.predictions, CLEAN.first_references, strict=True))
    return predictions_are_references(outputs), [same, 40, mean_score(outputs)], [same / 40]


@case("score_unexplained")
def below_lead_3():
    outputs = CLEAN.with_predictions(list(map(planted.small_talk, CLEAN.dialogues)))
    baseline = CLEAN.with_predictions(list(map(lead_3, CLEAN.dialogues)))
    return unexplained(outputs), [mean_score(outputs), mean_score(baseline), *compared(outputs, baseline)[:3]]


@case("score_unexplained", "base")
def below_base():
    outputs, base = planted.outputs(40, kept=0.6), planted.outputs(40, kept=0.95)
    return unexplained(outputs, base=base), [mean_score(outputs), mean_score(base), *compared(outputs, base)[:3]]


def compared(outputs, other):
    """Mean difference, the ends of its interval, and its p-value, by resamples drawn one after the other."""
    differences = [one - two for one, two in zip(scores(outputs), scores(other), strict=True)]
    center = mean(differences)
    means = resampled_means(differences, 10_000)
    as_far = sum(abs(one - center) >= abs(center) for one in means)
    return center, *interval(differences, 10_000), (as_far + 1) / 10_001


def unexplained(outputs, **context):
    findings = diagnose(Context(outputs=outputs, **context)).findings
    return next(finding for finding in findings if finding.code == "score_unexplained")


def left_out(outputs, finding):
    """The rows that the finding says are damaged."""
    kept = set(finding.repaired.ids) if finding.repaired else set()
    return [row for row, name in enumerate(outputs.ids) if name not in kept]


def triples(text):
    found = unicode_words(re.sub(r"\d+", "0", text))
    return [tuple(found[at : at + 3]) for at in range(len(found) - 2)]


def shared_triples(texts, others):
    """For each text, the share of its word triples that three of `texts` have, and none of `others`."""
    own, known = list(map(triples, texts)), {triple for text in others for triple in triples(text)}
    return [
        mean(sum(triple in other for other in own) >= 3 and triple not in known for triple in found) for found in own
    ]


@case("same_template")
def messages():
    outputs = changed(every_third, lambda text: f"Reply {len(text)}: the answer goes out after {len(text)} seconds.")
    finding = same_template(outputs)
    bad = left_out(outputs, finding)
    mine = shared_triples(outputs.predictions, [*CLEAN.first_references, *CLEAN.dialogues])
    usual = shared_triples(CLEAN.first_references, CLEAN.dialogues)
    return finding, [len(bad), 40, mean(mine[row] for row in bad), mean(usual)], [len(bad) / 40]


@case("error_messages")
def errors():
    outputs = changed(every_third, lambda text: f"Error {len(text)}: the request timed out after {len(text)} seconds.")
    finding = error_messages(outputs)
    bad = sum(map(every_third, ROWS))
    return finding, [bad, 40], [bad / 40]


@case("refusals")
def refused():
    finding = refusals(changed(every_third, lambda text: f"As an AI language model, I cannot comply ({len(text)})."))
    bad = sum(map(every_third, ROWS))
    return finding, [bad, 40], [bad / 40]


@case("strange_marks")
def marked():
    outputs = changed(every_third, lambda text: f"<<Ann>> {text}" if len(text) % 4 else f"<<Ann>> {{{text}}}")
    finding = strange_marks(outputs)
    others = [[*CLEAN.dialogues, *CLEAN.first_references[:row], *CLEAN.first_references[row + 1 :]] for row in ROWS]
    forms = [{token_form(token) for text in texts for token in text.split()} for texts in others]
    own = [
        any(token_form(token) not in forms[row] for token in text.split())
        for row, text in enumerate(CLEAN.first_references)
    ]
    bad = len(left_out(outputs, finding))
    return finding, [bad, 40, bad, mean(own)], [bad / 40]


@case("misspelled")
def without_vowels():
    outputs = changed(every_third, lambda text: re.sub("[aeo]", "", text))
    finding = misspelled(outputs)
    bad = left_out(outputs, finding)
    others = [[*CLEAN.dialogues, *CLEAN.first_references[:row], *CLEAN.first_references[row + 1 :]] for row in ROWS]
    every = [*CLEAN.dialogues, *CLEAN.first_references]
    mine = mean(unknown_share(outputs.predictions[row], every) for row in bad)
    usual = mean(unknown_share(text, others[row]) for row, text in enumerate(CLEAN.first_references))
    return finding, [len(bad), 40, mine, usual], [len(bad) / 40]


@case("broken_sentences")
def sorted_words():
    outputs = changed(every_third, lambda text: " ".join(sorted(text.split(), key=str.casefold, reverse=True)))
    finding = broken_sentences(outputs)
    bad = left_out(outputs, finding)
    texts = [*CLEAN.first_references, *CLEAN.dialogues]
    capital = Counter(word.lower() for text in texts for word in re.findall(r"\w+", text) if word[0].isupper())
    every = Counter(word for text in texts for word in unicode_words(text))
    names = {word for word, count in capital.items() if 2 * count > every[word]}
    said = [line for text in CLEAN.dialogues for line in text.splitlines()]
    models = [WordClasses([*said, *CLEAN.first_references[1 - half :: 2]], names) for half in (0, 1)]
    mine = mean(models[row % 2].fit(outputs.predictions[row]) for row in bad)
    usual = mean(models[row % 2].fit(text) for row, text in enumerate(CLEAN.first_references))
    return finding, [len(bad), 40, mine, usual, 0.5], [len(bad) / 40]


@case("broken_sentences", "without common words")
def without_common_words():
    texts = [*CLEAN.first_references, *CLEAN.dialogues]
    every = Counter(word for text in texts for word in unicode_words(text))
    capital = Counter(word.lower() for text in texts for word in re.findall(r"\w+", text) if word[0].isupper())
    ranked = sorted(every, key=lambda word: (-every[word], word))
    common = [word for word in ranked if 2 * capital[word] <= every[word]][:50]
    outputs = changed(
        every_third, lambda text: " ".join(word for word in text.split() if word.strip(".,").lower() not in common)
    )
    finding = wording._without_common_words(outputs, None)  # the order of these words is odd, too
    bad = left_out(outputs, finding)
    mine, usual = (
        mean(mean(word in common for word in unicode_words(text)) for text in column)
        for column in ([outputs.predictions[row] for row in bad], CLEAN.first_references)
    )
    return finding, [len(bad), 40, mine, 50, usual], [len(bad) / 40]


@case("starts_midway")
def without_start():
    outputs = changed(every_third, lambda text: text[text.index(" ", 5) + 1 :].replace("A", "a", 1))
    finding = starts_midway(outputs)
    bad = left_out(outputs, finding)
    small = mean(text[0].islower() for text in CLEAN.first_references)
    return finding, [len(bad), 40, small], [len(bad) / 40]


@case("punctuation_lost")
def without_marks():
    outputs = changed(every_third, lambda text: re.sub(r"[^\w\s]", "", text))
    finding = punctuation_lost(outputs)
    none = mean(not re.search(r"[^\w\s]", text) for text in CLEAN.first_references)
    bad = len(left_out(outputs, finding))
    return finding, [bad, 40, 8, none], [bad / 40]


@case("marks_detached")
def spaced_marks():
    outputs = changed(every_third, lambda text: re.sub(r"(?=[.,])", " ", text))
    finding = marks_detached(outputs)
    usual = mean(
        bool(re.search(r"\w [.,;!?]( |$)|\w (n't|'s|'re|'ll|'ve|'m|'d)\b", text)) for text in CLEAN.first_references
    )
    bad = len(left_out(outputs, finding))
    return finding, [bad, 40, usual], [bad / 40]


@case("ends_midway")
def without_end():
    outputs = changed(every_third, lambda text: text.rstrip("."))
    finding = ends_midway(outputs)
    bad = len(left_out(outputs, finding))
    return finding, [bad, 40, mean(text[-1] not in ".!?" for text in CLEAN.first_references)], [bad / 40]


def bits_in_context(text, model):
    """Bits for a character of `text` by a model of four characters, as `CharacterModel` documents it."""
    return mean(-math.log2(model(text, place)) for place in range(len(text)))


@case("unlike_references")
def with_numbers_between_letters():
    finding, shown, share, p_value = letters_numbered(every_third)
    return finding, shown, [share, p_value]


@case("unlike_references", "in few rows")
def with_numbers_in_few_rows():
    finding, shown, share, p_value = letters_numbered(lambda row: row in (3, 9, 20, 31))
    return finding, [*shown, p_value], [share]


def letters_numbered(chosen):
    """The finding, its numbers, its share, and how often chance chooses no reference."""
    outputs = changed(chosen, lambda text: "".join(f"{letter}{ord(letter) % 7}" for letter in text))
    finding = unlike_references(outputs)
    bad = left_out(outputs, finding)
    said = [line for text in CLEAN.dialogues for line in text.splitlines()]
    models = [witten_bell([*said, *CLEAN.first_references[1 - half :: 2]], 4) for half in (0, 1)]
    mine = mean(bits_in_context(outputs.predictions[row], models[row % 2]) for row in bad)
    usual = mean(bits_in_context(text, models[row % 2]) for row, text in enumerate(CLEAN.first_references))
    p_value = math.prod((40 - number) / (80 - number) for number in range(len(bad)))
    return finding, [len(bad), 40, mine, usual], len(bad) / 40, p_value


@case("names_lost")
def nameless():
    outputs = changed(every_third, lambda text: re.sub(r"\b[A-Z]\w+", "she", text).capitalize())
    finding = names_lost(outputs)
    texts = [*CLEAN.first_references, *CLEAN.dialogues]
    capital = Counter(word.lower() for text in texts for word in re.findall(r"\w+", text) if word[0].isupper())
    every = Counter(word for text in texts for word in unicode_words(text))
    names = {word for word, count in capital.items() if 2 * count > every[word]}
    said = [
        names & {word.lower() for word in re.findall(r"\w+", text) if word[0].isupper()} for text in CLEAN.dialogues
    ]
    pairs = zip(said, CLEAN.first_references, strict=True)
    usual = mean(bool(own) and not own & set(unicode_words(text)) for own, text in pairs)
    bad = len(left_out(outputs, finding))
    return finding, [bad, 40, usual], [bad / 40]


@case("odd_lengths")
def first_words():
    outputs = changed(every_third, lambda text: text.split()[0])
    others = median(words(CLEAN.predictions[row]) for row in OTHERS)
    wanted = median(map(words, CLEAN.first_references))
    return odd_lengths(outputs), [SOME, 40, 1, others, wanted], [SOME / 40]


@case("text_of_other_rows")
def two_in_one():
    texts = [f"{text} {CLEAN.predictions[row - 5]}" for row, text in enumerate(CLEAN.predictions)]
    outputs = CLEAN.with_predictions([texts[row] if every_third(row) else CLEAN.predictions[row] for row in ROWS])
    finding = text_of_other_rows(outputs)
    bad = left_out(outputs, finding)
    found, usual = (rare_words_elsewhere(t, CLEAN.dialogues) for t in (outputs.predictions, CLEAN.first_references))
    first = bad[0]
    return (
        finding,
        [len(bad), 40, mean(found[row] for row in bad), mean(usual), first + 1, (first - 5) % 40 + 1],
        [len(bad) / 40],
    )


@case("unrelated")
def of_no_dialogue():
    outputs = changed(every_third, lambda text: f"They will meet on May {len(text)} to talk about money and work.")
    finding = unrelated(outputs)
    bad = left_out(outputs, finding)
    mine, usual = (
        mean(len(content_words(texts[row]) & content_words(CLEAN.dialogues[row])) / len(content_words(texts[row]))
             for row in rows)
        for texts, rows in ((outputs.predictions, bad), (CLEAN.first_references, ROWS))
    )  # fmt: skip
    return finding, [len(bad), 40, mine, usual], [len(bad) / 40]


@case("predictions_repeat")
def of_the_row_before():
    outputs = CLEAN.with_predictions([CLEAN.predictions[row - (row % 4 == 1)] for row in ROWS])
    return predictions_repeat(outputs), [20, 40, 10], [0.5]


@case("predictions_are_dialogues", "turns")
def turns():
    speakers = [text.partition(":")[0] for text in CLEAN.dialogues]
    copied = [
        text.splitlines()[1] if row % 2 else f"{speakers[row]}: Ok, see you at {row}!"
        for row, text in enumerate(CLEAN.dialogues)
    ]
    outputs = with_texts_of(copied)
    pairs = list(zip(outputs.predictions, CLEAN.dialogues, strict=True))
    own = [len(text.split()) >= 3 and text in said.splitlines() for text, said in pairs]
    more = [
        not mine and text.startswith(f"{said.partition(':')[0]}: ")
        for mine, (text, said) in zip(own, pairs, strict=True)
    ]
    others = mean_score(outputs, [row for row in ROWS if not own[row] and not more[row]])
    bad = sum(own) + sum(more)
    return predictions_are_dialogues(outputs), [sum(own), 40, sum(more), others, mean_score(outputs)], [bad / 40]


@case("some_predictions_are_references")
def some_references():
    others = CLEAN.with_predictions([" ".join(text.splitlines()[:2]) for text in CLEAN.dialogues])
    texts = zip(others.predictions, CLEAN.first_references, strict=True)
    outputs = CLEAN.with_predictions([pair[every_third(row)] for row, pair in enumerate(texts)])
    expected = [SOME, 40, mean_score(others, OTHERS), mean_score(outputs)]
    return some_predictions_are_references(outputs), expected, [SOME / 40]


def follows(text, reference):
    """Whether 40% of at least six words after the first other one are at the same places, and others here and there."""
    mine, its = (re.findall(r"[a-z0-9]+", one.lower()) for one in (text, reference))
    same = "".join("=" if one == other else "x" for one, other in zip(mine, its, strict=False))
    rest, runs = same.partition("x")[2], re.findall("x+", same)
    return len(rest) >= 6 and rest.count("=") >= 0.4 * len(rest) and len(runs) >= 2 and max(map(len, runs)) <= 4


@case("teacher_forced")
def most_probable_words():
    common, texts = ("the", "is", "to", "with"), []
    for row, (text, reference) in enumerate(zip(CLEAN.predictions, CLEAN.first_references, strict=True)):
        forced = [common[row % 4] if place % 5 == 2 else word for place, word in enumerate(reference.split())]
        texts.append(" ".join(forced) if every_third(row) else text)
    outputs = CLEAN.with_predictions(texts)
    bad = [follows(*pair) for pair in zip(texts, CLEAN.first_references, strict=True)]
    others = [row for row in range(40) if not bad[row]]
    expected = [sum(bad), 40, 0.6, mean_score(outputs, others), mean_score(outputs)]
    return teacher_forced(outputs), expected, [sum(bad) / 40]


def cyrillic(text):
    return "".join(chr(0x430 + ord(letter) - 97) if "a" <= letter <= "z" else letter for letter in text.casefold())


CYRILLIC = replace(with_references(lambda text, _: cyrillic(text)).mapped(cyrillic), dialogues=None)
AGAINST_ITSELF = mean(map(rouge1, CYRILLIC.first_references, CYRILLIC.first_references))


@case("letters_dropped")
def dropped():
    finding = letters_dropped(replace(CYRILLIC, rouge_tokens="rouge-score"))
    return finding, [40, 40, AGAINST_ITSELF, mean_score(CYRILLIC, tokens=unicode_words), mean_score(CYRILLIC)], [1]


@case("letters_dropped", "by another tool")
def dropped_by_another_tool():
    finding = unfit_for_rouge_score(CYRILLIC)
    return finding, [40, 40, AGAINST_ITSELF, mean_score(CYRILLIC), mean_score(CYRILLIC, tokens=unicode_words)], [1]
