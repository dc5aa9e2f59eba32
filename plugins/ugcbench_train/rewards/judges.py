"""Is a policy trained by the judge that will also evaluate it?"""

from __future__ import annotations

from ugcbench.identity import names_same_model


def warn_of_same_judge(rewarding: str | None, evaluating: str | None) -> str | None:
    """A warning in words if a judge of the rewards also judges the evaluation, else None.

    Names are as in `--judge`, of panels with commas between. A model is the same whoever serves it
    and whichever snapshot of it is meant.
    """
    common = [
        judge
        for judge in _judges(evaluating)
        if any(_same(judge, other) for other in _judges(rewarding))
    ]
    if not common:
        return None
    return (
        f"the evaluation's judge is the reward's ({', '.join(common)}): what the policy learns to "
        "please in it will look like progress. Judge the evaluation by another model, best from "
        "another provider, and read the two beside each other"
    )


def _judges(names: str | None) -> list[str]:
    return [name.strip() for name in (names or "").split(",") if name.strip()]


def _same(one: str, other: str) -> bool:
    mine, theirs = (name.rpartition("/")[2] for name in (one, other))
    return names_same_model(mine, theirs) or names_same_model(theirs, mine)
