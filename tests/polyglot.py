"""Twenty sentences in each of eighteen languages: what somebody says, and a summary of it, ten times."""

from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "languages"


@dataclass(frozen=True)
class Exchange:
    """One turn of a conversation and its summary, a sentence each."""

    speaker: str
    said: str
    summary: str

    @property
    def turn(self):
        return f"{self.speaker}: {self.said}"


LANGUAGES = {
    file.stem: [Exchange(*line.split(" | ")) for line in file.read_text(encoding="utf-8").splitlines()]
    for file in sorted(FOLDER.glob("*.txt"))
}
UNSPACED = {"zh", "ja", "th"}
"""Languages that put no space between words."""


NAMES = {
    "de": "German", "fr": "French", "es": "Spanish", "pt": "Portuguese", "it": "Italian", "nl": "Dutch",
    "pl": "Polish", "cs": "Czech", "tr": "Turkish", "vi": "Vietnamese", "ru": "Cyrillic", "ar": "Arabic",
    "he": "Hebrew", "hi": "Devanagari", "zh": "Chinese", "ja": "Japanese", "ko": "Korean", "th": "Thai",
}  # fmt: skip
"""What `language_of` calls the language, or its script if several languages share it."""


def sentences(language):
    return [text for exchange in LANGUAGES[language] for text in (exchange.said, exchange.summary)]
