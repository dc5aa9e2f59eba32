"""Recorded answers and verdicts become runs; what can't be read is said, nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

import ugcbench
from ugcbench import Result
from ugcbench.store import read_records
from ugcbench.verification import find_problems
from ugcbench_tasks.importing.checkout import system_of

ROOT = Path(__file__).parents[2]
RELEASE = Path(os.environ.get("UGCBENCH_UGC_VIDEOCAP") or ROOT.parent / "shared" / "ugc-videocap")
needs_release = pytest.mark.skipif(
    not (RELEASE / "results").is_dir(),
    reason="needs the public release; name it in $UGCBENCH_UGC_VIDEOCAP",
)
IDS = [f"clip-{number}" for number in range(4)]


def lines(file, rows):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def value(file, content):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


@pytest.fixture
def checkout(tmp_path):
    """A small checkout in the official layout, with one clip that is captioned without gold."""
    root = tmp_path / "checkout"
    questions = root / "omni_bench_qa" / "benchmark_qa"
    for name, answer in (("final_caption_qa", "A cat."), ("object", "cat (count: 1)")):
        samples = [{"video_id": i, "path": f"{i}.mp4", "answer": answer} for i in IDS]
        value(questions / f"{name}.json", {"question": "?", "valid_count": 4, "samples": samples})
    lines(root / "results/ocr/ocr.jsonl", [{"video_id": i, "ocr": ["CAT", i[-1]]} for i in IDS])
    results = root / "results"
    answers = [
        {"video_id": i, "ocr": ["CAT", i[-1]], "predict_ocr": {"ocr": ["CAT", i[-1]]}} for i in IDS
    ]
    lines(results / "ocr/ocr_omni3b.jsonl", answers)
    captions = [{"video_id": i, "caption": f"A cat, {i}."} for i in [*IDS, "orphan"]]
    lines(results / "omni_infer_caption_result/omni_baseline.jsonl", captions)
    level = {"visual_score": 4, "audio_score": 3, "details_score": 5, "average_score": 4.0}
    verdicts = {"evaluations": dict.fromkeys([*IDS[1:], "orphan"], level)}
    value(results / "caption_score/omni_baseline_4o.json", verdicts)
    samples = [{"video_id": i, "predict": "cat"} for i in IDS[:3]]
    samples.append({"video_id": IDS[3], "predict": None})
    value(results / "object/omni3b_object.json", {"samples": samples})
    (root / "score.py").write_text(
        'KEY = "sk-abcdefghijklmnopqrstuvwxyz"\n'
        f'PROMPT = f"Judge the caption {{caption}} of this video. {"Rate it. " * 10}"\n'
        'open("executed", "w")\n'
    )
    return root


def imported(ugcbench_command, checkout, *more):
    done = ugcbench_command("import", "ugc-videocap", checkout, *more)
    assert done.returncode == 0, done.stderr
    return Result.load(checkout.parent / "runs" / "qwen2.5-omni-3b")


def test_a_recorded_system_is_a_run(ugcbench, checkout):
    result = imported(ugcbench, checkout)
    assert find_problems(result.path) == []
    assert result.summary.source == "recorded"
    audio = result.cells["ugc/caption:audio"]
    assert (audio.value, audio.n, audio.asked) == (pytest.approx(0.6), 4, 5)
    assert (audio.judge, audio.judge_answered) == ("gpt-4o-2024-08-06", ("gpt-4o-2024-08-06",))
    assert audio.statuses == {"judge_missing": 1, "ok": 4}
    assert result.cells["ugc/objects"].value is None
    assert result.cells["ugc/objects"].statuses == {"judge_missing": 3, "missing": 1}
    assert result.cells["ugc/ocr"].value > 0.9


def test_the_scripts_are_read_and_never_run(ugcbench, checkout):
    result = imported(ugcbench, checkout)
    (prompt,) = json.loads((result.path / "released_prompts.json").read_text())
    assert (prompt["file"], prompt["line"]) == ("score.py", 2)
    assert prompt["text"].startswith("Judge the caption {caption} of this video.")
    stored = "".join(file.read_text() for file in result.path.iterdir() if file.suffix)
    assert "sk-abcdef" not in stored
    assert not list(checkout.parent.rglob("executed"))


def test_a_recorded_run_moves_and_is_scored_again(ugcbench, checkout, tmp_path):
    result = imported(ugcbench, checkout)
    shutil.rmtree(checkout)
    moved = tmp_path / "elsewhere"
    result.path.rename(moved)
    done = ugcbench("score", moved, "--format", "json", "--min-coverage", 0)
    assert done.returncode == 0, done.stderr
    assert Result.load(moved).summary.cells == result.summary.cells
    done = ugcbench(
        *("score", moved, "--judge", "lexical", "--protocol", "v1"),
        *("--output", "again", "--min-coverage", 0, "--format", "json"),
    )
    assert done.returncode == 0, done.stderr
    cells = {cell["name"]: cell for cell in json.loads(done.stdout)["cells"]}
    assert cells["ugc/objects"]["n"] == 3
    assert cells["ugc/caption:audio"]["comparable"] is False


def test_recorded_answers_replay_as_a_model(ugcbench, checkout, tmp_path):
    result = imported(ugcbench, checkout)
    model = f"recorded/{result.path}"
    arguments = ["run", "--model", model, "--tasks", "ugc/ocr", "--dataset", checkout]
    done = ugcbench(*arguments, "--protocol", "paper", "--output", "replayed")
    assert done.returncode == 0, done.stderr
    mine = [r.prediction.text for r in read_records(tmp_path / "replayed")]
    theirs = [r.prediction.text for r in read_records(result.path) if r.task == "ugc/ocr"]
    assert mine == theirs
    assert (
        "is no run directory"
        in ugcbench(
            "run", "--model", "recorded/x", "--dataset", "mini", "--tasks", "ugc/ocr"
        ).stderr
    )


def test_parts_may_be_absent(ugcbench, checkout):
    for folder in ("ocr", "object", "caption_score"):
        for file in (checkout / "results" / folder).iterdir():
            if file.name != "ocr.jsonl":
                file.unlink()
    assert imported(ugcbench, checkout).cells["ugc/caption:audio"].value is None


BREAKAGES = {
    "omni_infer_caption_result/omni_baseline.jsonl": [
        (lambda text: text[:-30], r"omni_baseline.jsonl:5: not JSON"),
        (
            lambda text: text.replace('"video_id"', '"vid"', 1),
            r"omni_baseline.jsonl:1: no video_id",
        ),
        (lambda text: text + text.splitlines()[0], r":6: a second answer for clip-0"),
        (lambda text: text.replace('"A cat, clip-0."', "[1]"), r":1: caption is no text"),
    ],
    "caption_score/omni_baseline_4o.json": [
        (lambda text: text[:-30], r"omni_baseline_4o.json:1: not JSON .*cut off"),
        (lambda text: "[]", r"no object `evaluations`"),
        (lambda text: text.replace("4", "9", 1), r"no verdict of three whole numbers"),
    ],
    "object/omni3b_object.json": [
        (lambda text: text.replace("samples", "sample"), r"no list `samples`"),
        (lambda text: text.replace('"cat"', "7", 1), r"sample 1: predict is no text"),
    ],
    "ocr/ocr_omni3b.jsonl": [
        (
            lambda text: text.replace("predict_ocr", "predicted"),
            r"ocr_omni3b.jsonl:1: no predict_ocr",
        ),
    ],
}


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [(name, *case) for name, cases in BREAKAGES.items() for case in cases],
)
def test_what_is_broken_is_said_and_nothing_is_half_imported(ugcbench, checkout, name, spoil, said):
    file = checkout / "results" / name
    file.write_text(spoil(file.read_text()))
    done = ugcbench("import", "ugc-videocap", checkout)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    import re

    assert re.search(said, done.stderr), done.stderr
    assert "--skip-bad" in done.stderr
    assert not (checkout.parent / "runs").exists()
    done = ugcbench("import", "ugc-videocap", checkout, "--skip-bad")
    assert done.returncode == 0, done.stderr
    assert "skipped: " in done.stderr


def test_an_existing_run_is_never_overwritten(ugcbench, checkout):
    imported(ugcbench, checkout)
    done = ugcbench("import", "ugc-videocap", checkout)
    assert done.returncode == 2
    assert "is there already" in done.stderr


@pytest.mark.parametrize(
    ("stem", "system"),
    [
        ("gemini_2.5_flash_4o", "gemini-2.5-flash"),
        ("gemini-2.5-pro", "gemini-2.5-pro"),
        ("gemma3n-e4b_results", "gemma-3n-e4b-it"),
        ("ocr_omni3b", "qwen2.5-omni-3b"),
        ("omni_baseline", "qwen2.5-omni-3b"),
        ("omni7b_output", "qwen2.5-omni-7b"),
        ("UGC_VideoCaptioner_inference", "ugc-videocaptioner-3b"),
        ("my-model_ocr_output", "my-model"),
    ],
)
def test_file_names_mean_systems(stem, system):
    assert system_of(stem) == system


def test_a_renamed_file_is_given_its_system(ugcbench, checkout, tmp_path):
    file = checkout / "results/omni_infer_caption_result/omni_baseline.jsonl"
    file.rename(file.with_name("a.jsonl"))
    name = ["--name", "a.jsonl=qwen2.5-omni-3b"]
    assert imported(ugcbench, checkout, *name).cells["ugc/caption:audio"].n == 4
    assert (
        "is not FILE=SYSTEM" in ugcbench("import", "ugc-videocap", checkout, "--name", "x").stderr
    )


CAPTIONS = {
    "captions.json": json.dumps({"mini-01": "Soup is cooked.", "mini-02": "A woman greets."}),
    "rows.json": json.dumps([{"id": "mini-01", "text": "Soup is cooked."}]),
    "lines.jsonl": '{"video_id": "mini-01", "caption": "Soup."}\n\n{"id": "mini-02", "text": ""}',
    "captions.csv": 'video_id,caption\nmini-01,"Soup, with onions"\n',
}


@pytest.mark.parametrize("name", CAPTIONS)
def test_saved_captions_are_scored_without_a_model(ugcbench, tmp_path, name):
    (tmp_path / name).write_text(CAPTIONS[name])
    arguments = ["import", "captions", name, "--model", "mine", "--dataset", "mini"]
    done = ugcbench(*arguments, "--judge", "lexical", "--output", "run")
    assert done.returncode == 0, done.stderr
    result = Result.load(tmp_path / "run")
    assert result.cells["ugc/caption:audio"].asked == 12
    assert result.cells["ugc/caption:audio"].statuses["missing"] >= 10
    assert result.summary.model == "mine"
    assert find_problems(tmp_path / "run") == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.json", '{"mini-01": "x", "nobody": "y"}', "nobody: mini has no such clip"),
        ("c.json", '{"mini-01": 7}', "mini-01: no caption"),
        ("c.json", "7", "neither an object nor a list"),
        ("c.json", "{}", "holds no captions"),
        ("c.jsonl", '{"video_id": "mini-01"}\n{', "c.jsonl:2: not JSON"),
        ("c.csv", "name,caption\na,b\n", "c.csv:2: no id"),
        ("c.csv", 'id,caption\nmini-01,"x\n', "c.csv:"),
        ("c.txt", "mini-01 x", "are read from .json, .jsonl and .csv"),
    ],
)
def test_broken_captions_are_reported_with_their_line(ugcbench, tmp_path, name, text, said):
    (tmp_path / name).write_text(text)
    done = ugcbench("import", "captions", name, "--model", "mine", "--dataset", "mini")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()


@pytest.fixture(scope="module")
def release_runs(tmp_path_factory):
    """The four recorded systems of the public release as runs."""
    from click.testing import CliRunner

    from ugcbench_tasks.importing.commands import import_group

    output = tmp_path_factory.mktemp("release")
    arguments = ["ugc-videocap", str(RELEASE), "--output", str(output)]
    done = CliRunner().invoke(import_group, arguments, obj=ugcbench.Registry())
    assert done.exit_code == 0, done.output
    return output


PUBLISHED = {
    "gemini-2.5-flash": (74.2, 78.8, 77.2, 76.73),
    "qwen2.5-omni-3b": (48.2, 55.6, 52.6, 52.18),
    "gemma-3n-e4b-it": (54.2, 54.6, 51.2, 53.30),
    "ugc-videocaptioner-3b": (62.4, 59.4, 58.2, 60.01),
}


@needs_release
@pytest.mark.parametrize("system", PUBLISHED)
def test_the_release_gives_the_papers_caption_figures(release_runs, system):
    result = Result.load(release_runs / system)
    cells = [result.cells[f"ugc/caption:{part}"] for part in ("audio", "visual", "details")]
    shown = tuple(round(20 * round(5 * cell.value, 2), 1) for cell in cells)
    average = round(100 * result.cells["ugc/caption:average"].value, 2)
    assert (*shown, average) == PUBLISHED[system]


@needs_release
@pytest.mark.parametrize(
    ("system", "value", "n"),
    [
        ("gemini-2.5-flash", 0.6938, 826),
        ("qwen2.5-omni-3b", 0.5608, 826),
        ("gemma-3n-e4b-it", 0.1239, 820),
    ],
)
def test_the_release_gives_the_papers_on_screen_text_figures(release_runs, system, value, n):
    cell = Result.load(release_runs / system).cells["ugc/ocr"]
    assert (round(cell.value, 4), cell.n) == (value, n)
