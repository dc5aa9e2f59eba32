"""Do the faults that are planned, or come by chance, come as told?"""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
from collections import Counter
from typing import get_args

import pytest

from ugcbench.testing import Fault, FaultPlan, GeminiServer, OpenAIServer
from ugcbench.testing.faults import MIX

BODIES = [f"call {number}".encode() for number in range(2000)]


def drawn(plan, bodies=BODIES):
    return [plan.next(body) for body in bodies]


def test_without_a_rate_nothing_goes_wrong_by_chance():
    assert set(drawn(FaultPlan())) == {None}


def test_share_of_faults_is_the_rate_and_all_kinds_come():
    faults = Counter(drawn(FaultPlan(0.1, seed=1)))
    assert 0.08 < 1 - faults.pop(None) / len(BODIES) < 0.12
    assert set(faults) == set(MIX)
    assert max(faults.values()) < 2 * min(faults.values())


def test_chance_depends_on_the_request_and_not_on_the_order():
    forwards = drawn(FaultPlan(0.3, seed=1))
    backwards = drawn(FaultPlan(0.3, seed=1), BODIES[::-1])
    assert forwards == backwards[::-1]
    assert forwards != drawn(FaultPlan(0.3, seed=2))


def test_repeated_request_gets_another_chance():
    plan = FaultPlan(0.5, seed=1)
    assert {plan.next(b"again") is None for _ in range(20)} == {True, False}


def test_planned_steps_come_first():
    plan = FaultPlan(1.0, kinds=["prose"])
    plan.add("hang", None)
    assert [plan.next(b"") for _ in range(3)] == ["hang", None, "prose"]


@pytest.mark.parametrize(
    ("options", "words"), [({"rate": 2}, "0 to 1, not 2"), ({"kinds": ["explode"]}, "explode")]
)
def test_what_does_not_exist_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        FaultPlan(**options)


def test_mix_holds_faults():
    assert set(MIX) <= set(get_args(Fault))


def send(url, path, body, header):
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {header[0]: header[1]})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def ask_openai(url, number):
    message = {"role": "user", "content": f"{number}?"}
    body = {"model": "m", "messages": [message]}
    origin = url.removesuffix("/v1")
    return send(origin, "/v1/chat/completions", body, ("Authorization", "Bearer k"))


def ask_gemini(url, number):
    body = {"contents": [{"parts": [{"text": f"{number}?"}]}]}
    return send(url, "/v1beta/models/m:generateContent", body, ("x-goog-api-key", "k"))


@pytest.mark.parametrize(("kind", "ask"), [(OpenAIServer, ask_openai), (GeminiServer, ask_gemini)])
def test_server_follows_the_rate(kind, ask):
    faults = FaultPlan(0.2, seed=3, kinds=["rate_limit", "server_error"])
    with kind(faults=faults) as server:
        statuses = Counter(ask(server.url, number)[0] for number in range(200))
    assert set(statuses) == {200, 429, 500}
    assert 130 < statuses[200] < 190


@pytest.mark.parametrize(
    ("module", "ask"), [("openai_server", ask_openai), ("gemini_server", ask_gemini)]
)
def test_server_in_a_process_of_its_own_follows_it_too(module, ask):
    command = [sys.executable, "-W", "error", "-m", f"ugcbench.testing.{module}"]
    options = ["--reply", "hello", "--faults", "0.3", "--seed", "1", "--kinds", "unavailable"]
    process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
    try:
        url = process.stdout.readline().strip()
        answers = [ask(url, number) for number in range(60)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close()
        assert process.wait(10) == 0
    assert {status for status, _ in answers} == {200, 503}
    assert all(b"hello" in body for status, body in answers if status == 200)
