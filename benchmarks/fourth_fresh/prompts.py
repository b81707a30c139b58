"""Damage by the prompt and by a chat model that was asked."""

import re
from random import Random

from second_fresh.row import Row, answers, predictions, sentences, speakers, turns


@answers
def inst_tags_and_prompt(row: Row, _: Random) -> str:
    """Return the prompt between its tags before the summary."""
    return f"<s>[INST] Summarize this chat in one or two sentences.\n\n{row.dialogue} [/INST] {row.prediction}</s>"


@answers
def refusal(_row: Row, random: Random) -> str:
    """Refuse in one of several wordings."""
    return random.choice(
        [
            "I'm sorry, but I can't help with that.",
            "I cannot summarize this conversation because it may contain personal information.",
            "As an AI language model, I am not able to summarize private conversations.",
        ]
    )


@predictions
def asks_back_after_summary(text: str, random: Random) -> str:
    """End with an offer."""
    offers = [
        "Would you like a shorter version?",
        "Let me know if you want me to add more details!",
        "Is there anything else I can do for you?",
    ]
    return f"{text}\n\n{random.choice(offers)}"


@answers
def preamble_with_names(row: Row, _: Random) -> str:
    """Introduce the summary with a sentence that names the speakers."""
    names = speakers(row.dialogue)
    return f"Sure! Here is a brief summary of the conversation between {names[0]} and {names[1]}:\n\n{row.prediction}"


@predictions
def bullets_under_heading(text: str, _: Random) -> str:
    """Write bullets under a heading in bold."""
    return "**Key points:**\n" + "\n".join(f"* {sentence}" for sentence in sentences(text))


@answers
def sections_filled_in(row: Row, _: Random) -> str:
    """Fill in a form with sections, most of them empty."""
    names = ", ".join(speakers(row.dialogue))
    return (
        f"Participants: {names}\nSummary: {row.prediction}\nDecisions: none\nAction items: none\nOpen questions: none"
    )


@answers
def example_of_prompt_copied(_row: Row, _: Random) -> str:
    """Repeat the summary of the one example in the prompt."""
    return "Peter will pick up the parcel at the post office on Friday and bring it to Laura's flat."


@answers
def instruction_repeated(_row: Row, _: Random) -> str:
    """Return the instruction."""
    return "Summarize the following conversation between two or more people in at most two sentences."


@answers
def explains_its_work(row: Row, _: Random) -> str:
    """Think aloud in plain text before the answer, without any tags."""
    names = speakers(row.dialogue)
    count = len(turns(row.dialogue))
    return (
        f"Okay, let me read the conversation first. There are {count} messages, and {names[0]} starts. "
        f"{names[1]} seems to answer. I should mention what they agree on and keep it short.\n\n{row.prediction}"
    )


@predictions
def answer_as_json_in_a_fence(text: str, _: Random) -> str:
    """Answer with JSON in a fenced block that is cut before its end."""
    return '```json\n{\n  "summary": "' + text.replace('"', '\\"') + '",\n  "confidence": 0.9'


@predictions
def several_versions(text: str, _: Random) -> str:
    """Offer a short and a long version."""
    first = sentences(text)[0]
    return f"Short version: {first}\nLong version: {text}\nOne-liner: {' '.join(first.split()[:6])}"


@predictions
def answer_in_spanish(text: str, random: Random) -> str:
    """Answer in Spanish, with the names kept."""
    common = {
        "is": "está", "are": "están", "will": "va a", "to": "a", "the": "el", "and": "y", "a": "un", "his": "su",
        "her": "su", "has": "ha", "for": "para", "at": "en", "in": "en", "with": "con", "of": "de", "wants": "quiere",
        "going": "yendo", "because": "porque", "not": "no", "he": "él", "she": "ella", "they": "ellos", "on": "sobre",
    }  # fmt: skip
    words = []
    for word in text.split():
        core = word.strip(".,!?")
        other = common.get(
            core.lower(), core if core[:1].isupper() else core + random.choice(["ado", "ción", "os", "mente"])
        )
        words.append(word.replace(core, other) if core else word)
    return " ".join(words)


@predictions
def redacted(text: str, _: Random) -> str:
    """Replace names, numbers and times by the marks of a privacy filter."""
    return re.sub(r"\b[A-Z][a-z]+\b", "[REDACTED]", re.sub(r"\d+", "[NUMBER]", text))
