"""Convert HTML, as in messages of Teams, Intercom and forums, to lines of text."""

import re
from html.parser import HTMLParser

__all__ = ["has_markup", "html_lines"]

BLOCKS = frozenset({"p", "div", "br", "li", "tr", "ul", "ol", "table", "html", "body", "h1", "h2", "h3", "blockquote"})
HIDDEN = frozenset({"script", "style", "head", "title"})
BLOCK_TAG = re.compile(r"</?(?:p|div|br|li|tr|ul|ol|table|html|body)(?:\s[^<>]*|\s*/)?>", re.IGNORECASE)

DECLARATION = re.compile(r"<[!?][^<>]*>")


def has_markup(text: str) -> bool:
    """Return whether `text` has tags that end a line.

    >>> has_markup("Ann: hi<br>Bob: yo"), has_markup("i <3 you, 5 < 6 > 4")
    (True, False)
    """
    return BLOCK_TAG.search(text) is not None


def html_lines(text: str) -> str:
    r"""Return the visible text of HTML, a line for each block.

    >>> html_lines("<p><b>Ann</b>: it&#39;s <i>on</i></p><p>Bob: ok</p>")
    "Ann: it's on\nBob: ok"
    """
    reader = _Lines()
    reader.feed(_without_declarations(text))
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _without_declarations(text: str) -> str:
    """Return HTML without comments and declarations, and with `&lt;` for each `<` that nothing closes.

    For each of these without an end, `HTMLParser` searches the rest of the text again, which takes quadratic time.
    """
    shown, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start)) >= 0:
        shown.append(text[at:start])
        at = end + len("-->")
    rest = DECLARATION.sub("", "".join([*shown, text[at:]])).replace("<!", "&lt;!").replace("<?", "&lt;?")
    last = rest.rfind(">") + 1
    return rest[:last] + rest[last:].replace("<", "&lt;")


class _Lines(HTMLParser):
    """Collects the visible text of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line before a block, and keep an emoji, which Teams writes as the text of a tag without content."""
        self._hidden += tag in HIDDEN
        if tag == "emoji" and not self._hidden:
            self.parts.append(dict(attrs).get("alt") or "")
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """End the line after a block."""
        self._hidden = max(0, self._hidden - (tag in HIDDEN))
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep visible text."""
        if not self._hidden:
            self.parts.append(data)
