"""JSON as nobody meant it: a valid record with something in it replaced by anything."""

from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(("\ud800", "\0"))
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


@st.composite
def changed(draw: st.DrawFn, record: Any) -> Any:
    """`record` with a value somewhere in it replaced by anything, or a key more or less."""
    if not isinstance(record, dict) or not record or draw(st.integers(0, 3)) == 0:
        return draw(ANYTHING)
    key = draw(st.sampled_from(sorted(record)) | st.text(max_size=8))
    if draw(st.integers(0, 4)) == 0:
        return {other: value for other, value in record.items() if other != key}
    return record | {key: draw(changed(record.get(key)))}
