"""What do all loopback servers of models have in common, whichever API they speak?"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from ugcbench.testing.faults import MIX, FaultPlan, Step
from ugcbench.testing.loopback import LoopbackServer, Request, Response
from ugcbench.testing.schema_examples import simplest

Reply = str | Callable[[Mapping[str, Any]], str | None]
"""The text of every answer, or a function of the request that gives it."""

DEFAULT_REPLY = "A person talks to the camera."


class ModelServer(LoopbackServer):
    """A server of models that answers as told, and fails as told.

    Args:
        respond: makes the answer to a request.
        reply: the text of the answers. A request for JSON of a given schema is answered by the
            simplest value that fits it. A function of the request (a dict) decides for both; where
            it returns None, the above holds.
        key: the only key that is accepted; any will do if not given.
        models: the names of those that exist, any by default.
        served_model: the name under which all calls are answered; the one that was asked if not
            given.
        faults: which calls go wrong by chance; see also `plan`.
        port, latency, keep: see `LoopbackServer`, also for what is recorded.

    """

    def __init__(
        self,
        respond: Callable[[Request], Response],
        *,
        reply: Reply = DEFAULT_REPLY,
        key: str | None = None,
        models: Collection[str] | None = None,
        served_model: str | None = None,
        faults: FaultPlan | None = None,
        port: int = 0,
        latency: float = 0.0,
        keep: int = 256,
    ) -> None:
        super().__init__(respond, port=port, latency=latency, keep=keep)
        self.reply = reply
        self.key = key
        self.models = models
        self.served_model = served_model
        self.faults = faults or FaultPlan()

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        return self.origin

    def plan(self, *steps: Step) -> None:
        """Say what becomes of the next calls, one step each; later calls are answered as usual.

        Only calls that the server would otherwise answer take a step.
        """
        self.faults.add(*steps)

    def compose(self, call: Mapping[str, Any], schema: Mapping[str, Any] | None) -> str:
        """The text that answers a call for prose, or for JSON of a `schema`."""
        text = self.reply(call) if callable(self.reply) else None
        if text is not None:
            return text
        if schema is not None:
            return json.dumps(simplest(schema))
        return DEFAULT_REPLY if callable(self.reply) else self.reply


def serve(
    kind: Callable[..., ModelServer], title: str, arguments: Sequence[str] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM, as the command line says; the URL is the one line on stdout.

    Nothing is recorded.
    """
    given = _read_arguments(title, arguments)
    stop = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)  # or they would end the process before sigwait
    faults = FaultPlan(given.faults, given.seed, given.kinds)
    with kind(
        reply=given.reply, faults=faults, port=given.port, latency=given.latency, keep=0
    ) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        signal.sigwait(stop)


def _read_arguments(title: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    parser.add_argument("--reply", default=DEFAULT_REPLY, help="what it says")
    parser.add_argument("--faults", type=float, default=0.0, help="share of calls that go wrong")
    parser.add_argument("--seed", type=int, default=0, help="which calls these are")
    parser.add_argument(
        "--kinds",
        type=lambda text: text.split(","),
        default=MIX,
        help=f"what happens to them; {','.join(MIX)} by default",
    )
    return parser.parse_args(arguments)
