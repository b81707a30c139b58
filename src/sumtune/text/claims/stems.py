"""Reduce English words to stems, with irregular forms, spellings of chats and common synonyms as one."""

from functools import lru_cache

__all__ = ["content_stem", "word_set"]


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(words.split())


SAME_STEM = """
    be am are is was were been being|have has had having|do does did done|go goes went gone going gonna
    get got gotten getting|make made|take took taken|meet met see saw seen|buy bought order purchase|bring brought
    think thought|tell told|say said|give gave given|find found|know knew known|come came coming|leave left
    feel felt|keep kept|lose lost|send sent|spend spent|eat ate eaten|drink drank drunk|drive drove driven
    write wrote written|talk speak spoke spoken chat|break broke broken|choose chose chosen|forget forgot forgotten
    wear wore worn|win won|sell sold|pay paid|teach taught|catch caught|sleep slept|wake woke woken|run ran|sit sat
    begin began begun start|stand stood|hear heard|hold held|build built|lend lent|understand understood
    grow grew grown|show shown|throw threw thrown|fly flew flown|fall fell fallen|ride rode|swim swam
    sing sang sung|steal stole stolen|mean meant|learn learnt|dream dreamt|burn burnt|shoot shot|fight fought
    seek sought|stick stuck|hang hung|child children kid kids|man men|woman women|person people|foot feet|tooth teeth
    wife wives|life lives|mom mum mother mommy|dad father daddy|tv television|pic pics picture photo photos
    phone telephone|bday birthday|vacation vacations holiday holidays|like luv love enjoy fond
    tomorrow tmr 2morrow tomorow tmrw tommorow|tonight 2nite tonite|movie film cinema|bf boyfriend|gf girlfriend
    bike bicycle|fridge refrigerator|thanks thank thx thnx thankful grateful|sorry apology apologize apologise
    congratulate congratulations congrats|ok okay agree accept yes yeah yep sure|mate friend friends
    want wanna|exam exams test tests|message msg text|doctor doc dr|laptop computer pc|sick ill unwell|job work
    finish end|shop store|big large huge|small little|happy excited glad|bad awful terrible horrible
    pretty beautiful|hate dislike|pregnant expecting|look search|fix repair|worry worried|funny hilarious
    refuse decline reject no nope|mad angry upset|tired exhausted|hungry starving|boring bored|late delayed
    minute min mins|hour hr hrs|euro euros eur|pound pounds quid gbp|dollar dollars bucks usd
"""
FUNCTION_WORDS = word_set("""
    a an the and or but so to of in on at for with from by about into as than then that this these those it its itself
    there here is am are was were be been being isn't aren't wasn't weren't have has had having haven't hasn't hadn't
    do does did done doing don't dont doesn't didn't will would can could shall should may might must won't wouldn't
    can't cant cannot couldn't shouldn't not nor unable able
    i me my mine myself you your yours yourself he him his himself she her hers herself we us our ours they them their
    theirs i'm im i'll i've i'd you're you'll you've you'd he's she's it's we're we'll we've they're they've they'll
    that's there's what's let let's lets u ur r s t re ve ll d m
    who whom whose which what when where why how if because while until since during before after up down out off over
    under again also too very just only even still already yet now really soon currently some any all both each every
    other another such own same more most much many few less lot lots quite rather
    oh well haha hahaha lol hi hello hey bye please one going gonna go get make come thing things someone something
    anyone anything everyone everything everybody somebody nobody nothing sth
    ask asks asked tell tells told say says said think thinks thought want wants wanted wanna need needs needed
""")
"""Words that say little about the topic of a clause."""
SUFFIXES = (
    "fully", "ness", "ment", "ation", "ition", "tion", "sion", "ion", "ous", "ful", "able", "ible", "ally", "ly", "ity",
    "ance", "ence", "ant", "ent", "ist", "al", "er", "or", "ive", "est",
)  # fmt: skip
"""Endings in the order in which they are tried."""
SIBILANT_PLURALS = ("sses", "shes", "ches", "xes", "zes", "oes")
CACHED_WORDS = 1 << 16
LEAST_STEM = 4


def _same_stems() -> dict[str, str]:
    """Return the stem of each word in `SAME_STEM`, with its regular endings."""
    stems: dict[str, str] = {}
    groups = [line.split() for line in SAME_STEM.replace("\n", "|").split("|")]
    for group in groups:
        for word in group:
            ending = word.removesuffix("e")
            for form in (word, f"{word}s", f"{ending}ed", f"{ending}ing"):
                stems.setdefault(form, group[0])
    return stems | {word: group[0] for group in groups for word in group}


STEMS = _same_stems()


@lru_cache(CACHED_WORDS)
def content_stem(word: str) -> str | None:
    """Return the stem of a lower-case word; None for a function word.

    >>> [content_stem(word) for word in ("tickets", "bought", "buying", "organized", "the", "7:30")]
    ['ticket', 'buy', 'buy', 'organiz', None, '7:30']
    """
    if word in FUNCTION_WORDS:
        return None
    word = word.removesuffix("'s")
    if word in STEMS:
        return STEMS[word]
    base = _without_inflection(word)
    return STEMS.get(base) or STEMS.get(f"{base}e") or _without_suffix(base)


def _without_inflection(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        word = f"{word[:-3]}y"
    elif len(word) > 4 and word.endswith(SIBILANT_PLURALS):
        word = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word in STEMS:
        return word
    base = word[:-3] if len(word) > 5 and word.endswith("ing") else word
    base = base[:-2] if base is word and len(word) > 4 and word.endswith("ed") else base
    doubled = base is not word and len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz"
    return base[:-1] if doubled else base


def _without_suffix(word: str) -> str:
    suffix = next((end for end in SUFFIXES if word.endswith(end) and len(word) - len(end) >= LEAST_STEM), "")
    word = word.removesuffix(suffix)
    word = f"{word[:-1]}y" if word.endswith("i") else word
    word = word[:-1] if len(word) > 3 and word.endswith("e") else word
    return word[:-1] if len(word) > LEAST_STEM and word.endswith("y") else word
