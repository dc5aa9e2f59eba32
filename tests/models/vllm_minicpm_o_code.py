"""The code in a repository that vLLM's own class for MiniCPM-o 2.6 loads: what vLLM leaves to it.

Configuration, tokenizer and the processor of pictures have the names and the calling convention of
https://huggingface.co/openbmb/MiniCPM-o-2_6, and no more than the tests need.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image
from transformers import Qwen2Config, Qwen2Tokenizer, SiglipVisionConfig, WhisperConfig
from transformers.image_processing_utils import BaseImageProcessor, BatchFeature
from transformers.processing_utils import ProcessorMixin

NAMED_TOKENS = {
    "im_start": "<image>",
    "im_end": "</image>",
    "slice_start": "<slice>",
    "slice_end": "</slice>",
    "im_id_start": "<image_id>",
    "im_id_end": "</image_id>",
    "audio_start": "<|audio_start|>",
    "audio_end": "<|audio_end|>",
    "spk_start": "<|spk_bos|>",
    "spk_end": "<|spk_eos|>",
}
VIEW = 448
"""The side of the square whose area a view of a picture has at most."""


class MiniCPMOConfig(Qwen2Config):
    model_type = "minicpmo"

    def __init__(self, vision_config=None, audio_config=None, **others):
        super().__init__(**others)
        self.vision_config = _as(SiglipVisionConfig, vision_config)
        self.audio_config = _as(WhisperConfig, audio_config)


def _as(kind, config):
    return config if isinstance(config, kind) else kind(**(config or {}))


class MiniCPMOTokenizerFast(Qwen2Tokenizer):
    def __getattr__(self, name):
        if name in NAMED_TOKENS:
            return NAMED_TOKENS[name]
        if name.removesuffix("_id") in NAMED_TOKENS and name not in NAMED_TOKENS:
            return self.convert_tokens_to_ids(NAMED_TOKENS[name.removesuffix("_id")])
        return super().__getattr__(name)


class MiniCPMOProcessor(ProcessorMixin):
    attributes = ["feature_extractor", "tokenizer"]  # noqa: RUF012 - as transformers wants it
    feature_extractor_class = "WhisperFeatureExtractor"
    tokenizer_class = "AutoTokenizer"

    def __init__(self, feature_extractor=None, tokenizer=None, **others):
        super().__init__(feature_extractor, tokenizer)


class MiniCPMVImageProcessor(BaseImageProcessor):
    model_input_names = ["pixel_values"]  # noqa: RUF012

    def __init__(self, max_slice_nums=9, patch_size=14, image_feature_size=64, **others):
        super().__init__(**others)
        self.max_slice_nums, self.patch_size = max_slice_nums, patch_size
        self.image_feature_size, self.version = image_feature_size, "2.6"

    def get_sliced_grid(self, image_size, max_slice_nums=None, never_split=False):
        """None is one view, which is all that frames of a video get."""
        wanted = min(math.ceil(math.prod(image_size) / VIEW**2), max_slice_nums)
        return None if wanted <= 1 else [1, wanted]

    def get_slice_image_placeholder(
        self, image_size, image_idx=0, max_slice_nums=None, use_image_id=True
    ):
        number = f"<image_id>{image_idx}</image_id>" if use_image_id else ""
        return f"{number}<image>{'<unk>' * self.image_feature_size}</image>"

    def preprocess(self, images, max_slice_nums=None, return_tensors=None, **others):
        if isinstance(images, Image.Image):
            images = [images]
        if isinstance(images[0], Image.Image):
            images = [images]
        made = [[self._see(image) for image in batch] for batch in images]
        return BatchFeature(
            data={
                "pixel_values": [[pixels for pixels, _, _ in batch] for batch in made],
                "image_sizes": [[size for _, size, _ in batch] for batch in made],
                "tgt_sizes": [torch.stack([patches for _, _, patches in batch]) for batch in made],
            }
        )

    def _see(self, image):
        """The patches of a picture [3, patch, patches x patch], its size, the grid of patches."""
        image = image if isinstance(image, Image.Image) else Image.fromarray(np.asarray(image))
        patch = self.patch_size
        width, height = (max(round(side / patch), 1) for side in image.size)
        small = image.convert("RGB").resize((width * patch, height * patch))
        pixels = torch.from_numpy(np.asarray(small, dtype=np.float32) / 127.5 - 1).permute(2, 0, 1)
        cut = torch.nn.functional.unfold(pixels[None], (patch, patch), stride=(patch, patch))
        cut = cut.reshape(3, patch, patch, -1).permute(0, 1, 3, 2).reshape(3, patch, -1)
        return cut, image.size, torch.tensor([height, width], dtype=torch.int32)
