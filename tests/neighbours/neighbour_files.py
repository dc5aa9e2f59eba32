"""Small copies of the two neighbours' files: own questions and events about clips of mini."""

from __future__ import annotations

import json
import shutil
from importlib import resources
from pathlib import Path

MINI = Path(str(resources.files("ugcbench_tasks") / "mini" / "videos"))

QUESTIONS = [
    (
        "mini-01",
        "AV Event Alignment",
        "30s",
        "What is shown while the woman says that the onion is to be chopped?",
        ["a knife that goes up and down", "an oven door", "a boiling kettle", "a set table"],
        "A",
    ),
    (
        "mini-01",
        "Inference",
        "30s",
        "Which dish is being made?",
        ["apple pie", "tomato soup", "onion bread", "fish stew"],
        "B",
    ),
    (
        "mini-03",
        "Event Sequence",
        "30s",
        "What is shown after the night scene?",
        ["a park", "a police car", "a poster on a brick wall", "a sleeping dog"],
        "C",
    ),
    (
        "mini-06",
        "Reasoning",
        "60s",
        "Why does the woman yell?",
        ["she is lost", "the drill is too loud", "her car was towed", "she won a prize"],
        "B",
    ),
    (
        "mini-08",
        "Context understanding",
        "60s",
        "Where does the woman speak?",
        ["in a kitchen", "on a train", "in a church", "at the counter of a café"],
        "D",
    ),
    (
        "mini-10",
        "Comparative",
        "60s",
        "How does the man change from morning to night?",
        ["he becomes tired", "he becomes joyful", "he grows a beard", "he leaves the room"],
        "A",
    ),
    (
        "mini-12",
        "Inference",
        "60s",
        "How old does the boy become?",
        ["two", "three", "five", "ten"],
        "B",
    ),
]

EVENTS = {
    "mini-03": [
        "A gray house stands under a night sky.",
        "The clip cuts to a brick wall by day.",
        "A poster shows a lost brown dog.",
        "A man says that his dog ran away.",
    ],
    "mini-07": ["A train crosses a meadow.", "It goes through a tunnel."],
    "mini-09": [
        "A house is on fire.",
        "A siren howls.",
        "A fire engine drives in.",
        "A sign warns the public.",
        "Smoke rises.",
        "Three cones close the road.",
    ],
}
PROMPT = "<image>\nTell all that happens in the video."


def write_daily_omni(root: Path, *, lettered: bool = True) -> Path:
    """The layout of Daily-Omni below `root`."""
    rows = []
    for video, kind, duration, question, choices, answer in QUESTIONS:
        folder = root / "Videos" / video
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(MINI / f"{video}.mp4", folder / f"{video}_video.mp4")
        letters = [f"{letter}. {text}" for letter, text in zip("ABCD", choices, strict=True)]
        rows.append(
            {
                "Question": question,
                "Choice": letters if lettered else choices,
                "Answer": answer,
                "video_id": video,
                "Type": kind,
                "video_category": "People & Blogs",
                "video_duration": duration,
            }
        )
    (root / "qa.json").write_text(json.dumps(rows), encoding="utf-8")
    return root


def write_events(root: Path) -> Path:
    """The file of the event test set below `root`, with its videos."""
    rows = []
    for video, events in EVENTS.items():
        shutil.copyfile(MINI / f"{video}.mp4", root / f"{video}.mp4")
        turns = [{"from": "human", "value": PROMPT}, {"from": "gpt", "value": ""}]
        rows.append({"video": f"{video}.mp4", "events": events, "conversations": turns})
    (root / "video_salmonn2_test.json").write_text(json.dumps(rows), encoding="utf-8")
    return root


def read_fence(text: str, name: str) -> str:
    """What a judge's prompt holds between the tags of `name`."""
    return text.rpartition(f"<{name}>\n")[2].partition(f"\n</{name}>")[0]


def answer_from_caption(call):
    """A judge over HTTP that finds the one choice whose text stands in the caption.

    A model that is asked about a clip gets a caption instead.
    """
    text = as_prose(call)
    if "<choices>" not in text:
        return None
    caption = read_fence(text, "caption")
    choices = read_fence(text, "choices").split("\n")
    told = [choice[0] for choice in choices if choice[3:] in caption]
    return json.dumps({"answer": told[0] if told else "none", "reason": "it says so"})


def sort_events(call):
    """A judge over HTTP: an event is told if it stands in the caption, wrong if it stands there
    after `NOT`; every other sentence is made up.
    """
    text = as_prose(call)
    if "<events>" not in text:
        return None
    lines = read_fence(text, "events").split("\n")
    events = dict(line.split(". ", 1) for line in lines)
    said = [part.strip() for part in read_fence(text, "caption").split("|") if part.strip()]
    wrong = [n for n, event in events.items() if f"NOT {event}" in said]
    missed = [n for n, event in events.items() if event not in said and n not in wrong]
    known = {*events.values(), *(f"NOT {event}" for event in events.values())}
    return json.dumps(
        {
            "missed": [int(n) for n in missed],
            "incorrect": [int(n) for n in wrong],
            "hallucinated": [each for each in said if each not in known],
        }
    )


def as_prose(call) -> str:
    """The texts of a chat completion's messages."""
    parts = [message["content"] for message in call["messages"]]
    return "\n".join(
        part if isinstance(part, str) else "\n".join(p.get("text", "") for p in part)
        for part in parts
    )
