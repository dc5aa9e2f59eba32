"""How does a vLLM model that asks whether a CUDA graph is being recorded run without CUDA?

PyTorch built for CPUs raises where it should say no.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

ASKING = "vllm.model_executor.models.minicpmv"


class _Watch(MetaPathFinder):
    """Finds no module; is asked before each import."""

    def find_spec(self, name, path=None, target=None):
        if name == ASKING:
            import torch

            if not torch.backends.cuda.is_built():
                torch.cuda.is_current_stream_capturing = lambda: False


def install():
    """Watch for the import of such a model; costs nothing until then."""
    if not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())
