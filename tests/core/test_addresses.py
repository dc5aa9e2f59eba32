"""Addresses of one clip, however they are written, are one address."""

from __future__ import annotations

import pytest

from ugcbench.addresses import normalize_url


@pytest.mark.parametrize(
    "url",
    [
        "https://www.example.org/v/1?b=2&a=1",
        " http://EXAMPLE.org/v/1/?a=1&b=2&utm_source=x&si=y ",
        "https://example.org/v/1?igsh=z&a=1&b=2#top",
    ],
)
def test_what_only_tracks_is_left_out(url):
    assert normalize_url(url) == "example.org/v/1?a=1&b=2"


def test_what_says_which_clip_is_kept():
    assert normalize_url("https://example.org/watch?v=1") != normalize_url(
        "https://example.org/watch?v=2"
    )
    assert normalize_url("https://example.org/A") != normalize_url("https://example.org/a")
