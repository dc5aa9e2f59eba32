"""What is known about one clip, field by field, and who says so?

The fields follow the paper's three stages: what is heard, what is seen, and both together. Source:
UGC-VideoCap paper, section 3.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, Self, TypeVar

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from ugcbench.types import Frozen

T = TypeVar("T")
Text = Annotated[str, Field(min_length=1)]
Gender = Literal["female", "male", "mixed", "other", "unclear"]
Tone = Literal["Positive", "Neutral", "Negative"]
VoiceSource = Literal["Narration", "In-Video Voice", "Out-Video Voice"]


class Provenance(Frozen):
    """Who gave a field its value.

    `model` is the id of the model that drafted it, `annotator` the pseudonymous id of the person
    who wrote, edited or confirmed it. A `draft` is a model's value that nobody has confirmed yet.
    `at` is a date and time, ISO 8601.
    """

    source: Literal["human", "model", "edited"]
    model: str | None = None
    annotator: str | None = None
    at: str | None = None

    @property
    def draft(self) -> bool:
        """Whether a person must still confirm it."""
        return self.source == "model" and self.annotator is None

    @model_validator(mode="after")
    def _names_its_source(self) -> Self:
        if self.source in ("model", "edited") and self.model is None:
            raise ValueError("a model's value, edited or not, names the model")
        if self.source in ("human", "edited") and self.annotator is None:
            raise ValueError("a person's value names the annotator")
        return self


class Said(Frozen, Generic[T]):
    """A value with its provenance."""

    value: T
    provenance: Provenance


class OnScreenText(Frozen):
    """A text that is shown, as it is written, from `start` to `end` seconds where that is known."""

    text: Text
    start: NonNegativeFloat | None = None
    end: NonNegativeFloat | None = None


class SeenObject(Frozen):
    """Things of one kind: how many, of which colour, where."""

    name: Text
    count: PositiveInt | None = None
    colour: Text | None = None
    position: Text | None = None


class Heard(Frozen):
    """What is heard: `speakers` is 0 where nobody speaks, `language` a tag like `en` or `pt-BR`."""

    speakers: Said[NonNegativeInt] | None = None
    gender: Said[Gender] | None = None
    tone: Said[Tone] | None = None
    language: Said[Text] | None = None
    voice_source: Said[VoiceSource] | None = None
    music: Said[bool] | None = None
    music_style: Said[Text] | None = None
    sound_effects: Said[tuple[Text, ...]] | None = None
    caption: Said[Text] | None = None


class Seen(Frozen):
    """What is seen. `background_changes` tells them in words, empty where there are none."""

    background: Said[Text] | None = None
    background_changes: Said[str] | None = None
    motion: Said[Text] | None = None
    texts: Said[tuple[OnScreenText, ...]] | None = None
    objects: Said[tuple[SeenObject, ...]] | None = None
    caption: Said[Text] | None = None


class Joint(Frozen):
    """What picture and sound give together."""

    caption: Said[Text] | None = None


class Annotation(Frozen):
    """All that is known about a clip.

    `media` is its path, relative to the folder of the file that holds the annotation; `sha256` of
    its bytes, `url` where it came from. `version` is that of this schema.
    """

    version: Literal[1] = 1
    id: Text
    media: str
    sha256: str | None = None
    url: str | None = None
    audio: Heard = Heard()
    visual: Seen = Seen()
    joint: Joint = Joint()
