"""What does one of several processes of a training do?

    python -m ugcbench_train.launching.worker FOLDER [--resume]

is started by `accelerate`; `FOLDER` holds the recipe, and is where a process says in one line why
it failed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from ugcbench.errors import UgcbenchError
from ugcbench_train.recipe import Recipe

RECIPE = "recipe.json"
FAILURES = "failures.jsonl"
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Train, and return the exit code."""
    from ugcbench_train.stage import run_stage

    folder, resume = Path(arguments[0]), "--resume" in arguments
    try:
        recipe = Recipe.model_validate_json((folder / RECIPE).read_bytes())
        run_stage(recipe, resume=resume, quiet="--quiet" in arguments)
    except UgcbenchError as error:
        failure = {"message": str(error), "exit_code": error.exit_code}
        with (folder / FAILURES).open("a", encoding="utf-8") as file:
            file.write(json.dumps(failure) + "\n")
        return error.exit_code
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
