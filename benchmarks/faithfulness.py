"""Measures how many swapped speakers, numbers, negations and objects the faithfulness check finds in references.

Run: python benchmarks/faithfulness.py --data samsum.jsonl dialogsum.jsonl [--every 2 --first 1]

Each reference is damaged in one place: the subject of a clause is another speaker (exchanged with that speaker if the
sentence names both, or only replaced), a number is another number of the dialogue (or, if there is none, a new one),
`not` is added or removed, or the noun after an article is one from another summary. A swap counts as found if the check
reports its kind. The first lines say how many untouched references are marked, and how long the check takes.
"""

import argparse
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from diagnosis_clean import Pairs, read_pairs

from sumtune.text.claims import who
from sumtune.text.claims.check import Inconsistency, inconsistencies, inconsistencies_in_english
from sumtune.text.mentions import numbers, unsupported
from sumtune.text.numbers import value

SEED = 1
CONJUNCTIONS = ("and", "but", "because", "as", "so", "that", "while", "if", "when")
BEFORE_SUBJECT = "|".join([r"(?:^|(?<=[.!?] )|(?<=, )", *(rf"(?<=\b{word} )" for word in CONJUNCTIONS)]) + ")"
AFTER_SUBJECT = r"(?= [a-z])(?! (?:and|or|with|because|as|for|to|at|in|on|of|but|so|from|by|who)\b)"
AUXILIARY = "will|can|is|are|was|were|has|have|had|would|should|could|must"
POSITIVE = re.compile(rf"\b({AUXILIARY})\b(?! not\b|n['’]t)")
NEGATIVE = re.compile(rf"\b({AUXILIARY}|does|do|did) not\b|\bcannot\b|\b(?:{AUXILIARY}|does|do|did|wo|ca)n['’]t\b")
NOUN = re.compile(r"\b(?:the|a|an|his|her|their|some|any) ([a-z]{3,})\b")

Swap = Callable[[str, str, random.Random], str | None]
"""Return a damaged summary, given the dialogue and the summary; None if there is nothing to swap."""


def main() -> None:
    """Print the results for each file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", type=Path, required=True, help="JSONL with `dialogue` and `summary`")
    parser.add_argument("--every", type=int, default=1, help="use each n-th row")
    parser.add_argument("--first", type=int, default=0, help="number of the first row to use, from 0")
    parser.add_argument("--certainty", type=float, default=who.CERTAINTY, help="least evidence to report a subject")
    given = parser.parse_args()
    who.CERTAINTY = given.certainty
    for file in given.data:
        print(f"{file.parent.name}/{file.stem}")
        measure(read_pairs(file)[given.first :: given.every])


def measure(pairs: Pairs) -> None:
    """Print how many untouched references are marked and how many swaps are found."""
    begun = time.process_time()
    checked = [inconsistencies_in_english(summary, dialogue) for dialogue, summary in pairs]
    elapsed_ms = 1000 * (time.process_time() - begun) / len(pairs)
    marked = Counter(kind for found in checked for kind in {one.kind for one in found})
    unsaid = [{one.kind for one in unsupported(summary, dialogue)} for dialogue, summary in pairs]
    rows = {
        "untouched, marked": sum(map(bool, checked)),
        **{f"  {kind}": count for kind, count in sorted(marked.items())},
        "  or a number that is not in the dialogue": sum(
            bool(found) or "number" in kinds for found, kinds in zip(checked, unsaid, strict=True)
        ),
        "  or a name or number that is not in the dialogue": sum(
            bool(found or kinds) for found, kinds in zip(checked, unsaid, strict=True)
        ),
    }
    for name, count in rows.items():
        print(f"  {name:52s} {count:5d} of {len(pairs):5d}  {count / len(pairs):.3f}")
    for name, (kinds, swap) in swaps(pairs).items():
        print_found(name, kinds, swap, pairs)
    print(f"  {elapsed_ms:.2f} ms of CPU time per summary, with its dialogue")


def swaps(pairs: Pairs) -> dict[str, tuple[tuple[str, ...], Swap]]:
    """Return the kinds of inconsistency that count as found, and the swap, by name."""
    nouns = sorted({match.group(1) for dialogue, text in pairs for match in NOUN.finditer(text)})
    return {
        "speaker exchanged": (("subject",), partial(swap_speaker, exchange=True)),
        "speaker replaced": (("subject",), partial(swap_speaker, exchange=False)),
        "number": (("number",), swap_number),
        "number, by another one of the dialogue": (("number",), partial(swap_number, new=False)),
        "negation": (("negation",), swap_negation),
        "object": (("sentence", "subject", "negation"), partial(swap_object, nouns)),
    }


def print_found(name: str, kinds: Sequence[str], swap: Swap, pairs: Pairs) -> None:
    """Print how many swaps add an inconsistency of `kinds`."""
    rng = random.Random(SEED)
    total = found = 0
    for dialogue, summary in pairs:
        damaged = swap(dialogue, summary, rng)
        if damaged is not None and damaged != summary:
            before, after = ({_key(one) for one in inconsistencies(text, dialogue) if one.kind in kinds}
                             for text in (summary, damaged))  # fmt: skip
            total += 1
            found += bool(after - before)
    print(f"  {name:52s} {found:5d} of {total:5d}  {found / max(1, total):.3f}")


def _key(one: Inconsistency) -> tuple[str, str, str]:
    return one.kind, one.text, one.reason


def swap_speaker(dialogue: str, summary: str, rng: random.Random, *, exchange: bool) -> str | None:
    """Name another speaker as the subject of a clause."""
    speakers = list(dict.fromkeys(re.findall(r"(?m)^([^:\n]{1,40}?)\s*:", dialogue)))
    subjects = list(_subjects(summary, speakers))
    if not subjects or len(speakers) < 2:
        return None
    start, end, name = rng.choice(subjects)
    other = rng.choice([speaker for speaker in speakers if speaker != name])
    if exchange:
        first = max((match.end() for match in re.finditer(r"[.!?]\s+", summary) if match.end() <= start), default=0)
        match = re.compile(r"[.!?](?=\s|$)").search(summary, end)
        last = match.end() if match else len(summary)
        both = re.compile(rf"(?<!\w)(?:{re.escape(name)}|{re.escape(other)})(?!\w)")
        if re.search(rf"(?<!\w){re.escape(other)}(?!\w)", summary[first:last]):
            sentence = both.sub(lambda found: other if found.group() == name else name, summary[first:last])
            return summary[:first] + sentence + summary[last:]
    return summary[:start] + other + summary[end:]


def _subjects(summary: str, speakers: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yield the place of each speaker's name that begins a clause and is not in a list of names."""
    listed = re.compile(rf"(?:{'|'.join(map(re.escape, speakers))})(?:,| and|, and) $")
    for name in speakers:
        for match in re.finditer(BEFORE_SUBJECT + re.escape(name) + AFTER_SUBJECT, summary):
            if not listed.search(summary[: match.start()]):
                yield match.start(), match.end(), name


def swap_number(dialogue: str, summary: str, rng: random.Random, *, new: bool = True) -> str | None:
    """Write another number of the dialogue; if there is none and `new` is true, a greater number."""
    written, spoken = (
        [one for one in numbers(text) if not re.match("[A-Za-z#]", text[max(0, one.start - 1) : one.start] or " ")]
        for text in (summary, dialogue)
    )
    if not written:
        return None
    one = rng.choice(written)
    taken = {value(other.text) for other in written}
    others = sorted({other.text for other in spoken if value(other.text) not in taken})
    if not others and not new:
        return None
    more = rng.choice((1, 2, 3, 5))
    greater = re.sub(r"\d+", lambda found: str(int(found.group()) + more), value(one.text), count=1)
    other = rng.choice(others) if others else greater
    return summary[: one.start] + other + summary[one.end :]


def swap_negation(_dialogue: str, summary: str, rng: random.Random) -> str | None:
    """Add `not` to a verb, or remove it."""
    changes = [(match.span(), f"{match.group()} not") for match in POSITIVE.finditer(summary)]
    changes += [(match.span(), _affirmed(match.group())) for match in NEGATIVE.finditer(summary)]
    if not changes:
        return None
    (start, end), text = rng.choice(changes)
    return summary[:start] + text + summary[end:]


def _affirmed(negation: str) -> str:
    text = negation.replace("’", "'").replace("cannot", "can").replace("won't", "will").replace("can't", "can")
    return text.removesuffix(" not").removesuffix("n't")


def swap_object(nouns: Sequence[str], dialogue: str, summary: str, rng: random.Random) -> str | None:
    """Write a noun of another summary, which the dialogue does not contain, for one that it contains."""
    said = dialogue.lower()
    found = [match for match in NOUN.finditer(summary) if match.group(1) in said]
    others = [noun for noun in rng.sample(nouns, min(20, len(nouns))) if noun not in said]
    if not found or not others:
        return None
    start, end = rng.choice(found).span(1)
    return summary[:start] + others[0] + summary[end:]


if __name__ == "__main__":
    main()
