"""What comes with ugcbench for the tests of plugins?

`contract_tests` checks what every model, task or dataset promises, in one line. `Fake` is a model
or judge that says what a test wants. `write_clip` makes small real clips with sound. Each server
answers over HTTP on 127.0.0.1 as the real service does, and fails as a `FaultPlan` says, so that
the real client can be tested without network and key. Each `make_tiny_...` writes a checkpoint with
random weights that the real engines load and run, in less than a second.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ugcbench.models import Fake
    from ugcbench.testing.chat_requests import Refusal
    from ugcbench.testing.clips import read_number, tone, write_clip
    from ugcbench.testing.contract import check_promise, contract_tests
    from ugcbench.testing.dataset_promises import DATASET_CONTRACT
    from ugcbench.testing.faults import Fault, FaultPlan
    from ugcbench.testing.gemini_server import GeminiServer, google_error
    from ugcbench.testing.hub_server import HubServer
    from ugcbench.testing.loopback import LoopbackServer, Request, Response, json_response
    from ugcbench.testing.model_server import ModelServer
    from ugcbench.testing.openai_server import OpenAIServer, error_response
    from ugcbench.testing.promises import CONTRACT
    from ugcbench.testing.schema_examples import simplest
    from ugcbench.testing.subjects import (
        BrokenPromiseError,
        DatasetSubject,
        NotApplicableError,
        Subject,
        TaskSubject,
    )
    from ugcbench.testing.task_promises import TASK_CONTRACT
    from ugcbench.testing.tiny_causal_lm import make_tiny_causal_lm
    from ugcbench.testing.tiny_gemma3n import make_tiny_gemma3n
    from ugcbench.testing.tiny_minicpm_o import make_tiny_minicpm_o
    from ugcbench.testing.tiny_qwen_omni import make_tiny_qwen_omni
    from ugcbench.testing.tiny_tokenizer import train_bpe

_MODULES = {
    "CONTRACT": ".promises",
    "DATASET_CONTRACT": ".dataset_promises",
    "TASK_CONTRACT": ".task_promises",
    "BrokenPromiseError": ".subjects",
    "DatasetSubject": ".subjects",
    "Fake": "ugcbench.models",
    "Fault": ".faults",
    "FaultPlan": ".faults",
    "GeminiServer": ".gemini_server",
    "HubServer": ".hub_server",
    "LoopbackServer": ".loopback",
    "ModelServer": ".model_server",
    "NotApplicableError": ".subjects",
    "OpenAIServer": ".openai_server",
    "Refusal": ".chat_requests",
    "Request": ".loopback",
    "Response": ".loopback",
    "Subject": ".subjects",
    "TaskSubject": ".subjects",
    "check_promise": ".contract",
    "contract_tests": ".contract",
    "error_response": ".openai_server",
    "google_error": ".gemini_server",
    "json_response": ".loopback",
    "make_tiny_causal_lm": ".tiny_causal_lm",
    "make_tiny_gemma3n": ".tiny_gemma3n",
    "make_tiny_minicpm_o": ".tiny_minicpm_o",
    "make_tiny_qwen_omni": ".tiny_qwen_omni",
    "read_number": ".clips",
    "simplest": ".schema_examples",
    "tone": ".clips",
    "train_bpe": ".tiny_tokenizer",
    "write_clip": ".clips",
}

__all__ = [
    "CONTRACT",
    "DATASET_CONTRACT",
    "TASK_CONTRACT",
    "BrokenPromiseError",
    "DatasetSubject",
    "Fake",
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
    "TaskSubject",
    "check_promise",
    "contract_tests",
    "error_response",
    "google_error",
    "json_response",
    "make_tiny_causal_lm",
    "make_tiny_gemma3n",
    "make_tiny_minicpm_o",
    "make_tiny_qwen_omni",
    "read_number",
    "simplest",
    "tone",
    "train_bpe",
    "write_clip",
]


def __getattr__(name: str) -> object:
    """Import on first use, so that `python -m ugcbench.testing.openai_server` loads its module
    once only.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
