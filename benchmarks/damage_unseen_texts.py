"""Damage to one text, for damage_unseen.py."""

import json
import re


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
    words = text.rstrip(".").split()
    return " ".join([*words, *words[-1:] * 40])


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
