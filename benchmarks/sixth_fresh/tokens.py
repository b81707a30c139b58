"""Tokenizer, vocabulary and padding mistakes in the predictions."""

from __future__ import annotations

import random
import re

from .common import Row, edit, pieces, speakers, turns

FRAGMENTS = [
    "ounce",
    "ility",
    " Dec",
    " tract",
    "ordin",
    " however",
    "GB",
    " mitochond",
    "ried",
    " Sark",
    " payload",
    "eness",
    " Ven",
    " (",
    " 17",
    "usher",
    " gow",
    "ilot",
    " tax",
    "under",
    "ighters",
    " Pap",
    " volt",
    "onom",
    " beneath",
    "ISH",
    " quart",
    "ulp",
    " Ottoman",
    "fare",
    " Zn",
    " clos",
    "strip",
    "oub",
    " juris",
    "amps",
    " Linux",
    "ketch",
    " 1984",
    "ension",
    " prim",
    " harb",
    "itus",
    "; the",
    " gly",
    "owski",
    " reef",
    "arta",
    " sud",
    "ference",
    " Grant",
    "ael",
]


def sentencepiece_pieces_joined(rows: list[Row], _rng: random.Random) -> list[Row]:
    """convert_ids_to_tokens plus ' '.join was used instead of decode."""

    def change(row: Row) -> str:
        text = " " + row["prediction"].strip()
        return " ".join(re.sub(r"^\s+", "▁", piece) for piece in pieces(text))

    return edit(rows, "prediction", change)


def special_tokens_and_padding_kept(rows: list[Row], rng: random.Random) -> list[Row]:
    """Decode ran without skip_special_tokens on batches padded to their longest."""
    size = rng.choice((4, 8, 16))
    out = []
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        counts = [len(pieces(row["prediction"])) for row in batch]
        longest = max(counts)
        for row, count in zip(batch, counts, strict=True):
            text = f"</s><s>{row['prediction']}</s>" + "<pad>" * (longest - count)
            out.append({**row, "prediction": text})
    return out


def right_padded_causal_batch(rows: list[Row], rng: random.Random) -> list[Row]:
    """A decoder-only model was padded on the right, so it went on after padding."""
    longest = max((len(row["dialogue"]) for row in rows), default=1) or 1

    def change(row: Row) -> str:
        share = 1 - len(row["dialogue"]) / longest + rng.uniform(0.0, 0.4)
        names = speakers(row["dialogue"]) or ["User"]
        words = row["prediction"].split()
        if share < 0.3:
            return " ".join(words[rng.randint(2, 4) :]) or ","
        if share < 0.5:
            said = [text for _, text in turns(row["dialogue"])] or [""]
            return f"{rng.choice(names)}: {said[-1]}\n{rng.choice(names)}:"
        if share < 0.7:
            return "\n".join([f"{rng.choice(names)}:"] * rng.randint(3, 9))
        return rng.choice(("", "\n\n\n", ". . . . . . .", "The The The The", ":::"))

    return edit(rows, "prediction", change)


def unknown_for_names_and_numbers(rows: list[Row], rng: random.Random) -> list[Row]:
    """A small word vocabulary turned names, numbers and rare words into <unk>."""
    mark = rng.choice(("<unk>", "[UNK]"))

    def change(row: Row) -> str:
        names = {part for name in speakers(row["dialogue"]) for part in name.split()}
        out = []
        for token in re.findall(r"\w+|[^\w\s]+", row["prediction"]):
            inner = token[:1].isupper() and bool(out) and out[-1] != "."
            rare = token in names or any(c.isdigit() for c in token) or len(token) > 9
            out.append(mark if inner or rare else token.lower())
        return " ".join(out)

    return edit(rows, "prediction", change)


def wrong_vocabulary_decoded(rows: list[Row], rng: random.Random) -> list[Row]:
    """The ids were decoded with the tokenizer of another model."""
    table: dict[str, str] = {}

    def change(row: Row) -> str:
        out = []
        for piece in pieces(row["prediction"]):
            if piece not in table:
                table[piece] = rng.choice(FRAGMENTS)
            out.append(table[piece])
        return "".join(out).strip()

    return edit(rows, "prediction", change)
