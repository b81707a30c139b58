"""Text that grows token by token."""

from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.growing import GrowingText


def decode(raw):
    return bytes(raw).decode(errors="replace").strip()


def grow(text):
    growing = GrowingText(decode)
    pieces = [growing.push(byte) for byte in text.encode()]
    return pieces, growing.end(decode(text.encode()))


@given(st.text(max_size=40))
def test_the_pieces_together_are_the_text(text):
    pieces, last = grow(text)
    assert "".join(pieces) + last == text.strip()


def test_a_piece_is_whole_words_and_never_half_a_character():
    pieces, last = grow("Zoë buys 👋 tickets")
    assert [piece for piece in pieces if piece] == ["Zoë", " buys", " 👋"]
    assert last == " tickets"


def test_a_decoder_that_changes_its_mind_shows_nothing_twice():
    texts = iter(["do not", "do not go", "don't go there"])
    growing = GrowingText(lambda _ids: next(texts))
    assert [growing.push(0), growing.push(0), growing.push(0)] == ["do", " not", ""]
