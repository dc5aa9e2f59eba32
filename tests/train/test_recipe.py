"""Does a recipe say what it means, and its errors what to write instead?"""

from __future__ import annotations

import re

import pytest

pytest.importorskip("yaml", reason="needs the extra [train]")

from ugcbench.errors import UnknownNameError, UsageError
from ugcbench_train.recipe_files import bundled_recipes, load_recipe

SMALL = "stage: sft\noutput: out\ndata:\n  train: rows.jsonl\n"


@pytest.fixture
def recipe_file(tmp_path):
    """Writes a recipe that is valid with `more` behind it."""

    def write(more="", start=SMALL):
        path = tmp_path / "sub" / "my.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(start + more)
        return path

    return write


@pytest.mark.parametrize("name", bundled_recipes())
def test_every_bundled_recipe_is_valid_and_says_what_is_assumed(name):
    recipe = load_recipe(name)
    text = bundled_recipes()[name].read_text()
    assert recipe.stage == ("grpo" if name.startswith("rl") else "sft")
    assert recipe.output.name == name
    for field in ("learning_rate", "epochs", "seed", "lora"):
        assert re.search(rf"^ *{field}: .*# assumed: \w+", text, re.MULTILINE)
    for field in ("max_prompt_tokens", "profile", "limit", "ugc/reward/omni"):
        assert not re.search(rf"^ *{field}: .*assumed", text, re.MULTILINE)


@pytest.mark.parametrize("name", bundled_recipes())
def test_what_a_bundled_recipe_has_as_a_comment_is_valid_too(name, tmp_path):
    text = bundled_recipes()[name].read_text()
    path = tmp_path / "with.yaml"
    path.write_text(re.sub(r"^# (evaluation:|  \w+: .*)$", r"\1", text, flags=re.MULTILINE))
    assert load_recipe(path).evaluation.subset == 300


def test_the_sizes_of_sft_differ_in_data_and_saving_only():
    small, *others = (load_recipe(f"sft-{size}") for size in ("1k", "10k", "20k"))
    limits = [1000]
    for other in others:
        same = {"output": small.output, "data": small.data, "saving": small.saving}
        assert other.model_copy(update=same) == small
        limits.append(other.data.limit)
    assert limits == [1000, 10_000, 20_000]
    rl, zero = load_recipe("rl-1k"), load_recipe("rl-1k-zero")
    assert rl.path == small.output / "final"
    assert rl.model_copy(update={"path": None, "output": zero.output}) == zero


def test_paths_start_where_they_were_written(recipe_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = recipe_file("  media: /clips\n  test: [mini, own]\npath: ~/checkpoint\n")
    (path.parent / "own").mkdir()
    recipe = load_recipe("sub/my.yaml", ["output=typed/here", 'data.apart_from=["a.jsonl"]'])
    assert recipe.data.train == tmp_path / "sub" / "rows.jsonl"
    assert str(recipe.data.media) == "/clips"
    assert recipe.data.test == ("mini", str(tmp_path / "sub" / "own"))
    assert recipe.output == tmp_path / "typed" / "here"
    assert recipe.data.apart_from == (tmp_path / "a.jsonl",)
    assert recipe.path.is_absolute()
    assert "~" not in str(recipe.path)


def test_settings_replace_what_the_file_says(recipe_file):
    path = recipe_file("optimizer: {learning_rate: 1e-5}\ntuning: {lora: null}\n")
    settings = ["optimizer.learning_rate=2e-4", "tuning.lora.rank=16", "data.limit=null"]
    recipe = load_recipe(path, [*settings, "data.test=[]", "tuning.lora.targets=[q_proj, v_proj]"])
    assert recipe.optimizer.learning_rate == 2e-4
    assert (recipe.tuning.lora.rank, recipe.tuning.lora.alpha) == (16, 32)
    assert recipe.tuning.lora.targets == ("q_proj", "v_proj")
    assert recipe.data.limit is None
    assert recipe.data.test == ()


def test_a_weight_leaves_the_others_as_they_are(recipe_file):
    changed = load_recipe(recipe_file(), ["rewards.weights.ugc/reward/omni=4"])
    assert changed.rewards.weights == {"ugc/reward/omni": 4, "ugc/reward/length": 1}
    unchanged = load_recipe(recipe_file())
    assert unchanged.rewards.weights == {"ugc/reward/omni": 5, "ugc/reward/length": 1}


def test_a_resolved_recipe_reads_itself(recipe_file):
    recipe = load_recipe(recipe_file("tuning: {lora: {targets: [q_proj]}}\n"))
    assert type(recipe).model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("more", "settings", "message"),
    [
        ("optimiser: {}\n", [], "optimiser: there is no such field; did you mean optimizer?"),
        ("grpo: {gruop: 4}\n", [], "grpo.gruop: there is no such field; did you mean group?"),
        ("", ["optimizer.lerning_rate=1"], "optimizer.lerning_rate: there is no such field; did y"),
        ("", ["data.test=mini"], r"data.test: this is a list: \[mini\]"),
        ("", ["data.limit=-1"], "data.limit: it should be greater than 0, not -1"),
        ("", ["data.limit=many"], "data.limit: it should be a valid integer.*not 'many'"),
        ("tuning: {lora: yes}\n", [], "tuning.lora: this is a group of fields: rank, alpha"),
        ("tuning: {lora: {targets: 7}}\n", [], "tuning.lora.targets: it should be"),
        ("stage: grpo\n", ["grpo.group=7"], "a step has 16 completions.*grpo.group=7"),
        ("stage: grpo\nrewards: {weights: {}}\n", [], "rewards.weights names no task"),
        ("", ["launch.processes=8"], "launch.strategy=single is one process, not 8: say ddp"),
        ("", ["seed"], "--set 'seed' is not of the form field=value"),
        ("", ["seed.x=1"], "seed: it should be a valid integer"),
        ("seed: 3\n", ["seed.x=1"], "--set seed.x=1: seed is a value of its own"),
    ],
)
def test_what_is_wrong_is_said_in_lines_with_the_fields_name(recipe_file, more, settings, message):
    with pytest.raises(UsageError, match=message) as raised:
        load_recipe(recipe_file(more), settings)
    assert "pydantic" not in str(raised.value)


def test_all_faults_are_said_at_once(recipe_file):
    with pytest.raises(UsageError) as raised:
        load_recipe(recipe_file("sft: {normalisation: none}\n", "data: {}\n"))
    lines = str(raised.value).splitlines()
    assert len(lines) == 5
    assert "  stage: this field is needed" in lines
    assert "  data.train: this field is needed" in lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("stage: [sft\n", "my.yaml:2: this is no YAML"),
        ("- sft\n", "is no recipe; print one with"),
        ("", "is no recipe"),
    ],
)
def test_a_file_that_is_no_recipe_is_said_to_be_none(recipe_file, text, message):
    with pytest.raises(UsageError, match=message):
        load_recipe(recipe_file(start=text))


def test_a_mistyped_name_gets_the_nearest_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match="did you mean sft-1k"):
        load_recipe("sft1k")
    with pytest.raises(UsageError, match=r"there is no recipe file nowhere/x\.yaml"):
        load_recipe("nowhere/x.yaml")
