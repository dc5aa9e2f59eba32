"""Does each measurement of the signal baseline tell what it should tell, on made-up arrays?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signal_clips import (
    A_MINOR,
    C_MAJOR,
    D_MINOR,
    E_MINOR,
    F_MAJOR,
    G_MAJOR,
    SIZE,
    disc,
    draw_face,
    fill,
    noise,
    pixels,
    silence,
    siren,
    tune,
    voice,
)

from ugcbench.types import Prompt
from ugcbench_models.signal_baseline import speech
from ugcbench_models.signal_baseline.answers import answer
from ugcbench_models.signal_baseline.colours import (
    NAMES,
    SWATCHES,
    find_palette,
    name_colour,
    name_pixels,
)
from ugcbench_models.signal_baseline.faces import FaceFinder, summarise_faces
from ugcbench_models.signal_baseline.facts import (
    Faces,
    Facts,
    Music,
    Scene,
    Sound,
    TextLine,
    Voice,
)
from ugcbench_models.signal_baseline.layout import place
from ugcbench_models.signal_baseline.music import hear_music
from ugcbench_models.signal_baseline.regions import find_regions, smooth
from ugcbench_models.signal_baseline.scenes import find_cuts
from ugcbench_models.signal_baseline.speech import Transcriber
from ugcbench_models.signal_baseline.text import Reading, merge_readings
from ugcbench_models.signal_baseline.tone import judge_tone
from ugcbench_models.signal_baseline.voice import find_spans, measure_pitch

HAPPY, SAD = (C_MAJOR, F_MAJOR, G_MAJOR, C_MAJOR), (A_MINOR, D_MINOR, E_MINOR, A_MINOR)
FLAT = Facts(
    seconds=10.0,
    scenes=(Scene((0.0, 10.0), ("red",), 0.5),),
    motion=0.0,
    lines=(),
    faces=Faces(),
    sound=Sound(-20.0),
)


def plain(colour):
    return pixels(lambda draw, _: fill(draw, colour))


class TestMusic:
    @pytest.mark.parametrize("chords", [HAPPY, SAD])
    def test_a_tune_is_music(self, chords):
        music = hear_music(tune(6, chords), ())
        assert music.heard
        assert music.major == (chords is HAPPY)
        assert music.tempo == pytest.approx(120, rel=0.05)

    @pytest.mark.parametrize("sound", [noise(4), siren(4), silence(4)])
    def test_other_sounds_are_not(self, sound):
        assert not hear_music(sound, ()).heard

    def test_music_is_heard_beside_speech(self):
        spoken = np.concatenate([silence(1.5), voice(3, 120), silence(1.5)])
        spans = ((1.5, 4.5),)
        assert hear_music(spoken + 0.7 * tune(6, HAPPY), spans).heard
        assert not hear_music(spoken + 0.02 * noise(6), spans).heard


class TestVoice:
    @given(st.lists(st.floats(0, 1), max_size=300))
    def test_spans_are_ordered_apart_and_within(self, chances):
        spans = find_spans(chances, 0.032)
        edges = [edge for span in spans for edge in span]
        assert edges == sorted(edges)
        assert all(end - start >= 0.25 for start, end in spans)
        assert all(0 <= edge <= len(chances) * 0.032 + 1e-9 for edge in edges)

    def test_short_pauses_are_bridged_and_short_sounds_dropped(self):
        chances = [0.9] * 20 + [0.0] * 5 + [0.9] * 20 + [0.0] * 40 + [0.9] * 3
        assert find_spans(chances, 0.032) == ((0.0, pytest.approx(45 * 0.032)),)

    @pytest.mark.parametrize("pitch", [95, 130, 210, 280])
    def test_pitch(self, pitch):
        assert measure_pitch([voice(2, pitch)]) == pytest.approx(pitch, rel=0.05)

    def test_noise_has_no_pitch(self):
        assert measure_pitch([noise(2)]) is None
        assert measure_pitch([]) is None


@pytest.fixture(scope="module")
def transcriber():
    return Transcriber()


class TestSpeech:
    def test_words_do_not_depend_on_what_was_heard_before(self, transcriber):
        low, high = voice(2, 110), 0.1 * voice(2, 250) + 0.05 * noise(2)
        first = transcriber.transcribe(low, ((0.0, 2.0),))
        assert first
        transcriber.transcribe(high, ((0.0, 2.0),))
        assert transcriber.transcribe(low, ((0.0, 2.0),)) == first

    def test_only_the_beginning_of_long_speech_is_transcribed(self, transcriber, monkeypatch):
        monkeypatch.setattr(speech, "LONGEST", 1.5)
        sound = voice(4, 110)
        begun = transcriber.transcribe(sound, ((0.0, 1.0), (1.5, 2.0)))
        assert begun
        assert transcriber.transcribe(sound, ((0.0, 1.0), (1.5, 2.5), (3.0, 4.0))) == begun
        assert transcriber.transcribe(sound, ()) == ""


class TestScenes:
    def test_each_cut_starts_a_scene(self):
        colours = ["red", "red", "red", "blue", "blue", "green", "green"]
        cuts = find_cuts(np.stack([plain(colour) for colour in colours]))
        assert cuts.starts == (0, 3, 5)
        assert cuts.motion == 0.0

    def test_a_cross_fade_is_one_cut(self):
        left, right = plain("orange"), plain("navy")
        mixed = ((left.astype(int) + right) // 2).astype(np.uint8)
        assert len(find_cuts(np.stack([left, left, mixed, right, right])).starts) == 2
        assert len(find_cuts(np.stack([left, left, plain("green"), right, right])).starts) == 3

    def test_a_moving_camera_is_motion_and_no_cut(self):
        wide = np.random.default_rng(2).integers(0, 255, (15, 30, 3)).repeat(28, 0).repeat(28, 1)
        frames = np.stack([wide[:, x : x + 224] for x in range(0, 500, 60)]).astype(np.uint8)
        cuts = find_cuts(frames)
        assert cuts.starts == (0,)
        assert cuts.motion > 0.05

    def test_one_frame_is_one_scene(self):
        assert find_cuts(plain("red")[None]).starts == (0,)


class TestColours:
    @pytest.mark.parametrize("name", NAMES)
    def test_each_example_has_its_name(self, name):
        for example in SWATCHES[name]:
            assert name_colour(np.full((2, 2, 3), example, np.uint8)) == name

    def test_a_palette_starts_with_the_most_common(self):
        picture = pixels(lambda draw, _: (fill(draw, "blue"), disc(draw, 112, 200, 90, "yellow")))
        assert find_palette(name_pixels(picture)) == ("blue", "yellow")


class TestRegions:
    def find(self, paint, hidden=()):
        picture = smooth(pixels(paint))
        return find_regions(picture, name_pixels(picture), hidden)

    def test_shapes_with_colour_and_place(self):
        def paint(draw, _):
            fill(draw, "white")
            disc(draw, 50, 60, 30, "red")
            draw.rectangle((140, 180, 200, 240), fill="blue")
            draw.polygon([(112, 320), (62, 400), (162, 400)], fill="green")

        found = {(r.shape, r.colour, r.position) for r in self.find(paint)}
        assert found == {
            ("circle", "red", "top left"),
            ("square", "blue", "right"),
            ("triangle", "green", "bottom"),
        }

    def test_what_is_hidden_faint_or_cut_off_is_left_out(self):
        def paint(draw, _):
            fill(draw, "#808080")
            disc(draw, 112, 100, 30, "#8c8c8c")
            disc(draw, 0, 210, 40, "red")
            disc(draw, 112, 320, 30, "yellow")

        assert [region.colour for region in self.find(paint)] == ["yellow"]
        assert self.find(paint, [(0.3, 0.6, 0.7, 0.9)]) == []


class TestFaces:
    def paint(self, mouths):
        def frame(mouth):
            return pixels(
                lambda draw, _: (
                    fill(draw, "#b9d2e6"),
                    draw.rectangle((40, 260, 184, 420), fill="#285aa0"),
                    draw_face(draw, 112, 180, 60, mouth),
                )
            )

        return np.stack([frame(mouth) for mouth in mouths])

    def test_a_face_is_found_with_place_and_clothes(self):
        frames = self.paint([0, 0])
        found = [FaceFinder().find(frame) for frame in frames]
        faces = summarise_faces(frames, found)
        assert (faces.share, faces.count, faces.position) == (1.0, 1, "center")
        assert faces.colour == "blue"
        assert faces.lips is None
        ((left, top, right, bottom),) = found[0].boxes
        assert left < 0.5 < right
        assert top < 180 / SIZE[1] < bottom

    def test_moving_lips_are_noticed(self):
        assert self.summarise(self.paint([0, 1, 0, 0.5, 1])).lips > 1.3
        assert self.summarise(self.paint([0] * 5)).lips == pytest.approx(1.0, abs=0.1)

    def test_no_face_in_an_empty_picture(self):
        assert self.summarise(plain("gray")[None]) == Faces()

    def summarise(self, frames):
        finder = FaceFinder()
        return summarise_faces(frames, [finder.find(frame) for frame in frames])


def reading(text, time=0.0, y=0.1, sureness=0.9):
    return Reading(text, sureness, time, (0.1, y - 0.02, 0.9, y + 0.02), "white")


class TestReadings:
    def test_one_line_in_many_frames_is_one_line_in_its_usual_wording(self):
        frames = [
            [reading("HELL0 WORLD", 0)],
            [reading("HELLO WORLD", 1)],
            [reading("Hello World", 2)],
        ]
        (line,) = merge_readings(frames)
        assert line.text in ("HELLO WORLD", "Hello World")
        assert line.start == 0

    def test_lines_stand_in_the_order_of_time_then_height(self):
        frames = [[reading("below", 0, 0.9), reading("above", 0, 0.2)], [reading("later", 1, 0.1)]]
        assert [line.text for line in merge_readings(frames)] == ["above", "below", "later"]

    def test_a_growing_line_is_one_line(self):
        frames = [[reading("Wait", 0)], [reading("Wait for", 1)], [reading("Wait for it", 2)]]
        (line,) = merge_readings(frames)
        assert line.text == "Wait for it"

    def test_short_words_are_not_swallowed(self):
        frames = [[reading("I know him", 0)], [reading("NO", 1)]]
        assert [line.text for line in merge_readings(frames)] == ["I know him", "NO"]

    def test_equal_texts_far_apart_are_two_lines(self):
        assert len(merge_readings([[reading("SALE", y=0.1), reading("SALE", y=0.9)]])) == 2


class TestTone:
    @pytest.mark.parametrize(
        ("words", "tone"),
        [
            ("i love this wonderful day", "Positive"),
            ("i hate this terrible noise", "Negative"),
            ("the train leaves at seven", "Neutral"),
            ("", "Neutral"),
        ],
    )
    def test_of_words(self, words, tone):
        assert judge_tone(replace(FLAT, sound=Sound(-20.0, words=words))) == tone
        lines = (TextLine(words, 0.0, 0.5, 0.5, "white"),)
        assert judge_tone(replace(FLAT, sound=None, lines=lines)) == tone

    def test_of_music_where_nothing_is_said(self):
        lively = Sound(-20.0, music=Music(heard=True, tempo=120, major=True))
        slow = Sound(-20.0, music=Music(heard=True, tempo=70, major=True))
        assert judge_tone(replace(FLAT, sound=lively)) == "Positive"
        assert judge_tone(replace(FLAT, sound=slow)) == "Neutral"


def say(facts, task, *choices):
    return answer(facts, Prompt(task=task, sample_id="a", text="?", choices=choices))


class TestAnswers:
    @pytest.mark.parametrize(
        ("faces", "source"),
        [
            (Faces(), "Narration"),
            (Faces(0.9, 1, "center", "red", 1.4), "In-Video Voice"),
            (Faces(0.9, 1, "center", "red", 0.9), "Out-Video Voice"),
            (Faces(0.9, 1, "center", "red", None), "In-Video Voice"),
        ],
    )
    def test_voice_source(self, faces, source):
        talking = replace(FLAT, faces=faces, sound=Sound(-20.0, Voice(((0.0, 8.0),), 200.0)))
        options = ("Narration", "In-Video Voice", "Out-Video Voice")
        assert say(talking, "ugc/voice_source", *options) == source
        assert say(talking, "ugc/voice_source") == source

    def test_a_choice_is_returned_as_it_was_written(self):
        assert say(FLAT, "ugc/tone", "c) NEGATIVE", "b) neutral!", "a) positive") == "b) neutral!"
        assert say(FLAT, "x/bgm", "Yes, there is", "No, there is none") == "No, there is none"

    def test_an_unknown_task_is_answered_by_what_was_measured(self):
        assert say(FLAT, "other/colour", "a blue wall", "red", "green grass") == "red"
        assert say(FLAT, "other/story") == say(FLAT, "ugc/caption")

    def test_nothing_in_common_gives_the_first_choice(self):
        assert say(FLAT, "ugc/tone", "猫", "犬") == "猫"

    @given(st.text(max_size=30), st.lists(st.text(max_size=20), min_size=1, max_size=5))
    def test_some_choice_is_always_returned(self, task, choices):
        assert say(FLAT, task, *choices) in choices

    @pytest.mark.parametrize("pitch", [100.0, 220.0, None])
    def test_a_caption_names_the_speaker_as_far_as_known(self, pitch):
        talking = replace(FLAT, sound=Sound(-20.0, Voice(((0.0, 8.0),), pitch), words="good day"))
        speaker = {100.0: "A man's voice", 220.0: "A woman's voice", None: "A voice"}[pitch]
        told = say(talking, "ugc/audio_caption")
        assert told.startswith(f"{speaker} speaks for about 80 percent of the time")
        assert '"good day"' in told

    def test_a_clip_with_nothing_to_list_lists_its_background(self):
        assert say(FLAT, "ugc/objects") == "background (count: 1, color: red, position: center)"


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [(0.5, 0.5, "center"), (0, 0, "top left"), (1, 0.5, "right"), (0.5, 1, "bottom")],
)
def test_place(x, y, words):
    assert place(x, y) == words


def test_speech_is_measured_against_the_length_of_the_clip():
    assert not replace(FLAT, sound=Sound(-20.0, Voice(((0.0, 0.7),)))).speaks
    assert replace(FLAT, sound=Sound(-20.0, Voice(((0.0, 0.9),)))).speaks
