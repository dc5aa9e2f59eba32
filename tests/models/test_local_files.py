"""Is a checkpoint that can't be loaded answered by one clear line, without any framework?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

pytest.importorskip("huggingface_hub", reason="needs the extra [hf]")

from ugcbench.errors import FatalModelError
from ugcbench.testing import HubServer, Request, json_response
from ugcbench_models.local.checkpoint_files import INDEX, Source, check_kind, find_checkpoint


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    return tmp_path


def find(name, **options):
    return find_checkpoint(Source(name=str(name), **options))


def complaint(name, **options):
    with pytest.raises(FatalModelError) as caught:
        find(name, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_directory_is_taken_as_it_is(folder, monkeypatch):
    assert find(folder) == folder
    monkeypatch.setenv("HOME", str(folder.parent))
    assert find(f"~/{folder.name}") == folder


def test_a_directory_that_is_not_there(tmp_path):
    assert f"no directory {tmp_path}/judge" in complaint(tmp_path / "judge")
    assert "no directory judges/mine, and the hub can't be asked" in complaint("judges/mine")


def test_a_directory_that_is_no_checkpoint(tmp_path):
    assert "no config.json" in complaint(tmp_path)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('{"model_type": "bird"}', "is no Fish, but bird by its config.json"),
        ("{}", "is no Fish, but a model of no kind"),
        ("{", "config.json can't be read"),
        ("[]", "config.json holds no JSON object"),
    ],
)
def test_a_checkpoint_of_another_kind(folder, config, said):
    (folder / "config.json").write_text('{"model_type": "trout"}')
    check_kind(Source(name=str(folder)), folder, "Fish", "carp", "trout")
    (folder / "config.json").write_text(config)
    with pytest.raises(FatalModelError) as caught:
        check_kind(Source(name=str(folder)), folder, "Fish", "carp", "trout")
    assert said in str(caught.value)


def test_missing_weights(folder):
    (folder / "model.safetensors").unlink()
    assert "no weight file (*.safetensors)" in complaint(folder)


def test_missing_shards(folder):
    shards = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]
    (folder / INDEX).write_text(json.dumps({"weight_map": dict(zip("abc", shards, strict=True))}))
    (folder / shards[0]).write_bytes(b"")
    assert f"2 of 3 weight files are missing in {folder}, such as {shards[1]}" in complaint(folder)
    (folder / INDEX).write_text('{"weight_map"')
    assert f"{INDEX} can't be read" in complaint(folder)


def test_pickled_weights_are_refused_with_the_command_that_converts_them(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    said = complaint(folder)
    assert "only as pickle (pytorch_model.bin)" in said
    assert "use_safetensors=False).save_pretrained" in said


class ModelHub(HubServer):
    """The hub with a repository of a model instead of a dataset, and with listings of its files."""

    def _answer(self, request):
        path = urlsplit(request.path).path
        if path == f"/api/models/{self.repository}/tree/{self.commit}":
            return json_response(
                [
                    {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                    for name, content in self.files.items()
                ]
            )
        if path == f"/api/models/{self.repository}/revision/v9":
            return json_response({}, 404, {"x-error-code": "RevisionNotFound"})
        if path.startswith("/api/models/"):
            path = path.replace("models", "datasets", 1)
        else:
            path = f"/datasets{path}"
        return super()._answer(Request(request.method, path, request.headers, b""))


def download(hub, cache, name="maker/judge", **options):
    """What `find_checkpoint` says of a hub id, in a process that may use the network."""
    code = (
        "import sys, json\n"
        "from ugcbench.errors import FatalModelError\n"
        "from ugcbench_models.local.checkpoint_files import Source, find_checkpoint\n"
        "try: found = find_checkpoint(Source(**json.loads(sys.argv[1])))\n"
        "except FatalModelError as error: print('!', error)\n"
        "else: print(*sorted(file.name for file in found.iterdir()))\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.origin,
        "HF_HOME": str(cache),
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps({"name": name, **options})],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


FILES = {
    "config.json": b"{}",
    "model.safetensors": b"weights",
    "consolidated.safetensors": b"the same weights again",
    "pytorch_model.bin": b"a pickle",
    "modeling_own.py": b"raise SystemExit",
    "original/params.json": b"{}",
}


def test_of_a_repository_only_what_is_needed_is_downloaded(tmp_path):
    with ModelHub("maker/judge", FILES) as hub:
        assert download(hub, tmp_path) == "config.json model.safetensors"
        trusted = download(hub, tmp_path, trusted=True)
        assert trusted == "config.json model.safetensors modeling_own.py"
        assert "no revision 'v9'" in download(hub, tmp_path, revision="v9")
        assert "neither a directory" in download(hub, tmp_path, "maker/other")
    # The hub is gone; what was downloaded is used.
    assert download(hub, tmp_path) == trusted


def test_a_gated_repository_says_where_to_ask(tmp_path):
    with ModelHub("maker/judge", FILES, gated=True) as hub:
        assert "https://huggingface.co/maker/judge" in download(hub, tmp_path)
