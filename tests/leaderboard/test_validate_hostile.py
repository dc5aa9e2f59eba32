"""Whatever stands in a card's file, the answer is a finding and never a traceback."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ugcbench.plaintext import OBEYED
from ugcbench_leaderboard.cards import reading
from ugcbench_leaderboard.cards.reading import CardError, parse_card
from ugcbench_leaderboard.cards.validating import validate_file

quick = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def check(file, raw, plugins):
    """Validates raw bytes, and holds what is told to its promise."""
    file.write_bytes(raw)
    found = validate_file(file, plugins)
    for finding in found:
        assert finding.level in ("error", "warning")
        assert len(str(finding)) < 1000
        assert not OBEYED.search(str(finding))
        assert "\n" not in str(finding)
    return found


def text_of(raw):
    with pytest.raises(CardError) as caught:
        parse_card(raw, "x.json")
    return str(caught.value)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON: Expecting value"),
        (b"\xff\xfe", "not UTF-8: byte 0"),
        (b"[1]", "no result card"),
        (b'{"a": 1}', "no result card"),
        (b'{"schema_version": 2}', "schema version 2"),
        (b'{"schema_version": NaN}', "NaN is no number"),
        (b'{"schema_version": 1e999}', "too large"),
        (b'{"schema_version": ' + b"9" * 10_000 + b"}", "Exceeds the limit"),
        (b'{"schema_version": 1, "schema_version": 1}', "stands twice"),
        (b"[" * 1_000_000, "nested too deeply"),
        (b'{"schema_version": 1}', "missing key 'about'"),
        (b"{" + b",".join(b'"k%d":1' % n for n in range(20_000)) + b"}", "20000 keys"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_is_no_card_is_told(raw, reason):
    assert reason in text_of(raw)


def test_a_file_of_any_size_is_refused_without_reading_it_all(tmp_path, plugins):
    file = tmp_path / "huge.json"
    with file.open("wb") as opened:
        opened.truncate(1 << 30)
    assert reading.LARGEST < 1 << 30
    (finding,) = validate_file(file, plugins)
    assert "larger than" in finding.text


def test_numbers_and_texts_of_the_wrong_type_are_no_numbers(mini_card):
    card = copy.deepcopy(mini_card)
    card["records"][0]["score"]["value"] = "1.0"
    assert "records[0].score.value" in text_of(json.dumps(card).encode())


def test_a_long_text_is_not_searched(mini_card, plugins, tmp_path):
    card = copy.deepcopy(mini_card)
    card["system"]["options"] = {"x": "/" * 3_000_000}
    found = check(tmp_path / "c.json", json.dumps(card).encode(), plugins)
    assert any("larger without its records" in finding.text for finding in found)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"surprise": 1}, "unknown key 'surprise'"),
        ({"clips": {"limit": 10**40}}, "too large"),
        ({"about": [1] * 200_000}, "more than 100000 values"),
        ({"records": 1}, "records: must be a list"),
        ({"records": [1, 2]}, "records[0]: Input should be an object"),
    ],
)
def test_what_is_no_part_of_a_card_is_told(mini_card, changes, reason):
    assert reason in text_of(json.dumps({**mini_card, **changes}).encode())


def places(value, path=()):
    """The path of every value in parsed JSON; of a list the first elements."""
    yield path
    pairs = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        pairs = list(enumerate(value))[:3]
    for key, each in pairs:
        yield from places(each, (*path, key))


def put(card, path, value):
    *way, last = path
    for key in way:
        card = card[key]
    card[last] = value


odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**14), 10**14),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=40),
    st.sampled_from(["\x1b]0;x\x07", "\u202e", "../../etc/passwd", "=1+1", "<script>", "\ud800"]),
    st.lists(st.integers(0, 3), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(0, 3), max_size=3),
)


@quick
@given(data=st.data())
def test_any_value_in_any_place(mini_card, plugins, tmp_path, data):
    card = copy.deepcopy(mini_card)
    everywhere = [path for path in places(mini_card) if path]
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(everywhere))
        try:
            put(card, path, data.draw(odd))
        except (TypeError, KeyError, IndexError):
            continue  # an earlier change took the place away
    check(tmp_path / "c.json", json.dumps(card).encode(), plugins)


@quick
@given(data=st.data())
def test_any_bytes_in_any_place(mini_card, plugins, tmp_path, data):
    raw = json.dumps(mini_card).encode()
    at = data.draw(st.integers(0, len(raw)))
    junk = data.draw(st.binary(max_size=20))
    check(tmp_path / "c.json", raw[:at] + junk + raw[at + data.draw(st.integers(0, 50)) :], plugins)
