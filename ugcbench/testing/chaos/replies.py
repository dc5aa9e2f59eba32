"""What if the servers answer badly, or not at all?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ugcbench.testing.chaos.trials import Trial
from ugcbench.testing.faults import Step
from ugcbench.testing.loopback import Response

SHARE = 0.4
"""Of the calls that are answered badly."""

REPLIES: Mapping[str, Step] = {
    "429": "rate_limit",
    "500": "server_error",
    "503": "unavailable",
    "a web page": "html",
    "garbage": Response(200, bytes(range(256)), {"content-type": "application/json"}),
    "half of the JSON": "truncated",
    "half of the body": "disconnect",
    "an empty body": Response(200, b"", {"content-type": "application/json"}),
    "nothing at all": "hang",
}
"""What is answered, and how a loopback server is told so."""


def answer_by(*steps: Step) -> Callable[[Trial], None]:
    """The fault that 40 % of the calls get one of these, and no call is tried more than twice."""

    def act(trial: Trial) -> None:
        chance = trial.chance
        for server, calls in zip(trial.rig.servers, trial.rig.unbroken.asked, strict=True):
            plan = [chance.choice(steps) if chance.random() < SHARE else None for _ in range(calls)]
            server.plan(*plan)
            trial.strike(calls - plan.count(None))
        trial.end(trial.start("--attempts", "2", "--timeout", "0.5"))

    return act
