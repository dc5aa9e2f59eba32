"""What does ms-swift get from ugcbench: the clips, and the rewards?

ms-swift imports the plugin file of an exported folder in each of its processes, those that only
read data included, so nothing is opened here before it is asked for.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from ugcbench.errors import UsageError
from ugcbench_train.rewards.swift import reward_class
from ugcbench_train.swift.arguments import REWARD
from ugcbench_train.swift.exporting import load_exported

KNOWN = "4.6."
"""Beginning of the versions whose template this is made for."""


def install(folder: Path) -> None:
    """Register the template of clips and, for GRPO, the rewards of an exported recipe.

    Verdicts are stored in `rewards` in the folder of the training. Raises `UsageError` for another
    version of ms-swift.
    """
    if not (found := version("ms-swift")).startswith(KNOWN):
        raise UsageError(
            f"ms-swift {found} may lay clips out in another way than the evaluation does; "
            f"pip install 'ms-swift=={KNOWN}*'"
        )
    from swift.rewards import orms

    from ugcbench_train.swift.template import register

    recipe = load_exported(folder)
    register(recipe)
    _do_without_voices()
    if recipe.stage == "grpo":
        orms[REWARD] = reward_class(recipe.rewards, recipe.output / "rewards", name=REWARD)


def _do_without_voices() -> None:
    """Load the model without `spk_dict.pt`.

    transformers insists on that file even where the part that speaks is off; a checkpoint that was
    trained here holds neither.
    """
    from transformers import PreTrainedModel, Qwen2_5OmniForConditionalGeneration

    load = PreTrainedModel.from_pretrained.__func__
    Qwen2_5OmniForConditionalGeneration.from_pretrained = classmethod(load)
