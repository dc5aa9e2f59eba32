"""Which real servers and checkpoints come with ugcbench for the tests of models and plugins?

Each server answers over HTTP on 127.0.0.1 as the real service does, so that the real client can be
tested against it without network and key. Each `make_tiny_...` writes a checkpoint with random
weights that the real engines load and run, in less than a second. `contract_tests` checks what
every adapter promises.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ugcbench.testing.chat_requests import Refusal
    from ugcbench.testing.contract import check_promise, contract_tests
    from ugcbench.testing.faults import Fault, FaultPlan
    from ugcbench.testing.gemini_server import GeminiServer, google_error
    from ugcbench.testing.hub_server import HubServer
    from ugcbench.testing.loopback import LoopbackServer, Request, Response, json_response
    from ugcbench.testing.model_server import ModelServer
    from ugcbench.testing.openai_server import OpenAIServer, error_response
    from ugcbench.testing.promises import CONTRACT
    from ugcbench.testing.subjects import BrokenPromiseError, NotApplicableError, Subject

__all__ = [
    "CONTRACT",
    "BrokenPromiseError",
    "Fault",
    "FaultPlan",
    "GeminiServer",
    "HubServer",
    "LoopbackServer",
    "ModelServer",
    "NotApplicableError",
    "OpenAIServer",
    "Refusal",
    "Request",
    "Response",
    "Subject",
    "check_promise",
    "contract_tests",
    "error_response",
    "google_error",
    "json_response",
    "make_tiny_causal_lm",
    "make_tiny_gemma3n",
    "make_tiny_minicpm_o",
    "make_tiny_qwen_omni",
    "train_bpe",
]

_MODULES = {
    "CONTRACT": "promises",
    "BrokenPromiseError": "subjects",
    "Fault": "faults",
    "FaultPlan": "faults",
    "GeminiServer": "gemini_server",
    "HubServer": "hub_server",
    "LoopbackServer": "loopback",
    "ModelServer": "model_server",
    "NotApplicableError": "subjects",
    "OpenAIServer": "openai_server",
    "Refusal": "chat_requests",
    "Request": "loopback",
    "Response": "loopback",
    "Subject": "subjects",
    "check_promise": "contract",
    "contract_tests": "contract",
    "error_response": "openai_server",
    "google_error": "gemini_server",
    "json_response": "loopback",
    "make_tiny_causal_lm": "tiny_causal_lm",
    "make_tiny_gemma3n": "tiny_gemma3n",
    "make_tiny_minicpm_o": "tiny_minicpm_o",
    "make_tiny_qwen_omni": "tiny_qwen_omni",
    "train_bpe": "tiny_tokenizer",
}


def __getattr__(name: str) -> object:
    """Import on first use, so that `python -m ugcbench.testing.openai_server` loads its module
    once only.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
