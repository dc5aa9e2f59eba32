"""How is what was measured told in prose?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ugcbench_models.signal_baseline.facts import Facts, Music, Scene, Sound
from ugcbench_models.signal_baseline.layout import place
from ugcbench_models.signal_baseline.tone import judge_tone

HIGH_VOICE = 165
"""Pitch in Hz between typical voices of men (about 120) and of women (about 210)."""

MOST = 5
"""Patches of colour that are mentioned at most."""


def describe_all(facts: Facts) -> str:
    """What is seen and heard, and what the clip seems to be for."""
    return f"{describe_picture(facts)} {describe_sound(facts)} {_describe_purpose(facts)}"


def describe_picture(facts: Facts) -> str:
    """Scenes, people, patches of colour, motion and on-screen text in one paragraph."""
    return " ".join(_picture_sentences(facts))


def describe_sound(facts: Facts) -> str:
    """Voice, words, tone and music in one paragraph."""
    if facts.sound is None:
        return "The video has no audio track."
    if facts.sound.silent:
        return "The audio track is silent."
    return " ".join((_describe_voice(facts, facts.sound), _describe_music(facts.sound.music)))


def describe_background(facts: Facts) -> str:
    """Whether the background changes, when, and what it looks like."""
    first, *later = facts.scenes
    if not later:
        return f"The background does not change: {_look(first)} is seen throughout."
    times = {1: "once", 2: "twice"}.get(len(later), f"{len(later)} times")
    return f"Yes, the background changes {times}. {_describe_course(first, later)}."


def _picture_sentences(facts: Facts) -> Iterator[str]:
    first, *later = facts.scenes
    yield f"{_describe_course(first, later)}." if later else f"The video shows {_look(first)}."
    if facts.shows_face:
        count = facts.faces.count
        people = "One person's face is" if count == 1 else f"The faces of {count} people are"
        where = _at(facts.faces.position)
        yield f"{people} visible {where}, above {facts.faces.colour} clothes."
    patches = dict.fromkeys(patch for scene in facts.scenes for patch in _patches(scene))
    if patches:
        yield f"What stands out is {_join(list(patches)[:MOST])}."
    yield f"There is {_motion(facts.motion)} movement."
    yield _describe_text(facts)


def _describe_course(first: Scene, later: Sequence[Scene]) -> str:
    cuts = [f"at about {scene.span[0]:.0f} seconds it cuts to {_look(scene)}" for scene in later]
    return f"The video begins with {_look(first)}; {_join(cuts)}"


def _look(scene: Scene) -> str:
    light = (
        "dark" if scene.brightness < 0.25 else "bright" if scene.brightness > 0.6 else "evenly lit"
    )
    return f"{_article(light)} scene dominated by {_join(scene.colours[:2]) or 'mixed colors'}"


def _patches(scene: Scene) -> list[str]:
    kinds = [(region.colour, region.shape, region.position) for region in scene.regions[:3]]
    return [f"{_article(colour)} {shape} {_at(where)}" for colour, shape, where in kinds]


def _article(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"


def _at(position: str) -> str:
    return "in the center" if position == "center" else f"at the {position}"


def _motion(change: float) -> str:
    return "hardly any" if change < 0.01 else "some" if change < 0.05 else "a lot of"


def _describe_text(facts: Facts) -> str:
    if not facts.lines:
        return "There is no readable on-screen text."
    quoted = [f'"{line.text}" ({place(line.x, line.y)})' for line in facts.lines]
    return f"On-screen text reads {_join(quoted)}."


def _describe_voice(facts: Facts, sound: Sound) -> str:
    if not facts.speaks:
        return "Nobody speaks."
    share = 100 * sound.voice.seconds / max(facts.seconds, 0.1)
    said = f', saying something like "{sound.words}"' if sound.words else ""
    extent = "throughout" if share > 80 else f"for about {share:.0f} percent of the time"
    tone = judge_tone(facts).lower()
    return f"{_speaker(sound.voice.pitch)} speaks {extent} in a {tone} tone{said}."


def _speaker(pitch: float | None) -> str:
    if pitch is None:
        return "A voice"
    return "A woman's voice" if pitch > HIGH_VOICE else "A man's voice"


def _describe_music(music: Music) -> str:
    if not music.heard:
        return "No background music is heard."
    mood = "in a bright major key" if music.major else "in a somber minor key"
    pace = f" at about {music.tempo:.0f} beats per minute" if music.tempo else ""
    return f"Background music {mood} plays{pace}."


def _describe_purpose(facts: Facts) -> str:
    means = [("speech", facts.speaks), ("on-screen text", bool(facts.lines))]
    used = [name for name, present in means if present]
    if not used:
        return "The video seems to set a mood rather than to tell something in words."
    return f"The video seems to tell its viewers something through {_join(used)}."


def _join(items: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))
