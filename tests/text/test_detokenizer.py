"""Text that is decoded token by token."""

from hypothesis import given
from hypothesis import strategies as st

from sumtune.text.detokenizer import IncrementalDetokenizer


def decode(raw):
    return bytes(raw).decode(errors="replace").strip()


def push_all(text):
    detokenizer = IncrementalDetokenizer(decode)
    pieces = [detokenizer.push(byte) for byte in text.encode()]
    return pieces, detokenizer.end(decode(text.encode()))


@given(st.text(max_size=40))
def test_the_pieces_together_are_the_text(text):
    pieces, last = push_all(text)
    assert "".join(pieces) + last == text.strip()


def test_a_piece_is_whole_words_and_never_half_a_character():
    pieces, last = push_all("Zoë buys 👋 tickets")
    assert [piece for piece in pieces if piece] == ["Zoë", " buys", " 👋"]
    assert last == " tickets"


def test_a_decoder_that_changes_its_mind_shows_nothing_twice():
    texts = iter(["do not", "do not go", "don't go there"])
    detokenizer = IncrementalDetokenizer(lambda _ids: next(texts))
    assert [detokenizer.push(0), detokenizer.push(0), detokenizer.push(0)] == ["do", " not", ""]
