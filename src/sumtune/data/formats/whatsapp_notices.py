"""Notices that WhatsApp writes into chats, in place of or beside what people wrote."""

import re

__all__ = ["GENERATED", "MARKS", "is_name", "said_by_a_person"]

MARKS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Direction marks; phones put them into times and around names."""
GENERATED = "\u200e"
"""The mark before a text of the program, such as "image omitted", and before a line that has one."""
MARKED = re.compile(rf"{GENERATED}[^\n]*")
BRACKETED = re.compile(r"<[^<>\n]+>")
"""`<Media omitted>`, in the language of the phone."""
EDITED = re.compile(rf"(?:{GENERATED}<[^<>\n]+>|\s<[^<>\s]+\s[^<>\n]+>)$")
"""`<This message was edited>` after the text, in the language of the phone."""
FILE = re.compile(r"\A\u200e?[^\n/]{1,200}\.\w{2,5} \((?:file attached|Datei angehängt|archivo adjunto|arquivo anexado|"
                  r"fichier joint|file allegato|bestand bijgevoegd)\)(?:\n|$)")  # fmt: skip
DOCUMENT = re.compile(r"[^\n]{1,200}\.\w{2,5} •")
"""The name of a document before "3 pages document omitted"."""
NOTICES = frozenset({
    "null", "This message was deleted", "You deleted this message", "Missed voice call", "Missed video call",
    "Diese Nachricht wurde gelöscht", "Du hast diese Nachricht gelöscht", "Mensagem apagada",
    "Esta mensagem foi apagada", "Você apagou esta mensagem", "Se eliminó este mensaje", "Eliminaste este mensaje",
    "Ce message a été supprimé", "Vous avez supprimé ce message", "Questo messaggio è stato eliminato",
    "Hai eliminato questo messaggio", "Dit bericht is verwijderd", "Je hebt dit bericht verwijderd",
})  # fmt: skip
"""Notices that Android writes in place of a message, without marking them as notices."""
QUOTES = re.compile(r"[\"“”„«»「]")
MOST_WORDS = 6


def said_by_a_person(message: str, is_marked: bool) -> str:
    r"""Return what a person wrote in `message`, "" if nothing.

    >>> said_by_a_person("See you! <This message was edited>", False), said_by_a_person("\u200eimage omitted", False)
    ('See you!', '')
    """
    said = FILE.sub("", message.strip())
    if is_marked or said.startswith(GENERATED):
        said = MARKED.sub("", said)
    said = EDITED.sub("", said.strip()).strip()
    is_notice = said.rstrip(".") in NOTICES or BRACKETED.fullmatch(said) or DOCUMENT.fullmatch(said)
    return "" if is_notice else said


def is_name(speaker: str) -> bool:
    """Return whether text before a colon may be a name rather than the start of a notice.

    >>> is_name("Ann"), is_name("+1 (555) 010-9999"), is_name('Ann created the group "Trip')
    (True, True, False)
    """
    return bool(speaker) and not QUOTES.search(speaker) and len(speaker.split()) <= MOST_WORDS
