"""Make the clips by which `ugcbench doctor` probes a model: `python -m tools.make_probes`.

Run it in the root of the repository. Needs `espeak-ng`, and gives the same bytes under the same
versions as `tools.make_mini`, whose camera it uses.
"""

from __future__ import annotations

import filecmp
import sys
import tempfile
from pathlib import Path

from tools.make_mini.film import film
from tools.make_mini.script import Answers, Line, Scene, Script, Text
from ugcbench.doctor import probes

VOICE, WORDS_A_MINUTE = "en-us", 110
"""The voice that speech recognisers understand best of those that were tried."""

NO_GOLD = Answers(
    tone="Neutral", objects=(), background="", audio_caption="", visual_caption="", final_caption=""
)


def main() -> int:
    """Make the clips, or with `--check` make them elsewhere and compare; return the exit code."""
    if "--check" not in sys.argv:
        make(probes.CLIPS)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        names = sorted(path.name for path in Path(folder).iterdir())
        _, different, missing = filecmp.cmpfiles(folder, probes.CLIPS, names, shallow=False)
    print("\n".join([*different, *missing]) or "the same bytes")
    return 1 if different or missing else 0


def make(folder: Path) -> None:
    """Make all clips in `folder`."""
    shoot(folder / probes.BLANK.name)
    shoot(folder / probes.SPOKEN.clip.name, spoken=probes.SPOKEN.word)
    shoot(folder / probes.SPOKEN_OTHER.clip.name, spoken=probes.SPOKEN_OTHER.word)
    shoot(folder / probes.WRITTEN.clip.name, written=probes.WRITTEN.word)


def shoot(path: Path, *, spoken: str = "", written: str = "") -> None:
    """Film a blue card, upon which a word may be `written` while another is `spoken`."""
    texts = (Text(text=written.upper(), y=220, size=50),) if written else ()
    line = Line(at=0.4, text=f"The code word is {spoken}.", voice=VOICE, speed=WORDS_A_MINUTE)
    script = Script(
        id=path.stem,
        title=path.stem,
        seconds=probes.SECONDS,
        audio_track=bool(spoken),
        scenes=(Scene(at=0, backdrop="blue card", texts=texts),),
        speech=(line,) if spoken else (),
        answers=NO_GOLD,
    )
    film(script, path)


if __name__ == "__main__":
    sys.exit(main())
