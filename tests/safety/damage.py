"""How is a file made bad?"""

from __future__ import annotations

import json

from hypothesis import strategies as st

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from(
        [0, 1, -1, 1.5, 1e308, float("nan"), float("inf"), "", "0", "\x1b[2J", "../.."]
    ),
    st.text(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)
"""Any JSON value, and the numbers that JSON does not have but readers accept."""

DEEP = [
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"9" * 10_000,
    b"\xff\xfe{}",
    b"",
    b"\x00" * 64,
    b'"\\ud800"',
]
"""Files that break readers in ways of their own."""


def torn(data):
    """Bytes of `data` cut off, replaced or put in, or one of the files of `DEEP`."""
    hits = st.lists(
        st.tuples(st.integers(0, max(len(data) - 1, 0)), st.integers(0, 255)), max_size=8
    )
    inserted = st.tuples(st.integers(0, len(data)), st.binary(max_size=12))
    return st.one_of(
        st.sampled_from(DEEP),
        st.integers(0, len(data)).map(lambda end: data[:end]),
        hits.map(lambda found: _hit(data, found)),
        inserted.map(lambda found: data[: found[0]] + found[1] + data[found[0] :]),
    )


@st.composite
def changed(draw, value):
    """A JSON value of which one part, drawn anywhere in it, is another value, or is gone."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(value)))
        if not draw(st.integers(0, 5)):
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: draw(changed(value[key]))}
    if isinstance(value, list) and value and draw(st.integers(0, 9)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], draw(changed(value[at])), *value[at + 1 :]]
    return draw(VALUES)


@st.composite
def damaged(draw, data):
    """A damaged copy of a JSON or JSON Lines file."""
    if draw(st.booleans()):
        return draw(torn(data))
    try:
        return json.dumps(draw(changed(json.loads(data)))).encode()
    except ValueError:
        lines = data.splitlines()
        at = draw(st.integers(0, len(lines) - 1))
        lines[at] = json.dumps(draw(changed(json.loads(lines[at])))).encode()
        return b"\n".join(lines) + b"\n"


def _hit(data, hits):
    copy = bytearray(data)
    for at, value in hits:
        if copy:
            copy[at] = value
    return bytes(copy)
