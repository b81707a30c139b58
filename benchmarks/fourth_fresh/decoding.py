"""Damage by decoding and by the tokenizer."""

import re
from random import Random

from second_fresh.row import Row, answers, predictions, sentences, speakers


@answers
def turn_marker_without_brackets(row: Row, _: Random) -> str:
    """Decode past the end of the turn: the special tokens are skipped, their words stay, an answer follows."""
    names = speakers(row.dialogue)
    again = f"{names[0]} and {names[1]} talk. {sentences(row.prediction)[0]}"
    return f"{row.prediction}\nuser\nSummarize the conversation.\nmodel\n{again}"


@predictions
def repetition_penalty_too_high(text: str, _: Random) -> str:
    """Forbid each word after its first use, so that the rest of the text makes do without it."""
    seen: set[str] = set()
    kept = []
    for word in text.split():
        core = word.lower().strip(".,!?'\"")
        if core not in seen:
            kept.append(word)
        seen.add(core)
    return " ".join([*kept, "meanwhile", "accordingly", "thereby", "furthermore", "likewise"])


@predictions
def byte_fallback_tokens(text: str, _: Random) -> str:
    """Write the bytes of apostrophes, digits and capital letters as tokens of the byte fallback."""
    return re.sub(r"['’0-9A-Z]", lambda found: "".join(f"<0x{byte:02X}>" for byte in found[0].encode()), text)


@predictions
def newline_token_of_pegasus(text: str, _: Random) -> str:
    """Keep the token that stands for a new line between and after sentences."""
    return " <n>".join(sentences(text)) + "<n>"


@predictions
def uncased_vocabulary(text: str, _: Random) -> str:
    """Decode from a vocabulary without capitals in which marks stand alone."""
    return re.sub(r"([^\w\s])", r" \1 ", text.lower()).replace("  ", " ").strip()


@predictions
def twenty_new_tokens(text: str, _: Random) -> str:
    """Stop after the default of twenty new tokens, about fifteen words."""
    tokens = re.findall(r"\s*\S{1,5}", text)
    return "".join(tokens[:12]).strip()


@predictions
def every_second_token(text: str, _: Random) -> str:
    """Drop every second token: a streamer was read by two threads."""
    return "".join(re.findall(r"\s*\S{1,4}", text)[::2]).strip()


@predictions
def tokens_each_on_a_line(text: str, _: Random) -> str:
    """Print each token of the stream with a line break."""
    return "\n".join(re.findall(r"\s*\S{1,6}", text))


@predictions
def token_dropout_noise(text: str, random: Random) -> str:
    """Sample at a high temperature: a third of the words give way to words of elsewhere."""
    other = [
        "kettle",
        "orbit",
        "gravel",
        "sonnet",
        "velvet",
        "lantern",
        "pivot",
        "marble",
        "thicket",
        "cobalt",
        "ember",
        "glacier",
        "raft",
        "quartz",
    ]
    return " ".join(random.choice(other) if random.random() < 0.33 else word for word in text.split())


@predictions
def beams_with_scores(text: str, random: Random) -> str:
    """Write the three best beams with their scores."""
    shorter = sentences(text)[0]
    beams = [text, shorter, " ".join(text.split()[:-1])]
    scores = sorted((-random.uniform(0.2, 1.5) for _ in beams), reverse=True)
    return "\n".join(f"{score:.4f}\t{beam}" for score, beam in zip(scores, beams, strict=True))
