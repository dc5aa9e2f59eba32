"""What can the script of a clip say?

Places are in picture pixels from the top left corner, times in seconds, levels in dB below full
scale. Colours are the names of `palette.COLORS`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from tools.make_mini.palette import COLORS
from tools.make_mini.pen import Point
from ugcbench.types import Frozen

SCRIPTS = Path(__file__).parent / "clips"


def _look_up(name: str) -> str:
    if name not in COLORS:
        raise ValueError(f"no colour of the palette; known: {', '.join(COLORS)}")
    return COLORS[name]


Color = Annotated[str, AfterValidator(_look_up)]


class Thing(Frozen):
    """A drawn thing, or `count` of them in a row `gap` apart, that moves to `to` in its scene."""

    draw: str
    color: Color
    at: Point
    size: float
    to: Point | None = None
    count: int = 1
    gap: float = 0


class Person(Frozen):
    """A person seen down to the shoulders, whose mouth follows the voice or stays shut."""

    mouth: Literal["talks", "shut"]
    expression: Literal["calm", "smile", "frown"] = "calm"
    at: Point
    size: float = 58
    skin: Color
    hair: Color
    cut: Literal["short", "long", "bald"] = "short"
    shirt: Color
    hat: Literal["", "party hat", "hard hat"] = ""
    hat_color: Color = Field("yellow", validate_default=True)


class Text(Frozen):
    """Text on the screen, centred, on a plate of a colour unless `plate` is empty."""

    text: str
    y: float
    size: float = 26
    color: Color = Field("white", validate_default=True)
    plate: Literal[""] | Color = Field("black", validate_default=True)
    since: float = 0
    until: float = 60


class Scene(Frozen):
    """What is seen from `at` until the next scene begins."""

    at: float
    backdrop: str
    people: tuple[Person, ...] = ()
    things: tuple[Thing, ...] = ()
    texts: tuple[Text, ...] = ()


class Line(Frozen):
    """One line of speech; `voice`, `speed` (words a minute) and `pitch` are those of espeak-ng."""

    at: float
    text: str
    voice: str
    speed: int = 150
    pitch: int = 50


class Noise(Frozen):
    """A sound that is no music."""

    kind: Literal["siren", "birds", "drill"]
    at: float
    seconds: float
    level: float


class Answers(Frozen):
    """The gold that can't be read off the script, written by hand."""

    voice_source: Literal["Narration", "In-Video Voice", "Out-Video Voice"] | None = None
    tone: Literal["Positive", "Negative", "Neutral"]
    objects: tuple[str, ...]
    background: str
    audio_caption: str
    visual_caption: str
    final_caption: str


class Script(Frozen):
    """One clip. `rotation` is the angle of the display matrix that turns the picture upright."""

    id: str
    title: str
    seconds: float
    language: str | None = None
    rotation: Literal[0, 90, 180, 270] = 0
    audio_track: bool = True
    music: Literal["happy", "sad", "beat", "waltz", "music box"] | None = None
    scenes: tuple[Scene, ...]
    speech: tuple[Line, ...] = ()
    noises: tuple[Noise, ...] = ()
    answers: Answers

    @property
    def transcript(self) -> str:
        """All that is said."""
        return " ".join(line.text for line in self.speech)

    @property
    def screen_text(self) -> list[str]:
        """The texts on the screen in the order in which they appear, each once, in one line."""
        shown = sorted(
            (
                (max(text.since, scene.at), text.y, text.text.replace("\n", " "))
                for scene in self.scenes
                for text in scene.texts
            ),
        )
        return list(dict.fromkeys(text for _, _, text in shown))


def load_scripts() -> tuple[Script, ...]:
    """Return the scripts of all clips, by id."""
    files = sorted(SCRIPTS.glob("*.toml"))
    return tuple(Script.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in files)
