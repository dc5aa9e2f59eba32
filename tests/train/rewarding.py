"""For tests of rewards: completions, and a judge on a loopback server that counts words."""

from __future__ import annotations

import json

from ugcbench_train.recipe import Rewards
from ugcbench_train.rewards.scored import Completion

GOLD = "one two three four five six seven eight nine ten"
JUDGE = "openai/judge"
OMNI, LENGTH = "ugc/reward/omni", "ugc/reward/length"


def completion(text, row="row", gold=GOLD):
    return Completion(id=row, text=text, gold={"final_caption": gold}, group=row)


def prediction_in(call):
    """The caption that a request to the judge is about."""
    asked = call["messages"][-1]["content"]
    return asked.partition("<prediction>\n")[2].partition("\n</prediction>")[0]


def good_words(call):
    """A verdict: level 1 and one more for each word `good` in the caption, up to 5."""
    found = prediction_in(call).split().count("good")
    return json.dumps({"level": min(1 + found, 5), "hallucination": False})


def settings(server=None, **changes):
    """Rewards judged by a server; no pauses between attempts, so that failures come at once."""
    given = {"attempts": 1, "judge": None}
    if server is not None:
        given |= {"judge": JUDGE, "judge_options": {"base_url": server.url}}
    return Rewards(**(given | changes))
