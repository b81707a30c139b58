"""Damage that the diagnosis was built for: how it arises, and which findings name it."""

import base64
import html
import json
import random
from collections.abc import Callable, Sequence
from urllib.parse import quote

__all__ = ["DAMAGES", "Damage"]

Texts = Sequence[str]
Damage = Callable[[Texts, Texts, Texts, random.Random], list[str]]
"""Returns the damaged predictions from predictions, references, dialogues and a source of randomness."""
PROMPT = "Summarize the following conversation in one sentence."
BABBLE = "and then they talk about the weather again and about what the others said to them on that day "


def each(change: Callable[[str], str]) -> Damage:
    """Return the damage that changes each prediction by itself."""
    return lambda predictions, _references, _dialogues, _rng: [change(text) for text in predictions]


def with_dialogue(change: Callable[[str, str], str]) -> Damage:
    """Return the damage that changes each prediction with the help of its dialogue."""
    return lambda predictions, _references, dialogues, _rng: [
        change(text, dialogue) for text, dialogue in zip(predictions, dialogues, strict=True)
    ]


def by_chance(change: Callable[[str, random.Random], str]) -> Damage:
    """Return the damage that changes each prediction at random."""
    return lambda predictions, _references, _dialogues, rng: [change(text, rng) for text in predictions]


def word_pieces(text: str, begin: str, inside: str) -> str:
    """Return the text as word pieces of at most four letters."""
    pieces = []
    for word in text.split():
        parts = [word[at : at + 4] for at in range(0, len(word), 4)]
        pieces += [begin + parts[0], *(inside + part for part in parts[1:])]
    return " ".join(pieces)


def split_words(text: str, rng: random.Random) -> str:
    """Return the text with a space inside each longer word."""
    cut = [(word, rng.randrange(2, len(word) - 1)) if len(word) > 4 else (word, 0) for word in text.split()]
    return " ".join(f"{word[:at]} {word[at:]}" if at else word for word, at in cut)


def right_padded(predictions: Texts, _references: Texts, dialogues: Texts, _rng: random.Random) -> list[str]:
    """Return what a decoder-only model writes after right padding: seven of eight in a batch answer the last turn."""
    names = [dialogue.partition(":")[0] for dialogue in dialogues]
    return [text if row % 8 == 0 else f"{names[row]}: ok" for row, text in enumerate(predictions)]


def of_next_row(predictions: Texts, _references: Texts, _dialogues: Texts, _rng: random.Random) -> list[str]:
    """Return the predictions moved by one row."""
    return [*predictions[1:], *predictions[:1]]


def shuffled(predictions: Texts, _references: Texts, _dialogues: Texts, rng: random.Random) -> list[str]:
    """Return the predictions in random order."""
    return rng.sample(list(predictions), len(predictions))


def sorted_by_length(predictions: Texts, _references: Texts, dialogues: Texts, _rng: random.Random) -> list[str]:
    """Return the predictions in the order of the length of their dialogues, as batching leaves them."""
    order = sorted(range(len(predictions)), key=lambda row: len(dialogues[row]))
    return [predictions[row] for row in order]


MOVED = ("misplaced_rows", "text_of_other_rows")
DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "right padding": (right_padded, ("two_groups", "score_unexplained", "odd_lengths")),
    "words doubled": (each(lambda text: " ".join(f"{word} {word}" for word in text.split())), ("words_repeated",)),
    "characters doubled": (each(lambda text: "".join(2 * letter for letter in text)), ("characters_repeated",)),
    "whole text twice": (each(lambda text: f"{text} {text}"), ("text_repeated",)),
    "three times on lines": (each(lambda text: "\n".join([text] * 3)), ("text_repeated",)),
    "sentences twice": (
        each(lambda text: " ".join(f"{one}. {one}." for one in text.rstrip(".").split(". "))),
        ("sentences_repeated", "text_repeated"),
    ),
    "loops at the end": (
        each(lambda text: text.rstrip(".") + " and they" * 30),
        ("ends_in_loop", "never_stops"),
    ),
    "JSON object": (each(lambda text: json.dumps({"summary": text})), ("json_wrapped",)),
    "JSON list": (each(lambda text: json.dumps([{"summary_text": text}])), ("json_wrapped",)),
    "bytes": (each(lambda text: repr(text.encode())), ("python_literal",)),
    "list": (each(lambda text: repr([text])), ("python_literal", "json_wrapped")),
    "list of words": (each(lambda text: repr(text.split())), ("python_literal",)),
    "object": (each(lambda text: f"AIMessage(content={text!r}, id='run-1')"), ("python_literal",)),
    "quotation marks": (each(lambda text: f'"{text}"'), ("quoted", "json_wrapped")),
    "code fence": (each(lambda text: f"```\n{text}\n```"), ("markdown_left",)),
    "heading": (each(lambda text: f"## Summary\n\n{text}"), ("markdown_left",)),
    "bold": (each(lambda text: f"**{text}**"), ("markdown_left",)),
    "tag": (each(lambda text: f"<summary>{text}</summary>"), ("tagged",)),
    "HTML tags": (each(lambda text: f"<p>{text.replace(' ', '<br>', 1)}</p>"), ("html_tags",)),
    "HTML escaped": (
        each(lambda text: html.escape(text.replace(" ", "\u00a0")).replace("\u00a0", "&nbsp;")),
        ("html_escaped",),
    ),
    "URL encoded": (each(quote), ("url_encoded",)),
    "escaped": (each(lambda text: json.dumps(text.replace(". ", ".\n") + "\n")[1:-1]), ("backslash_escaped",)),
    "base64": (each(lambda text: base64.b64encode(text.encode()).decode()), ("encoded",)),
    "hexadecimal": (each(lambda text: text.encode().hex()), ("encoded",)),
    "character codes": (each(lambda text: " ".join(str(ord(letter)) for letter in text)), ("encoded",)),
    "UTF-16 read as Latin-1": (
        each(lambda text: text.encode("utf-16-le").decode("latin-1")),
        ("invisible_characters",),
    ),
    "mojibake": (
        each(lambda text: f"“{text.rstrip('.')}”…".encode().decode("cp1252", "replace")),
        ("mojibake",),
    ),
    "full-width letters": (
        each(lambda text: "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)),
        ("styled_letters",),
    ),
    "backwards": (each(lambda text: text[::-1]), ("letters_reversed",)),
    "words backwards": (each(lambda text: " ".join(word[::-1] for word in text.split())), ("letters_reversed",)),
    "characters apart": (each(lambda text: text.replace("", " ")), ("characters_separated",)),
    "characters joined by spaces": (each(" ".join), ("characters_separated",)),
    "characters joined by hyphens": (each("-".join), ("characters_joined_by_marks",)),
    "words glued": (each(lambda text: text.replace(" ", "")), ("words_glued",)),
    "words broken": (by_chance(split_words), ("words_broken",)),
    "words joined by underscores": (each(lambda text: text.replace(" ", "_")), ("words_joined_by_marks",)),
    "pad and end tokens": (each(lambda text: f"<pad> {text}</s>"), ("special_tokens_left",)),
    "BERT tokens": (each(lambda text: f"[CLS] {text} [SEP] [PAD] [PAD]"), ("special_tokens_left",)),
    "chat tokens": (each(lambda text: f"<|assistant|>{text}<|end|>"), ("special_tokens_left", "chat_header_left")),
    "goes on after the end": (each(lambda text: f"{text}</s> {BABBLE}"), ("text_after_end_mark",)),
    "exclamation marks": (each(lambda text: text + "!" * 60), ("padding_left",)),
    "SentencePiece": (each(lambda text: word_pieces(text, "▁", "")), ("word_pieces_left",)),
    "WordPiece": (each(lambda text: word_pieces(text, "", "##")), ("word_pieces_left",)),
    "byte-level BPE": (each(lambda text: text.replace(" ", "Ġ")), ("word_pieces_left",)),
    "thoughts": (
        each(lambda text: f"<think>\nOkay, I need to summarize this chat. {BABBLE}\n</think>\n\n{text}"),
        ("thoughts_left",),
    ),
    "end of thoughts": (each(lambda text: f"Okay, let me see. {BABBLE}</think>{text}"), ("thoughts_left",)),
    "chat header": (each(lambda text: f"assistant\n\n{text}"), ("chat_header_left",)),
    "turn header": (
        each(lambda text: f"<start_of_turn>model\n{text}"),
        ("chat_header_left", "special_tokens_left"),
    ),
    "preamble": (
        each(lambda text: f"Sure! Here is a summary of the conversation:\n\n{text}"),
        ("preamble_left", "same_start"),
    ),
    "label": (each(lambda text: f"Summary: {text}"), ("preamble_left",)),
    "prompt": (each(lambda text: f"{PROMPT} {text}"), ("same_start", "preamble_left")),
    "prompt and dialogue": (
        with_dialogue(lambda text, dialogue: f"{PROMPT}\n\n{dialogue}\n\nSummary: {text}"),
        ("prompt_echoed", "same_start"),
    ),
    "dialogue before": (with_dialogue(lambda text, dialogue: f"{dialogue}\n{text}"), ("prompt_echoed",)),
    "dialogue after": (
        with_dialogue(lambda text, dialogue: f"{text}\n\n{dialogue}"),
        ("dialogue_after_summary", "turns_after_summary", "text_after_first_line"),
    ),
    "next prompt": (
        each(lambda text: f"{text}\n\nHuman: {PROMPT}\nAnn: Hi!\nBob: Hello, how are you?"),
        ("next_prompt_left", "same_end"),
    ),
    "closing": (
        each(lambda text: f"{text}\n\nLet me know if you would like more details!"),
        ("closing_left", "same_end"),
    ),
    "capitals": (each(str.upper), ("case_destroyed",)),
    "small letters": (each(str.lower), ("case_destroyed",)),
    "runs on": (
        each(lambda text: " ".join(f"{text} {BABBLE * 5}".split()[:90])),
        ("never_stops", "ends_in_loop"),
    ),
    "cut after ten words": (each(lambda text: " ".join(text.split()[:10]).rstrip(".,")), ("cut_short", "ends_midway")),
    "empty": (each(lambda _: ""), ("empty_predictions",)),
    "nan": (each(lambda _: "nan"), ("empty_predictions", "one_summary_for_all")),
    "one text for all": (each(lambda _: "Two people talk about their plans."), ("one_summary_for_all",)),
    "next row": (of_next_row, MOVED),
    "shuffled": (shuffled, MOVED),
    "sorted by length": (sorted_by_length, MOVED),
    "references": (
        lambda _predictions, references, _dialogues, _rng: list(references),
        ("predictions_are_references", "some_predictions_are_references"),
    ),
    "dialogues": (
        lambda _predictions, _references, dialogues, _rng: list(dialogues),
        ("columns_swapped", "predictions_are_dialogues"),
    ),
}  # fmt: skip
"""By name: the damage, and the codes of the findings that name its cause."""
