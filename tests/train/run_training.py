"""Trains in a process of its own, which can be killed or run beside others.

Usage: python run_training.py JOB, where the file JOB is JSON: `recipe`, `rows`, `resume`, and
`die_at`, the step in which the process kills itself: `begun` while that step's checkpoint is
written, else at its beginning.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

from group_training import count_letters

sys.path.insert(0, str(Path(__file__).parent.parent / "shims"))


def main():
    import torchvision_shim

    torchvision_shim.install()
    import torch
    from transformers import TrainerCallback

    from ugcbench_train.recipe import Recipe
    from ugcbench_train.rows import Row
    from ugcbench_train.trainers.training import train

    torch.set_num_threads(1)
    job = json.loads(Path(sys.argv[1]).read_text())
    recipe = Recipe.model_validate(job["recipe"])

    class Die(TrainerCallback):
        def on_step_begin(self, args, state, *_, **__):
            if state.global_step + 1 == job.get("die_at"):
                os.kill(os.getpid(), signal.SIGKILL)

    if job.get("limit"):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (job["limit"], resource.RLIM_INFINITY))
    final = train(
        recipe,
        [Row.model_validate(row) for row in job["rows"]],
        reward=count_letters if recipe.stage == "grpo" else None,
        callbacks=[Die()],
        resume=job.get("resume", False),
    )
    sys.stdout.write(f"{final}\n")


if __name__ == "__main__":
    main()
