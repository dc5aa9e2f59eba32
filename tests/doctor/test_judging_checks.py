"""Does the doctor tell a judge that can be trusted to reply from one that can't?"""

from __future__ import annotations

import json

import pytest

pytest.importorskip("openai", reason="needs the extra [openai]")

from ugcbench import ModelSpec, Registry, hookimpl
from ugcbench.doctor import examine
from ugcbench.doctor.judging import RIGHT
from ugcbench.errors import UsageError
from ugcbench.testing import OpenAIServer


def rate(call):
    return json.dumps({"score": 5 if RIGHT in call["messages"][-1]["content"] else 1})


@pytest.fixture
def server():
    with OpenAIServer(reply=rate) as server:
        yield server


async def look(server=None, name="openai/j", **options):
    given = {"base_url": server.url, **options} if server else options
    found = examine(Registry(), judge=name, judge_options=given, timeout=20)
    return {check.name: check async for check in found if check.area == "judge"}


async def test_a_good_judge_passes(server):
    checks = await look(server)
    assert {name: check.status for name, check in checks.items()} == {
        "verdict": "ok",
        "sense": "ok",
        "identity": "ok",
    }
    assert "5 of 5, a wrong one 1" in checks["sense"].found
    assert "j was asked, j replied" in checks["identity"].found
    assert server.requests[0].json()["response_format"]["type"] == "json_schema"


async def test_the_offline_judge_passes():
    checks = await look(name="lexical")
    assert {check.status for check in checks.values()} == {"ok"}


async def test_a_judge_that_cannot_tell_right_from_wrong_fails(server):
    server.reply = lambda call: '{"score": 3}'
    assert (await look(server))["sense"].status == "failed"


async def test_a_judge_that_ignores_the_schema_fails(server):
    server.reply = lambda call: "I would give it a four."
    checks = await look(server)
    assert list(checks) == ["verdict"]
    assert checks["verdict"].status == "failed"
    assert "malformed" in checks["verdict"].found


async def test_a_judge_that_obeys_only_when_asked_again_is_warned_of(server):
    server.plan("prose")
    checks = await look(server)
    assert checks["verdict"].status == "warning"
    assert checks["sense"].status == "ok"


async def test_a_rerouted_judge_fails(server):
    server.served_model = "cheaper"
    checks = await look(server)
    assert checks["identity"].status == "failed"
    assert "j was asked, but cheaper replied" in checks["identity"].found


async def test_a_snapshot_of_the_judge_is_the_judge(server):
    server.served_model = "j-2026-01-31"
    assert (await look(server))["identity"].status == "ok"


async def test_a_wrong_key_is_one_failure(server):
    server.key = "right"
    checks = await look(server, api_key="sk-wrong-key")
    assert list(checks) == ["reply"]
    assert "sk-wrong-key" not in str(checks)


async def test_what_is_announced_is_told_before_the_judge_is_asked(server):
    checks = await look(server, "openai/gpt-4o-2024-08-06")
    assert next(iter(checks)) == "lifecycle"
    assert checks["lifecycle"].status == "warning"
    assert checks["sense"].status == "ok"


async def test_a_missing_module_says_what_to_type():
    class Plugin:
        @hookimpl
        def ugcbench_models(self):
            yield ModelSpec(name="far", target="nowhere_to_be.found:J", summary="", extra="hf")

    found = [c async for c in examine(Registry({"mine": Plugin()}), judge="far")]
    assert (found[-1].name, found[-1].status) == ("load", "failed")
    assert found[-1].fix == "pip install 'ugcbench[hf]'"


async def test_stored_verdicts_can_not_be_asked():
    with pytest.raises(UsageError, match="stored"):
        await look(name="stored/openai/j")
