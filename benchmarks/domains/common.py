"""Helpers shared by the domains: names, slot filling, scripts of turns, natural slips of a good model."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from random import Random

Row = dict[str, str]
Slots = dict[str, str]
Domain = Callable[[Random, int], list[Row]]
Table = list[list[str]]

_SLOT = re.compile(r"\{(\^?)(\w+)\}")
_ALT = re.compile(r"<([^<>]*)>")
_END = re.compile(r"(?<!\.)([.!?。])[.。]+(?=\s|$)")
_GAP = re.compile(r" +([.,])(?=\s|$)")

WOMEN = [
    "Ann",
    "Beth",
    "Carla",
    "Dana",
    "Ella",
    "Farah",
    "Gina",
    "Holly",
    "Irene",
    "Jess",
    "Kira",
    "Laura",
    "Mia",
    "Nora",
    "Olga",
    "Priya",
    "Rosa",
    "Sara",
    "Tina",
    "Uma",
    "Vera",
    "Wendy",
    "Yuki",
    "Zoe",
    "Amara",
    "Bianca",
    "Chloe",
    "Daria",
    "Elif",
    "Freya",
    "Hanna",
    "Ingrid",
    "Joy",
    "Leila",
    "Marta",
    "Naomi",
]
MEN = [
    "Adam",
    "Ben",
    "Carl",
    "Dev",
    "Eric",
    "Felix",
    "Gus",
    "Henry",
    "Ivan",
    "Jamal",
    "Kevin",
    "Liam",
    "Mark",
    "Nils",
    "Omar",
    "Paul",
    "Raj",
    "Sam",
    "Tom",
    "Umar",
    "Victor",
    "Will",
    "Yusuf",
    "Zach",
    "Arjun",
    "Bruno",
    "Caleb",
    "Diego",
    "Emil",
    "Farid",
    "Hugo",
    "Jonas",
    "Kenji",
    "Luca",
    "Mateo",
    "Noah",
]
SURNAMES = [
    "Abbott",
    "Baker",
    "Castillo",
    "Dawson",
    "Eriksen",
    "Fletcher",
    "Garcia",
    "Hughes",
    "Ibrahim",
    "Jensen",
    "Kowalski",
    "Lopez",
    "Moreau",
    "Nguyen",
    "Okafor",
    "Patel",
    "Quinn",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Ueda",
    "Vasquez",
    "Walsh",
    "Young",
    "Zhang",
    "Brennan",
    "Coleman",
    "Duarte",
    "Ellis",
    "Flores",
    "Griffin",
    "Haddad",
    "Ingram",
    "Joshi",
    "Keller",
    "Lindqvist",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
WORKDAYS = DAYS[:5]
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
CITIES = [
    "Leeds",
    "Austin",
    "Toronto",
    "Lisbon",
    "Denver",
    "Bristol",
    "Oslo",
    "Dublin",
    "Boston",
    "Cardiff",
    "Seattle",
    "Madrid",
    "Perth",
    "Chicago",
    "Glasgow",
    "Vienna",
    "Phoenix",
    "Montreal",
    "Atlanta",
    "Berlin",
]
FIRMS = [
    "Northwind",
    "Halden",
    "Bluepeak",
    "Corvex",
    "Lumina",
    "Tarrant",
    "Oakline",
    "Medarra",
    "Silverfern",
    "Kestrel",
    "Rowan",
    "Brightwell",
    "Pinecone",
    "Stratos",
    "Marlow",
    "Quayside",
    "Ferrox",
    "Danbury",
    "Altamont",
    "Veltri",
]
HOURS = ["8:30", "9:00", "9:15", "9:30", "10:00", "10:30", "11:00", "11:45", "12:30", "1:00", "1:30", "2:00", "2:15"]
HOURS += ["2:45", "3:00", "3:30", "4:00", "4:30", "5:15", "6:00"]


def pick(c: Random, options: Sequence[str]) -> str:
    """Draw one of the options."""
    return options[c.randrange(len(options))]


def digits(c: Random, count: int) -> str:
    """A number of count digits that does not start with zero."""
    return str(c.randrange(10 ** (count - 1), 10**count))


def code(c: Random, count: int, alphabet: str = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789") -> str:
    """A random code such as a booking reference."""
    return "".join(pick(c, alphabet) for _ in range(count))


def table(text: str) -> Table:
    """Read rows of cells separated by `~`. A line that starts with `~` continues the row above."""
    joined = re.sub(r"\n\s*~", " ~", text.strip())
    return [[cell.strip() for cell in line.split("~")] for line in joined.splitlines() if line.strip()]


def entry(c: Random, keys: str, rows: Table) -> Slots:
    """Draw one line of a table as slots."""
    return dict(zip(keys.split(), rows[c.randrange(len(rows))], strict=True))


def column(rows: Table, index: int) -> list[str]:
    """One column of a table, for slips."""
    return [row[index] for row in rows]


def cast(c: Random, keys: str) -> Slots:
    """Give each key a distinct first name, with pronouns (Ahe, Ahim, Ahis) and a surname (Alast)."""
    slots: Slots = {}
    names = c.sample(WOMEN + MEN, len(keys))
    for key, name, last in zip(keys, names, c.sample(SURNAMES, len(keys)), strict=True):
        forms = ("she", "her", "her") if name in WOMEN else ("he", "him", "his")
        slots[key], slots[key + "last"] = name, last
        slots[key + "he"], slots[key + "him"], slots[key + "his"] = forms
    return slots


def say(c: Random, template: str, slots: Mapping[str, str]) -> str:
    """Fill {slots} ({^slot} capitalised) and choose among <a|b|c>."""

    def fill(match: re.Match[str]) -> str:
        value = say(c, slots[match[2]], slots)
        return value[:1].upper() + value[1:] if match[1] else value

    def choose(match: re.Match[str]) -> str:
        return pick(c, match[1].split("|"))

    while _ALT.search(template):
        template = _ALT.sub(choose, template)
    text = _SLOT.sub(fill, template)
    text = re.sub(r"(?<=\S)  +", " ", text)
    return _END.sub(r"\1", _GAP.sub(r"\1", text)).strip()


def talk(c: Random, slots: Mapping[str, str], script: str, mark: Callable[[], str] | None = None) -> str:
    """Act a script of lines `A: text`; `?A:` is optional, `+A:` shares the fate of the optional line before it."""
    lines: list[str] = []
    kept = True
    for line in filter(None, map(str.strip, script.splitlines())):
        if line[:1] == "?":
            kept = c.random() < 0.5
        elif line[:1] != "+":
            kept = True
        key, text = line.lstrip("?+").split(":", 1)
        words = say(c, text, slots)
        if kept and words:
            lines.append(f"{mark() if mark else ''}{slots[key]}: {words}")
    return "\n".join(lines)


def up(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]


def facts(c: Random, slots: Mapping[str, str], parts: Sequence[str], miss: float = 0.0, mix: float = 0.0) -> list[str]:
    """Word each part, those with ? by chance; miss loses one fact, mix swaps two neighbours."""
    keep = c.uniform(0.2, 0.85)  # terse and thorough writers
    out = [say(c, part.lstrip("?"), slots) for part in parts if part[:1] != "?" or c.random() < keep]
    out = [text for text in out if text]
    if len(out) > 1 and c.random() < miss:
        del out[c.randrange(1, len(out))]
    if len(out) > 2 and c.random() < mix:
        spot = c.randrange(1, len(out) - 1)
        out[spot], out[spot + 1] = out[spot + 1], out[spot]
    return out


def slip(c: Random, slots: Slots, pools: Mapping[str, Sequence[str]], rate: float = 0.11) -> Slots:
    """At the rate, replace one slot by another plausible value: a wrong person, number or day."""
    if c.random() >= rate:
        return slots
    key = pick(c, sorted(pools))
    values = [value for value in pools[key] if value != slots[key]]
    return {**slots, key: pick(c, values)} if values else slots


def prose(parts: Sequence[str]) -> str:
    """Facts as sentences of one paragraph."""
    return " ".join(up(part) if part[-1] in '.!?"”。؟' else up(part) + "." for part in parts)


def listed(parts: Sequence[str], bullet: str = "- ") -> str:
    """Facts as a bulleted list."""
    return "\n".join(bullet + up(part) for part in parts)


@lru_cache(maxsize=64)
def _groups(words: str) -> tuple[re.Pattern[str], dict[str, list[list[str]]]]:
    """Read `a=b=c; d=e` as a pattern of all phrases and, for each, the groups it is in."""
    index: dict[str, list[list[str]]] = {}
    for group in " ".join(words.split()).split(";"):
        phrases = [phrase.strip() for phrase in group.split("=") if phrase.strip()]
        for phrase in phrases:
            index.setdefault(phrase.lower(), []).append(phrases)
    longest = "|".join(re.escape(phrase) for phrase in sorted(index, key=len, reverse=True))
    return re.compile(rf"(?<![\w-])(?:{longest})(?![\w-])", re.IGNORECASE), index


def vary(c: Random, text: str, words: str) -> str:
    """Swap phrases outside of quotes for others of their group, with the case kept."""
    if not words:
        return text
    pattern, index = _groups(words)

    def swap(match: re.Match[str]) -> str:
        old = match[0]
        new = pick(c, index[old.lower()][c.randrange(len(index[old.lower()]))])
        return up(new) if old[0].isupper() and new != new.upper() else new

    return '"'.join(part if odd % 2 else pattern.sub(swap, part) for odd, part in enumerate(text.split('"')))


def repeat(one: Callable[[Random], Row], words: str = "") -> Domain:
    """Turn the maker of one row into a domain whose two writers choose among the words."""

    def domain(chance: Random, rows: int) -> list[Row]:
        out = [one(chance) for _ in range(rows)]
        for row in out:
            row["reference"] = vary(chance, row["reference"], words)
            row["prediction"] = vary(chance, row["prediction"], words)
        return out

    domain.__doc__, domain.__name__ = one.__doc__, one.__name__
    return domain


def triple(dialogue: str, reference: str, prediction: str) -> Row:
    """One row of the file."""
    return {"dialogue": dialogue, "reference": reference, "prediction": prediction}
