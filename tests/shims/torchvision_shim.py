"""How is a torchvision that was built for GPUs imported on a machine without one?

Its compiled part needs CUDA's libraries. Where they are missing, the import fails because it
registers shapes for operators that nobody defined. Defining their signatures is enough for all of
torchvision that is written in Python, such as the transforms that processors use. A torchvision
that works is left as it is.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder

NEEDY = "torchvision._meta_registrations"
"""The first module that trips; `torchvision.extension` has tried to load the compiled part then."""

OPERATORS = ("nms", "qnms")

_definitions = []


class _Watch(MetaPathFinder):
    """Finds no module; is asked before each import, and so knows when the operators are needed."""

    def find_spec(self, name, path=None, target=None):
        if name == NEEDY and not sys.modules["torchvision.extension"]._has_ops():
            _define_operators()


def install():
    """Watch for the import of torchvision; costs nothing until then, and nothing if repeated."""
    if not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def _define_operators():
    import torch

    if _definitions:  # an import that failed half-way is tried again
        return
    library = torch.library.Library("torchvision", "DEF")
    for name in OPERATORS:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _definitions.append(library)
