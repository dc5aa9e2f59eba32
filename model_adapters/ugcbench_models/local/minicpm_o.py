"""May MiniCPM-o 2.6 be loaded here, by the code of its own repository?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ugcbench.errors import FatalModelError
from ugcbench_models.local.checkpoint_files import Source, check_kind, find_checkpoint

if TYPE_CHECKING:
    from ugcbench_models.local.minicpm_o_engine import MiniCPMOEngine


def open_engine(source: Source, template_options: Mapping[str, Any]) -> MiniCPMOEngine:
    """The loaded model; the frameworks are imported only once nothing else is in its way.

    Raises `FatalModelError` if its code isn't trusted, or the checkpoint can't be loaded.
    """
    if not source.trusted:
        raise FatalModelError(
            f"{source.name} is loaded by Python code from its own repository, which would run on "
            "this machine as you; if you trust it, add --trust-remote-code (or the option "
            "trust_remote_code=true)"
        )
    if template_options:
        raise FatalModelError(f"{source.name} takes no template_options; leave them out")
    folder = find_checkpoint(source)
    check_kind(source, folder, "MiniCPM-o", "minicpmo")
    try:
        from ugcbench_models.local.minicpm_o_engine import MiniCPMOEngine
    except ModuleNotFoundError as error:
        raise FatalModelError(
            f"{source.name} needs {error.name}: in an environment of its own, type "
            "pip install 'ugcbench[minicpm-o]'"
        ) from error
    return MiniCPMOEngine(source, folder)
