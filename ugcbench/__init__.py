"""ugcbench: numbers for audio-video captioning that can be trusted and compared.

    import ugcbench
    result = ugcbench.run(model="signal-baseline", tasks="all", dataset="mini", judge="lexical")
    result                 # a table in a notebook
    result.to_pandas()     # one row a cell

Names are imported when they are used, so `import ugcbench` costs next to nothing.
"""

from __future__ import annotations

import importlib
import typing

from ugcbench.version import __version__

if typing.TYPE_CHECKING:
    from ugcbench.comparison import Comparison, compare
    from ugcbench.evaluation import arun, run
    from ugcbench.hookspecs import hookimpl
    from ugcbench.plugins import Registry
    from ugcbench.protocol import Protocol, get_protocol
    from ugcbench.rescoring import rescore
    from ugcbench.results import Result
    from ugcbench.scoring import score_all, score_one
    from ugcbench.specs import (
        Column,
        Dataset,
        DatasetSpec,
        ExecutorSpec,
        Judge,
        Model,
        ModelSpec,
        Scorer,
        Setting,
        Task,
        TaskSpec,
    )
    from ugcbench.types import (
        Cell,
        Clip,
        Failure,
        Gold,
        MediaProfile,
        Prediction,
        Prompt,
        Receipt,
        Record,
        Sample,
        Sampling,
        Score,
        Summary,
        Usage,
    )

_HOMES = {
    "comparison": ("Comparison", "compare"),
    "evaluation": ("arun", "run"),
    "hookspecs": ("hookimpl",),
    "plugins": ("Registry",),
    "protocol": ("Protocol", "get_protocol"),
    "results": ("Result",),
    "rescoring": ("rescore",),
    "scoring": ("score_all", "score_one"),
    "specs": (
        "Column",
        "Dataset",
        "DatasetSpec",
        "ExecutorSpec",
        "Judge",
        "Model",
        "ModelSpec",
        "Scorer",
        "Setting",
        "Task",
        "TaskSpec",
    ),
    "types": (
        "Cell",
        "Clip",
        "Failure",
        "Gold",
        "MediaProfile",
        "Prediction",
        "Prompt",
        "Receipt",
        "Record",
        "Sample",
        "Sampling",
        "Score",
        "Summary",
        "Usage",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Cell",
    "Clip",
    "Column",
    "Comparison",
    "Dataset",
    "DatasetSpec",
    "ExecutorSpec",
    "Failure",
    "Gold",
    "Judge",
    "MediaProfile",
    "Model",
    "ModelSpec",
    "Prediction",
    "Prompt",
    "Protocol",
    "Receipt",
    "Record",
    "Registry",
    "Result",
    "Sample",
    "Sampling",
    "Score",
    "Scorer",
    "Setting",
    "Summary",
    "Task",
    "TaskSpec",
    "Usage",
    "__version__",
    "arun",
    "compare",
    "get_protocol",
    "hookimpl",
    "rescore",
    "run",
    "score_all",
    "score_one",
]


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'ugcbench' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ugcbench.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
