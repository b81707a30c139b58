"""Damage that was invented without sight of the rules: how outputs of summarizers are damaged on their way into a file.

Every function was written before the list of findings was read; the codes were added after, before the first run.
Where a later finding names the damage better, its code was added then.
"""

import base64
import json
import quopri
import random
import re
import textwrap
from collections.abc import Callable
from urllib.parse import quote

from damage_known import Damage, Texts, each, with_dialogue
from damage_unseen_texts import (
    first_speaker,
    full_width,
    growing_stream,
    hyphenated,
    interleaved_workers,
    keywords,
    lost_chunks,
    masked_names,
    next_example,
    retried,
    sectioned,
    sentences_as_json,
    streamed,
    stuck,
    untagged_thought,
    wrong_byte_order,
)

__all__ = ["DAMAGES"]

BATCH = 8
NEWS = (
    "The central bank left its main rate unchanged on Thursday and said inflation would slow next year.",
    "Firefighters rescued two climbers after a night on the north face, a spokesman for the region said.",
    "The home side won three goals to one and moved up to fourth place in the league.",
    "Scientists found traces of water in rocks that are older than the planet's first oceans.",
    "The airline cancelled forty flights because of a strike of ground staff at two airports.",
)
GERMAN = "{} schreibt, dass das heute leider nicht klappt, und sie wollen sich deshalb morgen nach der Arbeit treffen."


def with_neighbour(change: Callable[[str, str], str]) -> Damage:
    """Return damage that mixes a prediction with the one of the next row."""

    def damage(predictions: Texts, _references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
        return [change(text, predictions[(row + 1) % len(predictions)]) for row, text in enumerate(predictions)]

    return damage


def reordered(order: Callable[[int], list[int]]) -> Damage:
    """Return damage that writes the predictions in another order (or some of them twice)."""

    def damage(predictions: Texts, _references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
        return [predictions[row] for row in order(len(predictions))]

    return damage


def wrong_vocabulary(predictions: Texts, _references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
    """Decode the token ids with the vocabulary of another model: every word becomes another one."""
    words = sorted({word for text in predictions for word in text.split()})
    shifted = dict(zip(words, words[7:] + words[:7], strict=True))
    return [" ".join(shifted[word] for word in text.split()) for text in predictions]


def alphabetical(predictions: Texts, _references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
    """Pass the file through `sort`."""
    return sorted(predictions)


def as_text_keys(size: int) -> list[int]:
    """Return the order of row numbers that were sorted as text: 0, 1, 10, 11, 2."""
    return sorted(range(size), key=str)


def row_lost_halfway(size: int) -> list[int]:
    """Return an order in which one row of the middle is lost and the rest moves up."""
    return [*range(size // 2), *range(size // 2 + 1, size), size - 1]


def next_reference(_predictions: Texts, references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
    """Write the reference of the next row as the prediction."""
    return [references[(row + 1) % len(references)] for row in range(len(references))]


def other_data(predictions: Texts, _references: Texts, _dialogues: Texts, rng: random.Random) -> list[str]:
    """Write the outputs of a run on news."""
    return [rng.choice(NEWS) for _ in predictions]


def scores_for_texts(predictions: Texts, _references: Texts, _dialogues: Texts, rng: random.Random) -> list[str]:
    """Write the column of log probabilities for the column of texts."""
    return [f"{-3 * rng.random():.6f}" for _ in predictions]


def memory_address(predictions: Texts, _references: Texts, _dialogues: Texts, rng: random.Random) -> list[str]:
    """Write the printed form of an object that was never read out."""
    return [f"<generator object Pipeline.run at 0x7f{rng.getrandbits(40):010x}>" for _ in predictions]


CUT = ("cut_short",)
ENCODED = ("encoded",)
INVISIBLE = ("invisible_characters",)
JSON = ("json_wrapped",)
MOVED = ("misplaced_rows", "text_of_other_rows")
SAME = ("one_summary_for_all",)
BROKEN = ("broken_sentences",)
ELSEWHERE = ("text_of_other_rows",)
REPEAT = ("predictions_repeat",)
MISSPELLED = ("misspelled",)
UNKNOWN = ("score_unexplained", "two_groups")
"""No finding names this damage: the best true answer is that something unknown is wrong."""

DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "cut at the first comma (unquoted CSV)": (each(lambda text: text.split(",")[0][: len(text) // 2]), CUT),
    "cut at 32 characters (VARCHAR)": (each(lambda text: text[:32]), CUT),
    "cut by the printer of a table": (each(lambda text: text if len(text) < 40 else f"{text[:37]}..."), CUT),
    "first half sliced off": (
        each(lambda text: text[len(text) // 2 :]),
        (*UNKNOWN, *BROKEN, *MISSPELLED, "starts_midway"),
    ),
    "three words only": (each(lambda text: " ".join(text.split()[:3])), (*CUT, "odd_lengths")),
    "log prefix": (
        each(lambda text: f"2024-05-03 10:22:11,120 INFO worker-3 summarizer.pipeline - {text}"),
        ("same_start", "numbered"),
    ),
    "printed dict": (
        each(lambda text: str({"summary_text": text, "finish_reason": "stop"})),
        ("python_literal", "json_wrapped"),
    ),
    "JSON sentences with scores": (each(sentences_as_json), JSON),
    "YAML block": (
        each(lambda text: "summary: >-\n  " + "\n  ".join(textwrap.wrap(text, 40)) + "\nmodel: a\n"),
        ("same_start", "same_end", "preamble_left"),
    ),
    "XML tags": (
        each(lambda text: f'<?xml version="1.0"?><result><summary>{text}</summary></result>'),
        ("tagged", "html_tags"),
    ),
    "tool call": (each(lambda text: json.dumps({"name": "write_summary", "arguments": {"text": text}})), JSON),
    "terminal colours": (each(lambda text: " ".join(f"\x1b[32m{word}\x1b[0m" for word in text.split())), INVISIBLE),
    "base64": (each(lambda text: base64.b64encode(text.encode()).decode()), ENCODED),
    "percent encoding": (each(quote), ("url_encoded",)),
    "quoted-printable": (
        each(lambda text: quopri.encodestring(text.encode()).decode().replace(" ", "=20")),
        ("quoted_printable",),
    ),
    "hexadecimal bytes": (each(lambda text: text.encode().hex()), ENCODED),
    "unicode escapes": (
        each(lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text)),
        ("backslash_escaped", "encoded"),
    ),
    "numeric entities": (each(lambda text: "".join(f"&#{ord(letter)};" for letter in text)), ("html_escaped",)),
    "UTF-16 read as bytes": (each(lambda text: "\x00".join(text)), ("invisible_characters", "characters_separated")),
    "UTF-16 of the other byte order": (each(wrong_byte_order), ("mojibake",)),
    "zero-width spaces": (each("\u200b".join), INVISIBLE),
    "full-width letters": (each(full_width), ("styled_letters",)),
    "written line breaks": (each(lambda text: "\\n".join(textwrap.wrap(text, 12))), ("backslash_escaped",)),
    "PDF column": (each(hyphenated), ("words_broken", "lines_hyphenated")),
    "slug": (each(lambda text: re.sub(r"\W+", "_", text.lower()).strip("_")), ("words_joined_by_marks",)),
    "terminal echo": (each(lambda text: "".join(letter * 2 for letter in text)), ("characters_repeated",)),
    "regex without backslash": (each(lambda text: re.sub("s+", " ", text)), (*UNKNOWN, *MISSPELLED)),
    "regex without capitals": (
        each(lambda text: re.sub("[^a-z ]", "", text)),
        (*UNKNOWN, *MISSPELLED, "punctuation_lost"),
    ),
    "words in reverse": (each(lambda text: " ".join(reversed(text.split()))), ("letters_reversed",)),
    "letters in reverse": (each(lambda text: text[::-1]), ("letters_reversed",)),
    "set of words": (each(lambda text: " ".join(sorted(set(text.split())))), (*UNKNOWN, *BROKEN)),
    "keywords": (each(keywords), (*UNKNOWN, *BROKEN)),
    "part-of-speech tags": (each(lambda text: " ".join(f"{word}_NN" for word in text.split())), ("words_tagged",)),
    "log probabilities": (
        each(lambda text: " ".join(f"{word} (-0.{len(word)}3)" for word in text.split())),
        ("score_appended", "strange_marks"),
    ),
    "unparsed stream": (each(streamed), JSON),
    "growing stream": (
        each(growing_stream),
        ("text_repeated", "sentences_repeated", "words_repeated", "started_again"),
    ),
    "lost chunks": (each(lost_chunks), (*UNKNOWN, *BROKEN)),
    "retry after a part": (each(retried), ("text_repeated", "sentences_repeated", "started_again")),
    "last word repeated": (each(stuck), ("ends_in_loop", "never_stops")),
    "sections": (each(sectioned), ("markdown_left", "same_start", "same_end")),
    "thoughts without tags": (each(untagged_thought), ("thoughts_left", "same_start", "preamble_left")),
    "offer of more": (
        each(lambda text: f"{text} Let me know if you'd like a shorter version or a list of points!"),
        ("closing_left", "same_end"),
    ),
    "disclaimer": (
        each(lambda text: f"{text}\n\nThis text was written by a machine and may contain errors."),
        ("closing_left", "same_end", "text_after_first_line"),
    ),
    "made-up next example": (
        with_neighbour(next_example),
        ("next_prompt_left", "turns_after_summary", "never_stops", "text_after_first_line"),
    ),
    "two rows in one": (with_neighbour(lambda text, other: f"{text} {other}"), (*MOVED, *UNKNOWN, *ELSEWHERE)),
    "two threads in one buffer": (with_neighbour(interleaved_workers), (*MOVED, *UNKNOWN, *ELSEWHERE, *BROKEN)),
    "two sequences a row": (reordered(lambda size: [row // 2 for row in range(size)]), (*MOVED, *REPEAT, *ELSEWHERE)),
    "first of the batch for all": (
        reordered(lambda size: [row - row % BATCH for row in range(size)]),
        (*MOVED, *SAME, *REPEAT, *ELSEWHERE),
    ),
    "gathered by rank": (reordered(lambda size: [*range(0, size, 2), *range(1, size, 2)]), MOVED),
    "row numbers sorted as text": (reordered(as_text_keys), MOVED),
    "a row lost halfway": (reordered(row_lost_halfway), MOVED),
    "passed through sort": (alphabetical, MOVED),
    "reference of the next row": (next_reference, (*MOVED, *ELSEWHERE, "predictions_are_references")),
    "outputs on other data": (other_data, (*MOVED, *SAME, *REPEAT, "unrelated")),
    "another model's vocabulary": (wrong_vocabulary, (*UNKNOWN, *BROKEN, "unrelated")),
    "scores for texts": (scores_for_texts, ("empty_predictions",)),
    "lengths for texts": (each(lambda text: str(len(text.split()))), ("empty_predictions",)),
    "printed generator": (memory_address, ("python_literal", "empty_predictions")),
    "[object Object]": (each(lambda _text: "[object Object]"), (*SAME, "empty_predictions", "python_literal")),
    "unfilled template": (each(lambda _text: "{{ summary }}"), (*SAME, "empty_predictions")),
    "rate limit": (
        each(lambda _text: "Error: 429 Too Many Requests. Please retry after 20 seconds."),
        (*SAME, "error_messages"),
    ),
    "gateway page": (
        each(lambda _text: "<html><head><title>502 Bad Gateway</title></head></html>"),
        (*SAME, "html_tags", "error_messages"),
    ),
    "refusal": (each(lambda _text: "I'm sorry, but I can't help with that request."), SAME),
    "reply for a summary": (each(lambda _text: "Hey! Sounds like fun :) What time should I come over?"), SAME),
    "last turn": (
        with_dialogue(lambda _text, dialogue: dialogue.splitlines()[-1]),
        ("predictions_are_dialogues", "prompt_echoed_in_part"),
    ),
    "questions": (
        with_dialogue(lambda _text, dialogue: f"What does {first_speaker(dialogue)} want to do?"),
        (*SAME, *UNKNOWN, *REPEAT, "unrelated", "same_template"),
    ),
    "German": (with_dialogue(lambda _text, dialogue: GERMAN.format(first_speaker(dialogue))), ("wrong_language",)),
    "masked names": (with_dialogue(masked_names), (*UNKNOWN, "strange_marks")),
    "chat roles": (
        with_dialogue(lambda text, dialogue: f"user\n{dialogue}\nmodel\n{text}"),
        ("prompt_echoed", "chat_header_left"),
    ),
}
