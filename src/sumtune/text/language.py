"""Recognize the language of a text: English by its vocabulary, other languages by their script or function words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache

from sumtune.data.embedded import embedded_pairs
from sumtune.text.words import words

__all__ = ["LEAST_LETTERS", "is_english", "language_of"]

LEAST_SHARE = 0.4
"""A text with a larger share of known words is English. Measured: at most 0.33 in dialogues in other languages, at
least 0.5 in English ones, with 4 exceptions in 2,656 dialogues."""
WORD = re.compile(r"[^\W\d_]+")
ASCII_LETTER = re.compile("[A-Za-z]")

CACHED_TEXTS = 1 << 16
FEWEST_HITS = 3
CLEAR_HITS = 1.3
"""The best language must have more than this many times the function words of the second best."""

FUNCTION_WORDS: Mapping[str, frozenset[str]] = {
    name: frozenset(listed.split())
    for name, listed in {
        "English": "a an the and to of in on is that was for with he she they his her will are it has have not be at "
        "this from do no i you we my your me so as by but if can what when there",
        "German": "der die das und ist nicht ein eine einen zu den mit für auf sie er wird hat sich dem im wir ich es "
        "von auch um am bei nach über uns ihr mir noch nur schon aber oder wenn weil",
        "French": "le la les et est une des du que qui dans il elle ne pas avec au aux ils sont été je nous ce à de en "
        "mon ma mes sa ses cette vous tu j l qu chez plus mais ou où y sera",
        "Spanish": "el los las y es una que por para con se del su al como más pero lo ella están está él muy de la en "
        "un mi le ha he ya antes si qué nos porque sin",
        "Italian": "il gli è una di che per con non si del della sono ha al anche ma lo alla hanno questo nel la un le "
        "mio ci dal dalla delle alle ho da lui se nella",
        "Portuguese": "os é uma de que para com não se da um ao mas ele ela são tem em na pela isso você às a do no as "
        "dos das meu porque já está vai foi mais seu sua o",
        "Dutch": "het een en van dat niet te op zijn voor met aan er hij zij wordt naar heeft ook maar ze de om ik je "
        "mijn bij nog uur omdat weer over u haar ons wij we die",
        "Polish": "nie się że jest jak ale tak przez jego są dla który czy może tylko już ich oraz będzie w z na o do "
        "to i po jeśli mój u bo ma żeby za przed nas od",
        "Czech": "a se je že na ve ale jako jsou pro který aby byl byla jsem jsme když už nebo tak má v k o u do "
        "po před mi můj ho si ještě bude od za protože ten",
        "Turkish": "bir ve bu için ile mi mı mu mü ne çok daha ama gibi var yok olarak değil sonra önce kadar "
        "ben sen biz siz ki ya şimdi ancak iki bana saat oysa yerine diye her ise",
        "Vietnamese": "của và là có không được cho với người một các trong đã này đến khi anh em chị tôi ở bị vào lúc "
        "vì sẽ ông bà nhé ạ thì cũng hai giờ sau nếu ơi đi",
        "Swedish": "och att det som en på är av för med till den har inte om ett jag han hon kan ska vi eller då",
        "Danish": "og at det som en på er af for med til den har ikke om et jeg han hun kan skal vi eller først",
        "Norwegian": "og at det som en på er av for med til den har ikke om et jeg han hun kan skal vi eller etter",
        "Romanian": "și de la pe nu este în cu că să se din pentru mai un o care au sunt lui are îl ai sau cum",
        "Catalan": "amb és els les més però molt això aquest perquè dels ho als ens pot què",
        "Hungarian": "a az és hogy nem egy van meg csak ez azt is ha már mert de vagy én ki mi lesz el",
        "Finnish": "ja on ei että se hän oli ovat mutta kun niin myös jos kuin tai minä sinä me ole voi ennen",
        "Indonesian": "yang dan di untuk dengan ini itu dari tidak akan ke pada saya karena ada bisa sudah dia juga",
    }.items()
}
"""The most common function words of the recognized languages in Latin script."""
LETTERS: Mapping[str, frozenset[str]] = {
    name: frozenset(letters)
    for name, letters in {
        "Spanish": "ñ",
        "Portuguese": "ãõ",
        "Polish": "łąęśźż",
        "Czech": "řěů",
        "Turkish": "ğış",
        "Vietnamese": "ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    }.items()
}
"""Letters that hardly any other of these languages uses. A word with one of them counts as a function word."""
LEAST_LETTERS = 2
"""Mean number of letters in a word below which a text has no language: single letters are words of several."""
FEWEST_CAPITALS = 4
"""Words from which a text of capitals is a sentence; fewer may be names, as in `ANN: OK!`."""
SCRIPT_LANGUAGES = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}
SIGN_LETTERS = {"CJK": 3, "HIRAGANA": 2, "KATAKANA": 2, "HANGUL": 2}
"""Letters of an alphabet that a character of these scripts stands for, so that Latin names do not outweigh them."""
KANA = re.compile("[\u3041-\u30fa]")
PERSIAN_OR_URDU = re.compile("[\u06a9\u06cc\u06d2\u067e\u0686\u0698\u06af\u0679\u0688\u0691\u06ba]")
"""Letters of Persian or Urdu that Arabic does not have."""
LEAST_PERSIAN = 0.02
"""A text with a larger share of these letters is Persian or Urdu; Arabic with loan words has fewer."""


def is_english(texts: Collection[str]) -> bool | None:
    """Return whether `texts` together are English; None if they contain no words to judge by.

    They are English if enough of their words occur in the embedded conversations and their function words do not point
    to another language. Capitalized words are ignored, because most are names, except in sentences that have no small
    letter. In scripts without capitals, each letter counts as a word, because there may be no spaces between words.

    >>> is_english(["Mia: Can you bring the cake? I forgot it."]), is_english(["Mia: Bringst du den Kuchen mit?"])
    (True, False)
    >>> is_english(["MIA BRINGS THE CAKE."]), is_english(["MIA BRINGT DEN KUCHEN MIT."])
    (True, False)
    >>> print(is_english(["Mia: OK!"]))
    None
    """
    known = total = 0
    for word in (word for text in texts for word in _judged(text)):
        weight = 1 if word.islower() else len(word)
        total += weight
        known += weight if word in _english_words() else 0
    if not total:
        return None
    return known > LEAST_SHARE * total and _language(texts) in (None, "English")


@lru_cache(CACHED_TEXTS)
def language_of(text: str) -> str | None:
    """Return the language of `text`, or its script if several languages use it; None if neither is recognized.

    >>> language_of("Wir gehen heute nicht in die Stadt."), language_of("Мы идём домой."), language_of("今日は雨だ。")
    ('German', 'Cyrillic', 'Japanese')
    """
    return _language((text,))


def _language(texts: Collection[str]) -> str | None:
    """Return the language of `texts` together, as `language_of` does."""
    script = _script(texts)
    if script != "LATIN":
        return _language_of_script(script, texts) if script else None
    found = [word for text in texts for word in words(text)]
    if sum(map(len, found)) < LEAST_LETTERS * len(found):
        return None
    hits = Counter(name for word in found for name in _languages_of(word))
    (best, most), (_, second) = [*hits.most_common(2), ("", 0), ("", 0)][:2]
    return best if most >= FEWEST_HITS and most > CLEAR_HITS * second else None


def _language_of_script(script: str, texts: Collection[str]) -> str:
    if script == "CJK" and any(map(KANA.search, texts)):
        return "Japanese"
    if script == "ARABIC":
        own = sum(len(PERSIAN_OR_URDU.findall(text)) for text in texts)
        if own > LEAST_PERSIAN * (sum(map(len, texts)) + len(texts) - 1):  # with a space between texts
            return "Persian or Urdu"
    return SCRIPT_LANGUAGES.get(script, script.capitalize())


def _script(texts: Collection[str]) -> str | None:
    """Return the script of most of the text by the Unicode names of its letters, such as `LATIN`; None without any."""
    if all(text.isascii() for text in texts):
        return "LATIN" if any(map(ASCII_LETTER.search, texts)) else None
    letters: Counter[str] = Counter()
    for text in texts:
        letters.update(text)
    scripts: Counter[str] = Counter()
    for letter, count in letters.items():
        if letter.isalpha():
            script = _script_of(letter)
            scripts[script] += count * SIGN_LETTERS.get(script, 1)
    return scripts.most_common(1)[0][0] if scripts else None


@lru_cache(maxsize=1 << 16)
def _languages_of(word: str) -> list[str]:
    """Return the languages in which `word` is a function word or that own one of its letters; twice if both hold."""
    by_word = [name for name, known in FUNCTION_WORDS.items() if word in known]
    return by_word + [name for name, own in LETTERS.items() if not own.isdisjoint(word)]


@cache
def _script_of(letter: str) -> str:
    return unicodedata.name(letter, "?").split()[0]


def _judged(text: str) -> Iterator[str]:
    """Yield the words of `text` that are no names: those without a capital, or all in a sentence of capitals."""
    found = WORD.findall(text)
    if text.isupper() and len(found) >= FEWEST_CAPITALS:
        return map(str.lower, found)
    return (word for word in found if not word[0].isupper())


@cache
def _english_words() -> frozenset[str]:
    pairs = [pair for split in ("train", "validation", "test") for pair in embedded_pairs(split)]
    return frozenset(word for pair in pairs for text in pair for word in _judged(text))
