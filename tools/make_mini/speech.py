"""How do written lines become speech?"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import wave
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from tools.make_mini.music import RATE, Sound
from tools.make_mini.script import Line


def speak(line: Line) -> Sound:
    """Return `line` as espeak-ng says it, at `RATE`; the same for the same version of espeak-ng."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "line.wav")
        options = ["-v", line.voice, "-s", str(line.speed), "-p", str(line.pitch), "-w", str(file)]
        subprocess.run([_find_espeak(), *options, "--", line.text], check=True)
        with wave.open(str(file)) as reader:
            samples = np.frombuffer(reader.readframes(reader.getnframes()), np.int16)
            rate = reader.getframerate()
    sound: Sound = resample_poly(samples.astype(np.float64) / 32768, RATE, rate)
    return sound


def find_version() -> str:
    """Return the version of espeak-ng."""
    answer = subprocess.run(
        [_find_espeak(), "--version"], check=True, capture_output=True, text=True
    )
    return answer.stdout.partition("text-to-speech:")[2].split()[0]


def _find_espeak() -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        raise FileNotFoundError("espeak-ng is missing; apt-get install espeak-ng")
    return program
