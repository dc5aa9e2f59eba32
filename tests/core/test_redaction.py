"""Keys are hidden, and what says that there is none is kept."""

from __future__ import annotations

import pytest

from ugcbench.redaction import redact


@pytest.mark.parametrize("name", ["api_key", "Token", "client_secret", "PASSWORD"])
def test_secrets_are_hidden_by_the_name_of_their_option(name):
    assert redact({name: "planted", "base_url": "http://x"}) == {
        name: "***",
        "base_url": "http://x",
    }


@pytest.mark.parametrize("value", ["none", "None", "EMPTY", " empty ", "", None])
def test_what_says_that_there_is_no_key_is_no_secret(value):
    assert redact({"api_key": value}) == {"api_key": value}


@pytest.mark.parametrize("value", ["nonesuch", "none-sk-1", 0, 1234, ["none"]])
def test_all_else_is(value):
    assert redact({"api_key": value}) == {"api_key": "***"}
