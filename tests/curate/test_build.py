"""The same annotations give the same benchmark, and those of the mini benchmark give it back."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from made_annotations import sets_of

import ugcbench_tasks.layout
from ugcbench.datasets import open_dataset
from ugcbench.errors import DatasetError, UsageError
from ugcbench_curate.annotating.commands import schema
from ugcbench_curate.annotating.files import export_schema, read_annotations
from ugcbench_curate.annotating.gold import import_gold
from ugcbench_curate.annotations import Annotation, Provenance
from ugcbench_curate.building.benchmark import BuildRules, build, write_benchmark
from ugcbench_curate.building.tables import show_report
from ugcbench_curate.building.templates import load_templates
from ugcbench_curate.fields import FIELDS, set_said
from ugcbench_tasks.gold import CHOICES
from ugcbench_tasks.layout import FILES

MINI = Path(ugcbench_tasks.layout.__file__).parent / "mini"
TEMPLATES = load_templates()
FIXED = BuildRules(order="fixed")
DRAFT = Provenance(source="model", model="m")


def test_the_templates_are_those_of_the_official_files():
    assert {template.name: template.file for template in TEMPLATES} == FILES
    assert {t.name: t.options for t in TEMPLATES if t.options} == CHOICES


def test_the_page_names_every_field_and_template():
    page = (Path(__file__).parents[2] / "docs" / "annotations.md").read_text()
    assert all(f"| `{path}` |" in page for path in FIELDS)
    assert all(f"| `{t.name}` | `{t.field}` | `{t.file}` |" in page for t in TEMPLATES)


def test_the_mini_benchmark_is_built_from_its_annotations(mini_annotations, tmp_path):
    write_benchmark(build(mini_annotations, TEMPLATES, FIXED), tmp_path / "built", Path("/"))
    for name in FILES.values():
        assert (tmp_path / "built" / name).read_bytes() == (MINI / name).read_bytes(), name
    for clip in (MINI / "videos").iterdir():
        assert (tmp_path / "built" / "videos" / clip.name).read_bytes() == clip.read_bytes()


@pytest.mark.parametrize("rules", [FIXED, BuildRules(seed=3)])
def test_its_gold_is_the_same_through_the_reader(mini, mini_annotations, registry, tmp_path, rules):
    write_benchmark(build(mini_annotations, TEMPLATES, rules), tmp_path / "built", Path("/"))
    built = {clip.id: clip for clip in open_dataset(registry, tmp_path / "built", {})[0]}
    assert list(built) == [clip.id for clip in mini]
    for clip in mini:
        mine = built[clip.id]
        assert Path(mine.media).read_bytes() == Path(clip.media).read_bytes()
        assert set(mine.gold) == set(clip.gold)
        for key, gold in clip.gold.items():
            assert (mine.gold[key].answer, mine.gold[key].question) == (gold.answer, gold.question)
            assert sorted(mine.gold[key].choices) == sorted(gold.choices)


def test_the_manifest_holds_the_hash_of_every_file(mini_annotations):
    files = build(mini_annotations, TEMPLATES).files
    manifest = json.loads(files["manifest.json"])
    assert set(manifest["files"]) == set(files) - {"manifest.json"}
    for name, about in manifest["files"].items():
        assert about["sha256"] == hashlib.sha256(files[name]).hexdigest()
    assert manifest["clips"]["mini-01"] == {"path": "videos/mini-01.mp4"}


@settings(max_examples=40)
@given(sets_of(), st.randoms(), st.integers(0, 9), st.booleans())
def test_neither_order_nor_place_of_the_annotations_changes_a_byte(made, chance, seed, allow):
    rules = BuildRules(seed=seed, allow_drafts=allow)
    moved = [each.model_copy(update={"media": f"/elsewhere/{each.media}"}) for each in made]
    chance.shuffle(moved)
    assert try_to_build(moved, rules) == try_to_build(made, rules)


def try_to_build(made, rules):
    """The files, or the words that say why there are none."""
    try:
        return build(made, TEMPLATES, rules).files
    except DatasetError as error:
        return str(error)


@settings(max_examples=40)
@given(sets_of(), st.integers(0, 9))
def test_what_was_built_is_whole(made, seed):
    try:
        built = build(made, TEMPLATES, BuildRules(seed=seed, allow_drafts=True))
    except DatasetError:
        return
    report = built.report
    for template in TEMPLATES:
        task = report.tasks[template.name]
        assert task.samples + sum(task.refused.values()) == len(made)
        assert (template.file in built.files) == (task.samples > 0)
        if template.kind != "lines" and task.samples:
            document = json.loads(built.files[template.file])
            assert document["valid_count"] == len(document["samples"]) == task.samples
            assert all(row["answer"] for row in document["samples"])


def test_other_seeds_and_templates_give_other_bytes(mini_annotations, tmp_path):
    built = [build(mini_annotations, TEMPLATES, BuildRules(seed=s)).files for s in (0, 1, 1)]
    assert built[0]["tone.json"] != built[1]["tone.json"]
    assert built[1] == built[2]
    assert built[0]["final_caption_qa.json"] == built[1]["final_caption_qa.json"]
    (tmp_path / "final_caption.toml").write_text(
        'field = "joint.caption"\nfile = "final_caption_qa.json"\nkind = "text"\nquestion = "So?"\n'
    )
    other = build(mini_annotations, load_templates(tmp_path)).files
    assert json.loads(other["final_caption_qa.json"])["question"] == "So?"
    hashes = [json.loads(files["manifest.json"])["built_by"] for files in (other, built[0])]
    assert hashes[0] != hashes[1]


def test_drafts_are_refused_or_counted(mini_annotations):
    drafted = set_said(
        mini_annotations[0], {"audio.tone": FIELDS["audio.tone"].say("Neutral", DRAFT)}
    )
    made = [drafted, *mini_annotations[1:]]
    strict = build(made, TEMPLATES).report
    assert (strict.tasks["tone"].samples, strict.tasks["tone"].refused) == (11, {"draft": 1})
    assert strict.drafts == 0
    lenient = build(made, TEMPLATES, BuildRules(allow_drafts=True)).report
    assert (lenient.tasks["tone"].samples, lenient.drafts) == (12, 1)
    assert lenient.tasks["tone"].said_by == {"human": 11, "draft": 1}
    assert "drafts that nobody has confirmed: 1 samples" in show_report(lenient)


def test_the_report_says_what_users_should_know(mini_annotations):
    report = build(mini_annotations, TEMPLATES).report
    tone, captions = report.tasks["tone"], report.tasks["final_caption"]
    assert tone.labels == {"Positive": 4, "Negative": 4, "Neutral": 4}
    assert (tone.majority.share, tone.places) == (0.3333, {1: 4, 2: 4, 3: 4})
    assert (captions.lengths.unit, captions.lengths.least, captions.lengths.most) == (
        "words",
        112,
        151,
    )
    assert report.languages == {"unknown": 12}
    assert captions.languages == {"en": 12}
    assert tone.languages == {}
    shown = show_report(report)
    assert "104 samples of 12 clips, from 12 annotations" in shown
    assert "always Negative scores 33.3%" in shown


def test_the_report_of_the_public_release_shows_its_majorities(release, registry):
    annotations = import_gold(open_dataset(registry, release, {})[0], Path("/")).annotations
    tasks = build(annotations, TEMPLATES).report.tasks
    assert tasks["tone"].labels == {"Positive": 743, "Negative": 43, "Neutral": 213}
    assert tasks["voice_source"].majority.model_dump() == {
        "label": "In-Video Voice",
        "share": 0.9462,
    }
    assert tasks["bgm"].majority.share == 1
    assert tasks["ocr"].refused == {"absent": 174, "empty": 2}


def test_nothing_to_build_is_an_error():
    made = [Annotation(id="a", media="a.mp4")]
    with pytest.raises(DatasetError, match=r"any task: absent 9; .* by --allow-drafts"):
        build(made, TEMPLATES)


def test_an_error_leaves_nothing_behind(mini_annotations, tmp_path):
    built = build(mini_annotations, TEMPLATES)
    moved = [each.model_copy(update={"media": f"{each.id}.mp4"}) for each in mini_annotations]
    without = build(moved, TEMPLATES)
    with pytest.raises(DatasetError, match=r"mini-01.mp4: no such clip \(and 11 more\)"):
        write_benchmark(without, tmp_path / "built", tmp_path)
    assert not list(tmp_path.iterdir())
    write_benchmark(built, tmp_path / "built", Path("/"), "none")
    assert not (tmp_path / "built" / "videos").exists()
    with pytest.raises(UsageError, match="is in use"):
        write_benchmark(built, tmp_path / "built", Path("/"))


def test_clips_are_linked_or_copied(mini_annotations, tmp_path):
    clip = tmp_path / "mini-01.MP4"
    clip.write_bytes(b"clip")
    made = mini_annotations[0].model_copy(update={"media": clip.name})
    for kind, links in (("link", 2), ("copy", 1)):
        write_benchmark(build([made], TEMPLATES), tmp_path / kind, tmp_path, kind)
        copy = tmp_path / kind / "videos" / "mini-01.MP4"
        assert copy.read_bytes() == b"clip"
        assert copy.stat().st_nlink == links


def test_the_commands_do_it_all(ugcbench, tmp_path):
    assert ugcbench("data", "annotations-from", "mini", "--output", "a.jsonl").returncode == 0
    build_it = ["data", "build", "a.jsonl", "--seed", "4", "--format", "json", "--output", "built"]
    done = ugcbench(*build_it)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["tasks"]["tone"]["samples"] == 12
    again = build(read_annotations(tmp_path / "a.jsonl"), TEMPLATES, BuildRules(seed=4))
    for name, raw in again.files.items():
        assert (tmp_path / "built" / name).read_bytes() == raw
    refused = ugcbench(*build_it)
    assert (refused.returncode, "is in use" in refused.stderr) == (2, True)


def test_the_schema_and_the_labelling_configuration_are_printed(label_studio_config):
    printed = CliRunner().invoke(schema)
    assert json.loads(printed.stdout) == export_schema()
    assert CliRunner().invoke(schema, ["--label-studio"]).stdout == label_studio_config
