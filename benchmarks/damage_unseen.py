"""Damage that was invented without sight of the rules: how outputs of summarizers are damaged on their way into a file.

Every function was written before the list of findings was read; the codes were added after, before the first run.
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


def interleaved_workers(first: str, second: str) -> str:
    """Return the words of two threads that write into one buffer."""
    pairs = zip(first.split(), second.split(), strict=False)
    return " ".join(word for pair in pairs for word in pair)


def streamed(text: str) -> str:
    """Return a stream of server-sent events that nobody parsed."""
    events = [json.dumps({"choices": [{"delta": {"content": f"{word} "}}]}) for word in text.split()]
    return "\n\n".join([*(f"data: {event}" for event in events), "data: [DONE]"])


def growing_stream(text: str) -> str:
    """Return a stream whose every chunk is the whole text so far, joined."""
    words = text.split()
    return "".join(" ".join(words[: end + 1]) for end in range(len(words)))


def lost_chunks(text: str) -> str:
    """Return the text without every third word, lost by a race between chunks."""
    return " ".join(word for place, word in enumerate(text.split()) if place % 3 != 1)


def retried(text: str) -> str:
    """Return the part that came before the connection broke, and the whole of the second try."""
    words = text.split()
    return " ".join([*words[: 2 * len(words) // 3], *words])


def keywords(text: str) -> str:
    """Return the long words in alphabetical order, as a keyword extractor does."""
    return ", ".join(sorted({word.strip(".,!?").lower() for word in text.split() if len(word) > 4}))


def stuck(text: str) -> str:
    """Return the text with its last word repeated up to the length limit."""
    return f"{text.rstrip('.')}{f' {text.rstrip(".").split()[-1]}' * 40}" if text.split() else text


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


def first_speaker(dialogue: str) -> str:
    """Return the name that opens the dialogue."""
    return dialogue.split(":")[0].strip() or "Anna"


def masked_names(text: str, dialogue: str) -> str:
    """Return the text after a privacy filter: no speaker keeps a name."""
    for name in {line.split(":")[0].strip() for line in dialogue.splitlines() if ":" in line}:
        text = re.sub(rf"\b{re.escape(name)}\b", "[PERSON]", text)
    return text


def full_width(text: str) -> str:
    """Return the text in the full-width letters of an East Asian input method."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


def wrong_byte_order(text: str) -> str:
    """Return UTF-16 text that was read with the other byte order."""
    return text.encode("utf-16-le").decode("utf-16-be", errors="replace")


def hyphenated(text: str) -> str:
    """Return the lines of a narrow PDF column, with hyphens where words break."""
    return "-\n".join(text[start : start + 9] for start in range(0, len(text), 9))


def sentences_as_json(text: str) -> str:
    """Return a JSON list of sentences with their scores."""
    return json.dumps([{"sentence": part, "score": 0.9127} for part in re.split(r"(?<=[.!?]) ", text)])


def sectioned(text: str) -> str:
    """Return the markdown of an assistant that likes sections."""
    return (
        f"## Conversation Overview\n\n**Main points:**\n- {text}\n\n**Action items:**\n- None mentioned\n\n"
        "**Tone:** friendly and informal\n\n**Next steps:**\n- No further steps were discussed by the participants."
    )


def untagged_thought(text: str) -> str:
    """Return the text after thoughts without tags around them."""
    return (
        "Okay, the user wants me to summarize this chat. Let me look at who is talking and what they agree on. "
        f"I should keep it short and leave out the greetings. So the answer would be: {text}"
    )


def next_example(text: str, other: str) -> str:
    """Return an output that did not stop and made up the next example of the prompt."""
    return f"{text}\n\nConversation:\nTom: did you see this?\nEva: not yet, tell me\nTom: wait\n\nSummary: {other}"


DAMAGES: dict[str, tuple[Damage, tuple[str, ...]]] = {
    "cut at the first comma (unquoted CSV)": (each(lambda text: text.split(",")[0][: len(text) // 2]), ()),
    "cut at 32 characters (VARCHAR)": (each(lambda text: text[:32]), ()),
    "cut by the printer of a table": (each(lambda text: text if len(text) < 40 else f"{text[:37]}..."), ()),
    "first half sliced off": (each(lambda text: text[len(text) // 2 :]), ()),
    "three words only": (each(lambda text: " ".join(text.split()[:3])), ()),
    "log prefix": (each(lambda text: f"2024-05-03 10:22:11,120 INFO worker-3 summarizer.pipeline - {text}"), ()),
    "printed dict": (each(lambda text: str({"summary_text": text, "finish_reason": "stop"})), ()),
    "JSON sentences with scores": (each(sentences_as_json), ()),
    "YAML block": (each(lambda text: "summary: >-\n  " + "\n  ".join(textwrap.wrap(text, 40)) + "\nmodel: a\n"), ()),
    "XML tags": (each(lambda text: f'<?xml version="1.0"?><result><summary>{text}</summary></result>'), ()),
    "tool call": (each(lambda text: json.dumps({"name": "write_summary", "arguments": {"text": text}})), ()),
    "terminal colours": (each(lambda text: " ".join(f"\x1b[32m{word}\x1b[0m" for word in text.split())), ()),
    "base64": (each(lambda text: base64.b64encode(text.encode()).decode()), ()),
    "percent encoding": (each(quote), ()),
    "quoted-printable": (each(lambda text: quopri.encodestring(text.replace(" ", "=20").encode()).decode()), ()),
    "hexadecimal bytes": (each(lambda text: text.encode().hex()), ()),
    "unicode escapes": (each(lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text)), ()),
    "numeric entities": (each(lambda text: "".join(f"&#{ord(letter)};" for letter in text)), ()),
    "UTF-16 read as bytes": (each(lambda text: "\x00".join(text)), ()),
    "UTF-16 of the other byte order": (each(wrong_byte_order), ()),
    "zero-width spaces": (each("\u200b".join), ()),
    "full-width letters": (each(full_width), ()),
    "written line breaks": (each(lambda text: "\\n".join(textwrap.wrap(text, 12))), ()),
    "PDF column": (each(hyphenated), ()),
    "slug": (each(lambda text: re.sub(r"\W+", "_", text.lower()).strip("_")), ()),
    "terminal echo": (each(lambda text: "".join(letter * 2 for letter in text)), ()),
    "regex without backslash": (each(lambda text: re.sub("s+", " ", text)), ()),
    "regex without capitals": (each(lambda text: re.sub("[^a-z ]", "", text)), ()),
    "words in reverse": (each(lambda text: " ".join(reversed(text.split()))), ()),
    "letters in reverse": (each(lambda text: text[::-1]), ()),
    "set of words": (each(lambda text: " ".join(sorted(set(text.split())))), ()),
    "keywords": (each(keywords), ()),
    "part-of-speech tags": (each(lambda text: " ".join(f"{word}_NN" for word in text.split())), ()),
    "log probabilities": (each(lambda text: " ".join(f"{word} (-0.{len(word)}3)" for word in text.split())), ()),
    "unparsed stream": (each(streamed), ()),
    "growing stream": (each(growing_stream), ()),
    "lost chunks": (each(lost_chunks), ()),
    "retry after a part": (each(retried), ()),
    "last word repeated": (each(stuck), ()),
    "sections": (each(sectioned), ()),
    "thoughts without tags": (each(untagged_thought), ()),
    "offer of more": (
        each(lambda text: f"{text} Let me know if you'd like a shorter version or a list of points!"),
        (),
    ),
    "disclaimer": (each(lambda text: f"{text}\n\nThis text was written by a machine and may contain errors."), ()),
    "made-up next example": (with_neighbour(next_example), ()),
    "two rows in one": (with_neighbour(lambda text, other: f"{text} {other}"), ()),
    "two threads in one buffer": (with_neighbour(interleaved_workers), ()),
    "two sequences a row": (reordered(lambda size: [row // 2 for row in range(size)]), ()),
    "first of the batch for all": (reordered(lambda size: [row - row % BATCH for row in range(size)]), ()),
    "gathered by rank": (reordered(lambda size: [*range(0, size, 2), *range(1, size, 2)]), ()),
    "row numbers sorted as text": (reordered(as_text_keys), ()),
    "a row lost halfway": (reordered(row_lost_halfway), ()),
    "passed through sort": (alphabetical, ()),
    "reference of the next row": (next_reference, ()),
    "outputs on other data": (other_data, ()),
    "another model's vocabulary": (wrong_vocabulary, ()),
    "scores for texts": (scores_for_texts, ()),
    "lengths for texts": (each(lambda text: str(len(text.split()))), ()),
    "printed generator": (memory_address, ()),
    "[object Object]": (each(lambda _text: "[object Object]"), ()),
    "unfilled template": (each(lambda _text: "{{ summary }}"), ()),
    "rate limit": (each(lambda _text: "Error: 429 Too Many Requests. Please retry after 20 seconds."), ()),
    "gateway page": (each(lambda _text: "<html><head><title>502 Bad Gateway</title></head></html>"), ()),
    "refusal": (each(lambda _text: "I'm sorry, but I can't help with that request."), ()),
    "reply for a summary": (each(lambda _text: "Hey! Sounds like fun :) What time should I come over?"), ()),
    "last turn": (with_dialogue(lambda _text, dialogue: dialogue.splitlines()[-1]), ()),
    "questions": (with_dialogue(lambda _text, dialogue: f"What does {first_speaker(dialogue)} want to do?"), ()),
    "German": (with_dialogue(lambda _text, dialogue: GERMAN.format(first_speaker(dialogue))), ()),
    "masked names": (with_dialogue(masked_names), ()),
    "chat roles": (with_dialogue(lambda text, dialogue: f"user\n{dialogue}\nmodel\n{text}"), ()),
}
