"""How does a script become a video file?"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream
from PIL import Image

from tools.make_mini.backdrops import BACKDROPS
from tools.make_mini.lettering import draw_text
from tools.make_mini.mix import Mix, mix, open_mouth
from tools.make_mini.music import RATE, Sound
from tools.make_mini.pen import HEIGHT, OVERSAMPLING, WIDTH, Pen
from tools.make_mini.people import EXPRESSIONS, Looks, draw_person
from tools.make_mini.script import Person, Scene, Script, Thing
from tools.make_mini.things import THINGS

FPS = 12
X264 = {
    "crf": "27",
    "preset": "veryslow",
    "tune": "animation",
    "g": "120",
    "threads": "1",
    "x264-params": "mbtree=0",  # its MB-tree reads memory that it never wrote: other bytes each run
}


def film(script: Script, path: Path) -> None:
    """Write the clip of `script` to `path`, H.264 and AAC; same libraries, same bytes."""
    recording = mix(script)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = _add_video(container, script.rotation)
        audio = (
            container.add_stream("aac", rate=RATE, layout="mono") if script.audio_track else None
        )
        for number, picture in enumerate(draw_frames(script, recording)):
            turned = picture.rotate(-script.rotation, expand=True)
            frame = av.VideoFrame.from_ndarray(np.asarray(turned), "rgb24")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            audio.bit_rate = 56_000
            _encode_sound(container, audio, recording.sound)


def draw_frames(script: Script, recording: Mix) -> Iterator[Image.Image]:
    """Yield the pictures of `script`, upright, `WIDTH` by `HEIGHT`, `FPS` a second."""
    frames = round(script.seconds * FPS)
    mouths = open_mouth(recording.voice, frames, FPS)
    backdrops = [_draw_backdrop(scene) for scene in script.scenes]
    for number, mouth in enumerate(mouths):
        seconds = number / FPS
        index = bisect_right([scene.at for scene in script.scenes], seconds) - 1
        end = [*(scene.at for scene in script.scenes[1:]), script.seconds][index]
        pen = Pen(backdrops[index].copy())
        _draw_scene(pen, script.scenes[index], seconds, end, mouth)
        yield pen.image.reduce(OVERSAMPLING)


def _draw_backdrop(scene: Scene) -> Image.Image:
    image = Image.new("RGB", (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING))
    BACKDROPS[scene.backdrop](Pen(image))
    return image


def _draw_scene(pen: Pen, scene: Scene, seconds: float, end: float, mouth: float) -> None:
    for person in scene.people:
        _place_person(pen, person, seconds, mouth)
    for thing in scene.things:
        progress = (seconds - scene.at) / (end - scene.at)
        _place_thing(pen, thing, seconds - scene.at, progress)
    for text in scene.texts:
        if text.since <= seconds < text.until:
            draw_text(pen, text.text, text.y, text.size, text.color, text.plate or None)


def _place_person(pen: Pen, person: Person, seconds: float, mouth: float) -> None:
    looks = Looks(person.skin, person.hair, person.shirt, person.cut, person.hat, person.hat_color)
    talks = person.mouth == "talks"
    nod = 2.5 * mouth if talks else 0.0
    draw_person(
        pen.at(person.at[0], person.at[1] + nod, person.size),
        looks,
        EXPRESSIONS[person.expression],
        mouth if talks else 0.0,
        seconds,
    )


def _place_thing(pen: Pen, thing: Thing, seconds: float, progress: float) -> None:
    goal = thing.to or thing.at
    x = thing.at[0] + (goal[0] - thing.at[0]) * progress
    y = thing.at[1] + (goal[1] - thing.at[1]) * progress
    for number in range(thing.count):
        offset = (number - (thing.count - 1) / 2) * thing.gap
        THINGS[thing.draw](pen.at(x + offset, y, thing.size), thing.color, seconds)


def _add_video(container: OutputContainer, rotation: int) -> VideoStream:
    video = container.add_stream("libx264", rate=FPS, options=X264)
    turned = rotation % 180 != 0
    video.width, video.height = (HEIGHT, WIDTH) if turned else (WIDTH, HEIGHT)
    video.pix_fmt = "yuv420p"
    video.thread_type = "NONE"
    if rotation:
        video.set_display_rotation(rotation)
    return video


def _encode_sound(container: OutputContainer, audio: AudioStream, sound: Sound) -> None:
    pcm = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    for first in range(0, len(pcm), 1024):
        frame = av.AudioFrame.from_ndarray(pcm[None, first : first + 1024], "s16", "mono")
        frame.sample_rate, frame.pts = RATE, first
        container.mux(audio.encode(frame))
    container.mux(audio.encode(None))
