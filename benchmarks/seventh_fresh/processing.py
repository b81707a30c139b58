"""Faults of tokenization, encoding and text processing."""

import difflib
import html
import re
from random import Random

from .common import Row, Rows, bare, change, proper_names, sentences


def unknown_names(rows: Rows, _rng: Random) -> Rows:
    """The tokenizer's vocabulary was cut down and lacks names."""

    def unk(row: Row) -> str:
        out = proper_names(row).sub("<unk>", row["prediction"])
        if out == row["prediction"] and out.split():
            out = out.replace(max(map(bare, out.split()), key=len) or out, "<unk>")
        return re.sub(r"[^\x00-\x7f]+", "<unk>", out)

    return change(rows, "prediction", unk)


def prompt_slice_wrong(rows: Rows, rng: Random) -> Rows:
    """The prompt is cut off by its length in characters, although decoding had removed its special tokens."""
    extra = rng.choice((3, 4, 7, 10, 13))
    return change(rows, "prediction", lambda row: row["prediction"][extra:])


PIVOT = {
    "he": "she",
    "she": "he",
    "his": "her",
    "him": "her",
    "her": "his",
    "himself": "herself",
    "herself": "himself",
    "a": "the",
    "an": "the",
    "the": "a",
    "will": "",
    "going": "leaving",
    "says": "tells",
}


def pivot_translation(rows: Rows, _rng: Random) -> Rows:
    """Predictions went through a translation into a language without genders, articles and future tense, and back."""

    def there_and_back(row: Row) -> str:
        def swap(m: re.Match[str]) -> str:
            new = PIVOT.get(m[0].lower(), m[0])
            return new.capitalize() if m[0][0].isupper() and new != m[0] else new

        return re.sub(r" {2,}", " ", re.sub(r"\b[A-Za-z]+\b", swap, row["prediction"])).strip()

    return change(rows, "prediction", there_and_back)


WORDS = """
able acne agenda almond amend angel anger annual apple arena army atom aware baker banana barely
basil beauty bell bench better blame bob bride broken cable camel candle carol carpet cart chair
chart cherry choice clear coal cola corner curtain dairy damage dance danger deal dean denial diner
door dragon eager early easy edge elbow elite emery empty erie even ever fancy farm feel fiend flora
frank gable gain gale garage general genie george gift grace green hanger harbor hardy harry hazel
heat heaven helium hello herald hilly hope ice ideal image island ivory jacket jade jail jam jasmine
jealous jelly jetty join joke jolly journal judge juice july junk jury just keen kettle kitty land
larder lark laurel lazy leap lily lion lobby logic loop lucky lunch magic mail manual maple marble
margin marina market mason matter maybe meal melon menu merry metal mild mine mobile monitor moral
nanny natal nice niece night noble oar olive orange orchid order pale panel parcel party patch
patrol pea pearl peter petal phial pillar piper policy queen rabbit racket rally range ready reason
rebel regal rich rise robe robin roger rose ruby sally sample sand sara seal senior shaman shark
sheila silver simian sofa solid sorry staple stem steel stone summer sunny susan table tail tame
tango tawny teddy temper tidy timid tiny toady token tomato tone topic tray trim tunnel ulcer unite
valley vanilla velvet verify victim vine violet wall warden wander wealth willow winner wonder
yellow zebra zone
"""
LEXICON = WORDS.split()


def spellchecked_names(rows: Rows, _rng: Random) -> Rows:
    """A spell checker "corrected" proper names in the prediction."""

    def corrected(m: re.Match[str]) -> str:
        options = [w for w in difflib.get_close_matches(m[0].lower(), LEXICON, 3, 0.3) if w != m[0].lower()]
        return options[0].capitalize() if options else m[0]

    return change(rows, "prediction", lambda row: proper_names(row).sub(corrected, row["prediction"]))


WHEN = re.compile(
    r"\b(?:today|tomorrow|tonight|yesterday|(?:next|last|this) (?:week|weekend|month|year)|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d+(?:[:.]\d+)?(?: ?[ap]\.?m\b)?)",
    re.I,
)


def pii_masked(rows: Rows, _rng: Random) -> Rows:
    """A privacy filter masked the output."""

    def masked(row: Row) -> str:
        return proper_names(row).sub("<PERSON>", WHEN.sub("<DATE_TIME>", row["prediction"]))

    return change(rows, "prediction", masked)


def html_twice_escaped(rows: Rows, _rng: Random) -> Rows:
    """The prediction was taken from a rendered page and escaped twice."""

    def rendered(row: Row) -> str:
        inner = html.escape("<br/>".join(html.escape(part) for part in sentences(row["prediction"])))
        return f"<p>{inner}</p>"

    return change(rows, "prediction", rendered)


def pandas_display_cut(rows: Rows, _rng: Random) -> Rows:
    """Predictions were recovered from a printed data frame."""

    def shown(row: Row) -> str:
        text = row["prediction"].replace("\n", "\\n")
        return text.rjust(50) if len(text) < 50 else text[:46] + "..."

    return change(rows, "prediction", shown)


def mojibake(rows: Rows, _rng: Random) -> Rows:
    """UTF-8 text with typographic characters was read as Windows-1252."""

    def garbled(row: Row) -> str:
        text = row["prediction"].replace("...", "…").replace("'", "’").replace(" - ", " – ")
        text = re.sub(r'"([^"]*)"', "“\\1”", text)
        head, space, last = text.rpartition(" ")
        text = head + "\u00a0" + last if space else text  # a typography plug-in guards the last word
        return "".join(bytes([b]).decode("cp1252", "ignore") or chr(b) for b in text.encode("utf-8", "surrogatepass"))

    return change(rows, "prediction", garbled)
