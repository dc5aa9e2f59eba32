"""How is the gold of the clips written down, in the schema of the official release?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.make_mini.script import Script
from ugcbench_tasks.gold import CHOICES
from ugcbench_tasks.layout import FILES

QUESTIONS = {
    "final_caption": "Retell the whole clip, picture and sound, in one flowing paragraph.",
    "audio_caption": "Retell in one flowing paragraph what can be heard in the clip.",
    "visual_caption": "Retell in one flowing paragraph what can be seen in the clip.",
    "voice_source": "Whose voice is heard: a narrator's, that of a person in the picture, "
    "or that of a person outside the picture?",
    "tone": "Which tone and mood does the clip convey by its voices and sounds?",
    "bgm": "Does music play in the background?",
    "objects": "Which objects are seen, how many of each, in which color and where?",
    "background": "Does the background change in the course of the clip, and if so, how?",
}
ANSWERS: dict[str, Callable[[Script], str | None]] = {
    "final_caption": lambda script: script.answers.final_caption,
    "audio_caption": lambda script: script.answers.audio_caption,
    "visual_caption": lambda script: script.answers.visual_caption,
    "voice_source": lambda script: script.answers.voice_source,
    "tone": lambda script: script.answers.tone,
    "bgm": lambda script: "No" if script.music is None else "Yes",
    "objects": lambda script: "; ".join(script.answers.objects),
    "background": lambda script: script.answers.background,
}


def name_video(script: Script) -> str:
    """Return the path of the clip, relative to the dataset."""
    return f"videos/{script.id}.mp4"


def write_gold(scripts: Sequence[Script], folder: Path) -> None:
    """Write every gold file of the clips `scripts` into `folder`."""
    for key in QUESTIONS:
        text = json.dumps(_ask(key, scripts), ensure_ascii=False, indent=1)
        (folder / FILES[key]).write_text(text + "\n", "utf-8")
    rows = [{"video_id": s.id, "ocr": s.screen_text} for s in scripts if s.screen_text]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / FILES["ocr"]).write_text(lines, "utf-8")


def _ask(key: str, scripts: Sequence[Script]) -> dict[str, object]:
    samples: list[dict[str, object]] = []
    for script in scripts:
        answer = ANSWERS[key](script)
        if answer is not None:
            options = {"options": CHOICES[key]} if key in CHOICES else {}
            path = name_video(script)
            samples.append({"video_id": script.id, "path": path, "answer": answer, **options})
    return {"question": QUESTIONS[key], "valid_count": len(samples), "samples": samples}
