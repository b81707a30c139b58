"""Sentences that tell in the third person what is said in a dialogue, as a model that summarizes would write them."""

import random
import re

from .common import Row, lower_first, rename, speakers, turns

GREETING = re.compile(r"(?i)^(hi|hey|hello|yo|good (morning|evening|afternoon)|ok|okay|well|oh|so|hmm)\b[,!. ]*")
YES = frozenset(
    ["yes", "yeah", "yep", "sure", "ok", "okay", "fine", "great", "cool", "deal", "perfect", "agreed", "right", "good"]
)
NO = frozenset(["no", "nope", "nah", "sorry", "never"])
AUXILIARY = {
    "are": "is",
    "do": "",
    "can": "can",
    "could": "could",
    "will": "will",
    "would": "would",
    "have": "has",
    "did": "",
    "should": "should",
    "were": "was",
}
PAST = {"read": "read", "see": "saw", "go": "went", "get": "got", "have": "had", "buy": "bought", "hear": "heard"}


def third_person(text: str, speaker: str, other: str) -> str:
    """A turn's text with its pronouns turned to the speaker and the one spoken to."""
    swaps = {
        "I'm": f"{speaker} is",
        "I am": f"{speaker} is",
        "I'll": f"{speaker} will",
        "I've": f"{speaker} has",
        "I have": f"{speaker} has",
        "am I": f"is {speaker}",
        "I": speaker,
        "i": speaker,
        "my": f"{speaker}'s",
        "me": speaker,
        "myself": "themselves",
        "you're": f"{other} is",
        "you are": f"{other} is",
        "are you": f"is {other}",
        "do you": f"does {other}",
        "have you": f"has {other}",
        "you": other,
        "your": f"{other}'s",
        "let's": "they should",
        "we": "they",
        "we'll": "they will",
        "we're": "they are",
        "our": "their",
        "us": "them",
    }
    return rename(text, swaps | {key[0].upper() + key[1:]: value for key, value in swaps.items()})


def _asked(text: str, speaker: str, other: str) -> str:
    """An indirect question."""
    match = re.match(r"(?i)(\w+) (you|I|we) (\w+)(.*)", text)
    if not match or match[1].lower() not in AUXILIARY:
        start = "" if re.match(r"(?i)(wh|how)", text) else "if "
        return start + lower_first(third_person(text, speaker, other), (speaker, other))
    subject = {"you": other, "i": speaker, "we": "they"}[match[2].lower()]
    verb, rest = match[3], third_person(match[4], speaker, other)
    if match[1].lower() == "did":
        verb = PAST.get(verb, f"{verb}d" if verb.endswith("e") else f"{verb}ed")
    elif match[1].lower() == "do":
        verb = f"{verb}s"
    auxiliary = AUXILIARY[match[1].lower()]
    return f"if {subject} {auxiliary}{' ' if auxiliary else ''}{verb}{rest}"


def report(row: Row, index: int, rng: random.Random) -> str:
    """One sentence that tells what is said in one turn, without a full stop."""
    said = turns(row)
    name, text = said[index % len(said)]
    other = next((who for who in speakers(row) if who != name), "the other person")
    whole, text = text, GREETING.sub("", text).strip()
    text = text.removeprefix(f"{other}, ")
    if not text and whole.lower().startswith(("ok", "well", "so", "oh", "hmm")):
        return f"{name} {rng.choice(('agrees', 'accepts', 'acknowledges this'))}"
    if not text:
        return f"{name} {rng.choice(('greets', 'says hi to', 'writes to', 'contacts'))} {other}"
    sentences = re.split(r"(?<=[.!?])\s+", text)
    questions = [sentence for sentence in sentences if sentence.endswith("?")]
    text = questions[-1] if questions and rng.random() < 0.6 else max(sentences, key=len)
    asks = text.endswith("?")
    words = GREETING.sub("", text).rstrip(" .!,?:-)(").split()[:18]
    if not words:
        return f"{name} {rng.choice(('reacts with a smile', 'answers', 'replies'))}"
    text = " ".join(words)
    if asks:
        verb = rng.choice((f"asks {other}", "wants to know", "asks", f"is asking {other}"))
        return f"{name} {verb} {_asked(text, name, other)}"
    if len(words) < 3 and words[0].lower().strip(",") in YES | NO:
        agrees = words[0].lower().strip(",") in YES
        verbs = ("agrees", "confirms", "says yes") if agrees else ("declines", "says no", "denies it")
        return f"{name} {rng.choice(verbs)}"
    if len(words) < 3:
        return f'{name} {rng.choice(("answers", "replies with", "says"))} "{text}"'
    verb = rng.choice(("says", "mentions", f"tells {other}", "replies", "explains"))
    return f"{name} {verb} that {lower_first(third_person(text, name, other), (name, other))}"
