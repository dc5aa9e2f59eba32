"""Which real servers come with ugcbench for the tests of models and plugins?

Each answers over HTTP on 127.0.0.1 as the real service does, so that the real client can be tested
against it without network and key.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ugcbench.testing.chat_requests import Refusal
    from ugcbench.testing.hub_server import HubServer
    from ugcbench.testing.loopback import LoopbackServer, Request, Response, json_response
    from ugcbench.testing.openai_server import Fault, OpenAIServer, error_response

__all__ = [
    "Fault",
    "HubServer",
    "LoopbackServer",
    "OpenAIServer",
    "Refusal",
    "Request",
    "Response",
    "error_response",
    "json_response",
]

_MODULES = {
    "Fault": "openai_server",
    "HubServer": "hub_server",
    "LoopbackServer": "loopback",
    "OpenAIServer": "openai_server",
    "Refusal": "chat_requests",
    "Request": "loopback",
    "Response": "loopback",
    "error_response": "openai_server",
    "json_response": "loopback",
}


def __getattr__(name: str) -> object:
    """Import on first use, so that `python -m ugcbench.testing.openai_server` loads its module
    once only.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
