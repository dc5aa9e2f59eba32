"""What does a clip's measurement answer to the question of a task?"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from rapidfuzz import fuzz, utils

from ugcbench.types import Prompt
from ugcbench_models.signal_baseline.captions import (
    describe_all,
    describe_background,
    describe_picture,
    describe_sound,
)
from ugcbench_models.signal_baseline.facts import Facts
from ugcbench_models.signal_baseline.objects import list_objects
from ugcbench_models.signal_baseline.tone import judge_tone


def answer(facts: Facts, prompt: Prompt) -> str:
    """The answer to `prompt`, found by the last part of its task's name.

    Of choices, the one that reads most like the measured word is returned. A task that is not known
    gets the final caption, or the choice that shares most words with it; with nothing shared, the
    first choice.
    """
    task = prompt.task.rpartition("/")[2]
    if prompt.choices:
        measured = CHOICES.get(task, describe_all)(facts)
        return _nearest(measured, prompt.choices)
    return TEXTS.get(task, describe_all)(facts)


def find_voice_source(facts: Facts) -> str:
    """Where the voice comes from: a face whose lips move more than its eyes, or not.

    A voice without a face is taken for narration. So is a clip without a voice, unless a face is
    seen.
    """
    if not facts.shows_face:
        return "Narration"
    lips = facts.faces.lips
    if facts.speaks and lips is not None and lips <= 1:
        return "Out-Video Voice"
    return "In-Video Voice"


def list_text(facts: Facts) -> str:
    """The on-screen lines as a JSON list of strings."""
    return json.dumps([line.text for line in facts.lines], ensure_ascii=False)


def _hears_music(facts: Facts) -> str:
    return "Yes" if facts.sound is not None and facts.sound.music.heard else "No"


def _nearest(measured: str, choices: Sequence[str]) -> str:
    def likeness(choice: str) -> float:
        return fuzz.token_set_ratio(measured, choice, processor=utils.default_process)

    return max(choices, key=likeness)  # the first of equals


CHOICES: Mapping[str, Callable[[Facts], str]] = {
    "voice_source": find_voice_source,
    "tone": judge_tone,
    "bgm": _hears_music,
}
"""The measured word for each multiple choice that is known."""

TEXTS: Mapping[str, Callable[[Facts], str]] = {
    **CHOICES,
    "ocr": list_text,
    "background": describe_background,
    "objects": list_objects,
    "audio_caption": describe_sound,
    "visual_caption": describe_picture,
    "caption": describe_all,
}
"""The answer to each task that is known, where no choices are given."""
