"""How much does reading a clip cost, beside the usual ways of doing it?

    python benchmarks/media.py [--quick] [--full] [--rounds N] [--clips FOLDER]

Clips are made first: 15 s and 55 s, 576x1024 and 1080x1920, 30 frames a second, H.264 and AAC, at
bit rates that sharing sites use, with a keyframe a second, as telephones record. The targets hold
for these. Two further clips have a keyframe every 250 pictures, as x264 makes them if nothing is
asked and no scene changes: the costly case for reading a few frames, shown beside the others.
Every way of reading runs in a process of its own:

    ugcbench   `ugcbench.media.read` with the profile `paper`
    opencv     all frames by OpenCV, stacked, then picked and resized; the sound by librosa
    ffmpeg     one pass of the ffmpeg program to the same frames and the same sound, into pipes

`first` is the first clip of a process, in which librosa loads most of itself; `again` is the same
clip once more; `import` is what comes before. CPU seconds are user and system time of the process
and its children, memory is its peak resident set; the median of the rounds is shown. System time
is where OpenCV's memory shows: touching a gigabyte costs more in some virtual machines than in
others. librosa, OpenCV and ffmpeg are needed for the references only: `pip install librosa
opencv-python-headless`. The exit code is 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import astuple, dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median_low
from typing import Any

from media_methods import METHODS, Case
from tabulate import tabulate

CASES = (
    Case(15, 576, 1024, 1_200_000),
    Case(55, 576, 1024, 1_200_000),
    Case(15, 1080, 1920, 3_500_000),
    Case(55, 1080, 1920, 3_500_000),
    Case(15, 576, 1024, 1_200_000, interval=250),
    Case(15, 1080, 1920, 3_500_000, interval=250),
)

WARM_UP = Case(2, 576, 1024, 500_000)
"""Is read first and not counted: Python writes the bytecode of fresh packages when it first can."""


@dataclass(frozen=True)
class Target:
    """A ratio and how much it has to be at least; 0 if it is only shown."""

    column: str
    least: float


TARGETS = (
    Target("CPU first, opencv / ugcbench", 8.0),
    Target("CPU import + first, opencv / ugcbench", 0.0),
    Target("CPU again, opencv / ugcbench", 4.0),
    Target("memory, opencv / ugcbench", 15.0),
    Target("CPU again, ffmpeg / ugcbench", 1.5),
    Target("frames as in a full decode", 1.0),
    Target("two clips at a time / one", 1.6),
)


def main() -> int:
    """Make the clips, measure, print; 1 if a target is missed."""
    options = parse()
    cases = CASES[:1] if options.quick else CASES
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        measure_case(Path(scratch), WARM_UP)
        folder = Path(options.clips or scratch)
        results = {case: measure_case(folder, case, options.full, options.rounds) for case in cases}
    busy = ": busy, so two clips at a time come out too slow" if load > 0.5 else ""
    print(f"{os.cpu_count()} cores, load {load:.1f} before the start{busy}")
    print_costs(results)
    return print_ratios(results)


def parse() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only the clip of 15 s, 576x1024")
    parser.add_argument("--full", action="store_true", help="try OpenCV whatever memory it needs")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="the median of N counts")
    parser.add_argument("--clips", metavar="FOLDER", help="keep the clips there, or take them")
    return parser.parse_args()


def measure_case(
    folder: Path, case: Case, full: bool = False, rounds: int = 1
) -> dict[str, dict[str, Any]]:
    """The results of each method on one clip; a method that can't run says why."""
    found: dict[str, list[dict[str, Any]]] = {}
    clip = folder / f"{case.seconds}s_{case.width}x{case.height}_{case.interval}.mp4"
    blocked = {method: why for method in METHODS if (why := obstacle(method, case, full))}
    for method, why in blocked.items():
        print(f"{case.name}: {method} skipped, {why}", flush=True)
    for number in range(rounds):
        for method in METHODS:
            if method in blocked or (number and "first" not in found[method][0]):
                continue
            print(f"{case.name}: {method}, round {number + 1} ...", file=sys.stderr, flush=True)
            found.setdefault(method, []).append(run(method, clip, case))
    results = {method: combine(rounds) for method, rounds in found.items()}
    shapes = {tuple(cost["shape"]) for cost in results.values() if "shape" in cost}
    if len(shapes) > 1:
        raise SystemExit(f"{case.name}: the methods gave different frames: {shapes}")
    return results


def combine(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each number over the rounds."""
    return {key: median_low(entry[key] for entry in rounds) for key in rounds[0]}


def run(method: str, clip: Path, case: Case) -> dict[str, Any]:
    """The result of one method in a process of its own.

    This process stays small, because a child's peak memory includes its parent's size at the time
    of the fork.
    """
    script = Path(__file__).with_name("media_methods.py")
    command = [sys.executable, script, method, clip, *map(str, astuple(case))]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def obstacle(method: str, case: Case, full: bool) -> str | None:
    """Why `method` can't run here, if so."""
    if method == "opencv" and not find_spec("cv2"):
        return "OpenCV is not installed (pip install opencv-python-headless)"
    if method == "opencv" and not find_spec("librosa"):
        return "librosa is not installed (pip install librosa)"
    if method in ("opencv", "ffmpeg") and not shutil.which("ffmpeg"):
        return "the program ffmpeg is not on the PATH (librosa uses it too)"
    room = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if method == "opencv" and case.opencv_bytes > 0.6 * room and not full:
        return (
            f"it would take {case.opencv_bytes / 1e9:.1f} GB and {room / 1e9:.1f} GB are free; "
            "--full tries"
        )
    return None


def print_costs(results: dict[Case, dict[str, dict[str, Any]]]) -> None:
    """The table of what each method took."""
    rows = [
        [case.name, method, *(cost[key] for key in ("import", "first", "again", "wall", "memory"))]
        for case, methods in results.items()
        for method, cost in methods.items()
        if "first" in cost
    ]
    head = ["clip", "method", "CPU s import", "first", "again", "wall s again", "peak MB"]
    print("\n" + tabulate(rows, head, floatfmt=("", "", ".2f", ".2f", ".2f", ".2f", ".0f")))


def print_ratios(results: dict[Case, dict[str, dict[str, Any]]]) -> int:
    """The table of ratios beside their targets; 1 if one is missed."""
    ratios = {case: compute_ratios(methods) for case, methods in results.items()}
    rows = [
        [target.column, f">= {target.least:g}" if target.least else ""]
        + [show(ratios[case].get(target.column)) for case in results]
        for target in TARGETS
    ]
    head = ["ratio", "target", *(case.name for case in results)]
    print("\n" + tabulate(rows, head, disable_numparse=True) + "\n")
    missed = [
        f"{case.name}: {target.column}"
        for target in TARGETS
        for case in results
        if case.typical and ratios[case].get(target.column, target.least) < target.least
    ]
    print("missed: " + "; ".join(missed) if missed else "every target that could run is met")
    return int(bool(missed))


def show(ratio: float | None) -> str:
    """A cell of the table."""
    return "-" if ratio is None else f"{ratio:.2f}"


def compute_ratios(methods: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Ratio by column, where both sides were measured."""
    own = methods["ugcbench"]
    ratios = {
        "frames as in a full decode": methods["identity"]["share"],
        "two clips at a time / one": methods["parallel"]["speedup"],
    }
    if "opencv" in methods:
        other = methods["opencv"]
        whole, own_whole = (method["import"] + method["first"] for method in (other, own))
        ratios["CPU import + first, opencv / ugcbench"] = whole / own_whole
        ratios["CPU first, opencv / ugcbench"] = other["first"] / own["first"]
        ratios["CPU again, opencv / ugcbench"] = other["again"] / own["again"]
        ratios["memory, opencv / ugcbench"] = other["memory"] / own["memory"]
    if "ffmpeg" in methods:
        ratios["CPU again, ffmpeg / ugcbench"] = methods["ffmpeg"]["again"] / own["again"]
    return ratios


if __name__ == "__main__":
    sys.exit(main())
