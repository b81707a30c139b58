"""Helpers shared by the invented data sets: a small grammar of texts and pairs of summaries."""

import random
import re
from collections.abc import Callable, Sequence

Facts = dict[str, str]
Row = dict[str, str]
One = Callable[[random.Random], Row]
Shape = Callable[[random.Random, int], list[Row]]
Slips = dict[str, Sequence[str] | str | None]

CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*)\]")
SLOT = re.compile(r"\{(\w+)\}")


def values(text: str) -> list[str]:
    """Split a block into its values, which stand on lines of their own or between semicolons."""
    return [part.strip() for part in re.split(r"[;\n]", text) if part.strip()]


def records(text: str) -> list[list[str]]:
    """Split a block into lines of fields that stand between at signs."""
    return [[field.strip() for field in line.split(" @ ")] for line in text.strip().split("\n")]


def record(chance: random.Random, table: list[list[str]], keys: str) -> Facts:
    """Draw one line of a table as facts."""
    return dict(zip(keys.split(), chance.choice(table), strict=True))


def column(table: list[list[str]], index: int) -> list[str]:
    """List one field of all lines of a table."""
    return [line[index] for line in table]


NAMES = values("""
Ada; Ben; Carla; Dmitri; Elena; Farid; Grace; Hugo; Imani; Jonas; Keiko; Liam; Maya; Nadia; Owen; Priya; Quentin; Rosa
Sam; Tessa; Umar; Vera; Wesley; Ximena; Yusuf; Zoe; Aisha; Bruno; Colette; Derek; Esther; Felix; Gwen; Harold; Iris
Joan; Kofi; Lena; Marcus; Noor; Oscar; Paula; Ravi; Sofia; Tom; Ursula; Victor; Wendy
""")
SURNAMES = values("""
Abbott; Becker; Castillo; Doyle; Egan; Fischer; Garcia; Hughes; Ibrahim; Jensen; Kovacs; Larsen; Mendes; Novak; Okafor
Patel; Quinn; Rossi; Schmidt; Tanaka; Underwood; Vargas; Walsh; Yilmaz; Zimmer; Archer; Bishop; Clarke; Dalton; Foster
""")
CITIES = values("""
Leeds; Porto; Ghent; Austin; Malmo; Turin; Halifax; Perth; Bristol; Lyon; Graz; Denver; Cork; Bergen; Tampa; Bilbao
Utrecht; Sheffield; Nantes; Boise; Lucerne; Dundee; Tucson; Aarhus; Verona; Calgary; Bremen; Galway; Krakow; Geneva
""")
DAYS = values("Monday; Tuesday; Wednesday; Thursday; Friday; Saturday; Sunday")
MONTHS = values("January; February; March; April; May; June; July; September; October; November; December")


def clock(chance: random.Random, first: int = 8, last: int = 20) -> str:
    """Draw a time of the day."""
    return f"{chance.randint(first, last):02d}:{chance.choice(('00', '15', '30', '45', '10', '20'))}"


def number(chance: random.Random, low: int, high: int, step: int = 1) -> str:
    """Draw a number as text."""
    return str(chance.randrange(low, high + 1, step))


def tidy(text: str) -> str:
    """Mend the spaces that omitted parts leave behind."""
    text = re.sub(r"(?<=\S) {2,}", " ", text)
    text = re.sub(r"(?<=\w) +([,.;])(?=\s|$)", r"\1", text)
    text = re.sub(r"([.!])[?.](?=\s|$)(?<!\.\.\.)", r"\1", text)
    return re.sub(r" *\n *", "\n", text.strip())


def fill(chance: random.Random, text: str, facts: Facts) -> str:
    """Replace the slots of a text by facts, and each [a|b] by one of its alternatives."""
    for _ in range(3):
        text = SLOT.sub(lambda match: facts.get(match[1], match[0]), text)
    while match := CHOICE.search(text):
        text = text[: match.start()] + chance.choice(match[1].split("|")) + text[match.end() :]
    return re.sub(r"(?<=\S) {2,}", " ", text).rstrip()


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def proper(text: str) -> str:
    """Begin each sentence of a text with a capital letter."""
    return re.sub(r"([.!?]\s+)([a-zà-ÿа-яçşöüğı])", lambda match: match[1] + match[2].upper(), capital(text))


def turns(chance: random.Random, template: str, facts: Facts, caps: bool = True) -> list[tuple[str, str]]:
    """Write the turns of a template as pairs of speaker key and text.

    Turns with a question mark may be missing. Those with an ampersand are missing with the turn before, and answer it:
    of as many alternatives, they take the one in the same place.
    """
    written: list[tuple[str, str]] = []
    missing, seed = False, 0
    for line in template.strip().split("\n"):
        if not line.startswith("&"):
            missing, seed = line.startswith("?") and chance.random() < 0.45, chance.getrandbits(32)
        if missing:
            continue
        key, _, text = line.lstrip("?&").partition(": ")
        spoken = tidy(fill(random.Random(seed), text, facts))
        if spoken:
            written.append((key, proper(spoken) if caps else spoken))
    return written


def misread(chance: random.Random, text: str) -> str:
    """Change one digit of a text."""
    place = chance.choice([index for index, sign in enumerate(text) if sign.isdigit()])
    digit = chance.choice([sign for sign in "123456789" if sign != text[place]])
    return text[:place] + digit + text[place + 1 :]


def slip(chance: random.Random, facts: Facts, slips: Slips, rate: float = 0.08) -> Facts:
    """Now and then get one fact wrong: another value, a swap with the named slot, or (None) a misread digit."""
    wrong = dict(facts)
    if chance.random() < rate:
        slot = chance.choice(sorted(slips))
        how = slips[slot]
        if how is None:
            wrong[slot] = misread(chance, facts[slot])
        elif isinstance(how, str):
            wrong[slot], wrong[how] = facts[how], facts[slot]
        else:
            wrong[slot] = chance.choice([value for value in how if value != facts[slot]])
    return wrong


def likeness(text: str, other: str) -> float:
    """Return the share of the words of a text that another one has as well."""
    words = text.lower().split()
    others = set(other.lower().split())
    return sum(word in others for word in words) / max(1, len(words))


def reworded(chance: random.Random, frame: str, facts: Facts, known: str) -> str:
    """Write a frame in words that differ from a known text, as far as a few attempts allow."""
    attempts = [tidy(fill(chance, frame, facts)) for _ in range(3)]
    return min(attempts, key=lambda attempt: likeness(attempt, known))


def pair(
    chance: random.Random,
    frames: Sequence[str],
    facts: Facts,
    wrong: Facts,
    joiner: str = " ",
    same: float = 0.3,
    caps: bool = True,
) -> tuple[str, str]:
    """Write reference and prediction: frames with ? may be missing, those with ~ may change places."""
    kept = [index for index, frame in enumerate(frames) if not frame.startswith("?") or chance.random() < 0.6]
    kept_too = [
        index
        for index, frame in enumerate(frames)
        if not frame.startswith("?") or (index in kept) == (chance.random() < 0.72)
    ]
    movable = [index for index, frame in enumerate(frames) if frame.lstrip("?").startswith("~")]
    shuffled = chance.sample(movable, len(movable)) if chance.random() < 0.4 else movable
    shuffled_too = shuffled if chance.random() < 0.75 else movable
    first: dict[int, str] = {}
    texts: list[str] = []
    for picked, places, known in ((kept, shuffled, facts), (kept_too, shuffled_too, wrong)):
        order = list(range(len(frames)))
        for place, index in zip(movable, places, strict=True):
            order[place] = index
        parts: list[str] = []
        for index in order:
            if index not in picked:
                continue
            frame = frames[index].lstrip("?~")
            if frame == "\n\n":
                part = frame
            elif known is wrong and index in first and chance.random() >= same:
                part = reworded(chance, frame, known, first[index])
            else:
                part = tidy(fill(chance, frame, known))
            if known is facts:
                first[index] = part
            if part:
                parts.append(capital(part) if caps else part)
        text = joiner.join(parts)
        text = re.sub(r" *\n *", "\n", text).strip() if "\n\n" in frames else text.strip()
        texts.append(proper(text) if caps else text)
    return texts[0], texts[1]


def sheet(one: One) -> Shape:
    """Make the data set of a function that writes one row."""

    def write(chance: random.Random, rows: int) -> list[Row]:
        return [one(chance) for _ in range(rows)]

    return write
