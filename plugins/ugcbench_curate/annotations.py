"""What is known about one clip, field by field, and who says so?

The fields follow the paper's three stages: what is heard, what is seen, and both together. Source:
UGC-VideoCap paper, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Generic, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    StringConstraints,
    model_validator,
)

from ugcbench.paths import check_file_name
from ugcbench.types import Frozen

T = TypeVar("T")
VERSION: Final = 1
"""The version of the schema."""


def _match_case(labels: Any) -> Callable[[object], object]:  # noqa: ANN401 - a Literal
    """Let a label be written in any case: `neutral` becomes `Neutral`."""
    known = {label.casefold(): label for label in get_args(labels)}

    def match(value: object) -> object:
        return known.get(value.strip().casefold(), value) if isinstance(value, str) else value

    return match


_GENDER = Literal["female", "male", "mixed", "other", "unclear"]
_TONE = Literal["Positive", "Neutral", "Negative"]
_VOICE_SOURCE = Literal["Narration", "In-Video Voice", "Out-Video Voice"]
Gender = Annotated[_GENDER, BeforeValidator(_match_case(_GENDER))]
Tone = Annotated[_TONE, BeforeValidator(_match_case(_TONE))]
VoiceSource = Annotated[_VOICE_SOURCE, BeforeValidator(_match_case(_VOICE_SOURCE))]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
Count = PositiveInt | Literal["multiple"]


class Provenance(Frozen):
    """Who gave a field its value.

    `model` is the name of the model that drafted it, as it was asked for, and `answered` the id
    under which the provider says to have replied; `annotator` is the pseudonymous id of the person
    who wrote, edited or confirmed it. A `draft` is a model's value that nobody has confirmed yet.
    `at` is a date and time, ISO 8601.
    """

    source: Literal["human", "model", "edited"]
    model: str | None = None
    answered: str | None = None
    annotator: str | None = None
    at: str | None = None

    @property
    def draft(self) -> bool:
        """Whether a person must still confirm it."""
        return self.source == "model" and self.annotator is None

    @model_validator(mode="after")
    def _names_its_source(self) -> Self:
        if self.source in ("model", "edited") and not self.model:
            raise ValueError("a model's value, edited or not, needs the name of the model")
        if self.source in ("human", "edited") and not self.annotator:
            raise ValueError("a person's value needs the name of its annotator")
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

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("a text can't end before it starts")
        return self


class SeenObject(Frozen):
    """Things of one kind: how many (`multiple` if they are too many to count), colour, place."""

    name: Text
    count: Count | None = None
    colour: Text | None = None
    position: Text | None = None


class Heard(Frozen):
    """What is heard."""

    speakers: Said[NonNegativeInt] | None = Field(
        None, description="How many people speak; 0 if nobody does."
    )
    gender: Said[Gender] | None = Field(
        None, description="The gender of the voices; mixed if there are several."
    )
    tone: Said[Tone] | None = Field(
        None, description="The tone and mood of the speakers, or of the sound if nobody speaks."
    )
    language: Said[Language] | None = Field(
        None, description="The language that is mostly spoken, as a tag such as en or pt-BR."
    )
    voice_source: Said[VoiceSource] | None = Field(
        None,
        description="Where the voice comes from: Narration is added over the pictures, In-Video "
        "Voice belongs to somebody who is seen, Out-Video Voice to somebody present but not seen.",
    )
    music: Said[bool] | None = Field(None, description="Whether there is background music.")
    music_style: Said[Text] | None = Field(
        None, description="The style, the instruments and the mood of the background music."
    )
    sound_effects: Said[tuple[Text, ...]] | None = Field(
        None, description="Sounds that are neither voice nor music, each in a few words."
    )
    caption: Said[Text] | None = Field(
        None, description="One coherent paragraph about all that is heard, and only about that."
    )


class Seen(Frozen):
    """What is seen."""

    background: Said[Text] | None = Field(None, description="The main place or backdrop.")
    background_changes: Said[str] | None = Field(
        None,
        description="How the background changes in the course of the clip, with times; empty if "
        "nothing is to be said about it.",
    )
    motion: Said[Text] | None = Field(
        None, description="The main motion of people, things and camera."
    )
    texts: Said[tuple[OnScreenText, ...]] | None = Field(
        None,
        description="Every text on the screen as it is written, once each, in the order in which "
        "they appear, with the seconds from and to which it is shown.",
    )
    objects: Said[tuple[SeenObject, ...]] | None = Field(
        None,
        description="The main things: name, count (a number, or multiple), colour, and position.",
    )
    caption: Said[Text] | None = Field(
        None, description="One coherent paragraph about all that is seen, and only about that."
    )


class Joint(Frozen):
    """What picture and sound give together."""

    caption: Said[Text] | None = Field(
        None,
        description="One coherent paragraph about the whole clip, picture and sound: place, people "
        "and things and what they do, voices, music and sounds, on-screen text, theme or purpose.",
    )


class Annotation(Frozen):
    """All that is known about a clip.

    `media` is its path, absolute or relative to the folder of the file that holds the annotation;
    `sha256` of its bytes, `url` where it came from. `version` is that of this schema.
    """

    version: Literal[1] = VERSION
    id: Annotated[str, AfterValidator(check_file_name)]
    media: Text
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    url: str | None = None
    audio: Heard = Heard()
    visual: Seen = Seen()
    joint: Joint = Joint()
