"""Predictions of the wrong model: the wrong checkpoint, template or weights."""

import random
import re

from .common import Row, cap, edit, lower_first, rename, speakers, subjects, turns
from .telling import report

OPENERS = (
    "Here's a summary of the conversation:",
    "Here is a breakdown of the conversation:",
    "## Summary",
    "**Summary of the conversation between {a} and {b}**",
    "Okay, here's a concise summary of the dialogue:",
    "Sure! Here's a summary:",
    "**Conversation Summary**",
    "Here's a summary of the provided chat log:",
)
CLOSERS = (
    "Let me know if you'd like me to shorten this!",
    "**Overall:** a friendly exchange about {w}.",
    "Would you like me to focus on a particular part of the conversation?",
    "**Tone:** Casual and friendly",
    "In short, {a} and {b} discuss {w}.",
    "**Key takeaway:** {a} and {b} reach an agreement about {w}.",
    "",
    "",
    "Do you want me to extract the action items as well?",
    "**Next steps:** {b} will follow up.",
)


def dialogsum_checkpoint_writes_person_tags(rows: list[Row], rng: random.Random) -> list[Row]:
    """A checkpoint tuned on DialogSum was loaded. It calls the speakers #Person1# and #Person2#."""

    def change(row: Row) -> str:
        tags = {name: f"#Person{place}#" for place, name in enumerate(speakers(row), 1)}
        tags |= {name.lower(): tag for name, tag in tags.items()}
        text = re.sub(r"\b[Tt]he (?=#Person)", "", rename(row["prediction"], tags))
        if text == row["prediction"]:
            verb = rng.choice(("tells", "is telling", "explains to", "talks to"))
            joint = rng.choice((" that ", " how ", ". "))
            text = f"#Person1# {verb} #Person2#{joint}{text if joint == '. ' else lower_first(text, speakers(row))}"
        elif rng.random() < 0.15:
            text = text.replace("#Person2#", "#Person1#", 1)
        return text

    return edit(rows, "prediction", change)


def pretrained_checkpoint_fills_sentinels(rows: list[Row], rng: random.Random) -> list[Row]:
    """The raw T5 v1.1 checkpoint was loaded, which only ever learned to fill in spans."""

    def change(row: Row) -> str:
        words = row["dialogue"].split()
        parts: list[str] = []
        for place in range(rng.randint(1, 5)):
            start = rng.randrange(len(words)) if words else 0
            span = " ".join(words[start : start + rng.randint(1, 5)])
            filler = rng.choice((span, span, span, ".", ",", ":", "", "!", "and", span.rstrip(",.:?!")))
            parts.append(f"<extra_id_{place}>{rng.choice((' ', ' ', ''))}{filler}")
        end = rng.choice(("", "", ".", f" <extra_id_{rng.randint(len(parts), 40)}>"))
        return rng.choice((" ", " ", "")).join(parts) + end

    return edit(rows, "prediction", change)


def speaker_roles_swapped_by_template(rows: list[Row], rng: random.Random) -> list[Row]:
    """The chat template gave the speakers' turns the wrong roles, so the model mixes up who did what."""

    def change(row: Row) -> str:
        names, text = speakers(row), row["prediction"]
        present = [name for name in names if rename(text, {name: "", name.lower(): ""}) != text]
        if len(present) > 1:
            first, second = present[0], present[1]
        elif present:
            first, second = present[0], rng.choice([name for name in names if name != present[0]])
        else:
            return f"{names[-1]} {rng.choice(('tells', 'informs', 'says to'))} {names[0]}: {text}"
        swap = {first: second, second: first}
        return rename(text, {key.lower(): other.lower() for key, other in swap.items()} | swap)

    return edit(rows, "prediction", change)


def adapter_not_loaded_writes_assistant_report(rows: list[Row], rng: random.Random) -> list[Row]:
    """The LoRA adapter was not loaded, so the chat model answers in its own way, with a report in Markdown."""
    mark, limit = rng.choice(("* ", "- ", "*   ")), rng.choice((120, 200, 400))

    def change(row: Row) -> str:
        names, about = speakers(row), subjects(row)
        said = turns(row)
        count = min(len(said), rng.randint(2, 5))
        places = sorted(rng.sample(range(len(said)), count))
        slots = {"a": names[0], "b": names[1], "w": rng.choice(about)}
        lines = []
        for place in places:
            told = report(row, place, rng)
            name = said[place][0]
            bold = rng.random() < 0.6 and told.startswith(f"{name} ")
            lines.append(mark + (f"**{name}** {told[len(name) + 1 :]}." if bold else f"{told}."))
        if rng.random() < 0.4:
            lines.insert(0, f"**{rng.choice(('Main points', 'Key Points', 'What happened'))}:**")
        closer = rng.choice(CLOSERS).format(**slots)
        opener = rng.choice(OPENERS).format(**slots)
        return cap("\n\n".join(filter(None, (opener, "\n".join(lines), closer))), limit, rng)

    return edit(rows, "prediction", change)
