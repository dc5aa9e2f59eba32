"""Is the stand-in for MiniCPM-o loaded by its own code, and as strict and as odd as it says?"""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from ugcbench.testing import make_tiny_minicpm_o

if not all(map(find_spec, ("torch", "torchvision", "transformers"))):
    pytest.skip("needs the extra [hf]", allow_module_level=True)
# The published code's penalty leaves out the prompt as well.
pytestmark = pytest.mark.filterwarnings("ignore:Passing `repetition_penalty`:UserWarning")

PICTURE = Image.new("RGB", (28, 28), (200, 20, 20))
SECOND = np.linspace(-1, 1, 16_000, dtype=np.float32)


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Loads a repository as its users do; the copies of its code go to a folder of the tests."""
    import torch
    import transformers

    torch.set_num_threads(1)
    cache = tmp_path_factory.mktemp("modules")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(cache))
        patch.syspath_prepend(str(cache))

        def load(folder):
            model = transformers.AutoModel.from_pretrained(folder, trust_remote_code=True).eval()
            return model, transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=True)

        yield load


@pytest.fixture(scope="module")
def babbler(load, tmp_path_factory):
    return load(make_tiny_minicpm_o(tmp_path_factory.mktemp("babbler")))


def chat(loaded, *items, **changes):
    model, tokenizer = loaded
    messages = [{"role": "user", "content": list(items)}]
    asked = {"omni_input": True, "max_slice_nums": 1, "use_image_id": False, "sampling": False}
    asked |= {"max_new_tokens": 12, **changes}
    return model.chat(msgs=messages, tokenizer=tokenizer, **asked)


def test_it_runs_from_its_folder_and_says_what_it_is_told(load, tmp_path):
    loaded = load(make_tiny_minicpm_o(tmp_path, says="A dog barks."))
    assert type(loaded[0]).__module__.startswith("transformers_modules.")
    for items in (["Who?"], ["<unit>", PICTURE, SECOND, "Who?"]):
        assert chat(loaded, *items, num_beams=1) == "A dog barks."
        assert chat(loaded, *items, return_dict=True).text == "A dog barks."


def test_what_it_sees_and_hears_matters(babbler):
    dark = Image.new("RGB", (28, 28))
    contents = ([PICTURE], [dark], [SECOND], [SECOND * 0], [PICTURE, SECOND], [])
    assert len({chat(babbler, "<unit>", *items, "Who?") for items in contents}) == len(contents)


def test_by_itself_it_searches_with_beams_and_drops_token_0(load, babbler, tmp_path):
    greedy = chat(babbler, "Who?", num_beams=1, repetition_penalty=1.0)
    assert chat(babbler, "Who?") != greedy
    assert chat(load(make_tiny_minicpm_o(tmp_path, says="!")), "Who?", num_beams=1) == ""


@pytest.mark.parametrize(
    "item",
    [
        PICTURE.convert("L"),
        np.asarray(PICTURE),
        SECOND.astype(np.float64),
        SECOND[None],
        np.append(SECOND, SECOND),
        SECOND[:0],
        None,
    ],
)
def test_what_the_published_code_drops_is_refused(babbler, item):
    with pytest.raises(TypeError):
        chat(babbler, "<unit>", item, "Who?")


@pytest.mark.parametrize("changes", [{"temprature": 1.0}, {"do_sample": True, "seed": 3}])
def test_unknown_arguments_are_refused(babbler, changes):
    with pytest.raises(TypeError, match="unexpected"):
        chat(babbler, "Who?", **changes)


def test_it_is_the_same_for_equal_seeds(load, babbler, tmp_path):
    same, other = (load(make_tiny_minicpm_o(tmp_path / str(n), seed=n)) for n in (0, 1))
    one, two, three = (chat(loaded, PICTURE, "Who?") for loaded in (babbler, same, other))
    assert one == two != three
