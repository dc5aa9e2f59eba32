"""A repository of MiniCPM-o 2.6 for vLLM's own class; the engine makes the weights up."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

CODE = "vllm_minicpm_o_code"
SPOKEN = ("<|spk|>", "<|tts_bos|>", "<|tts_eos|>")
VISION = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 980,
    "patch_size": 14,
}
AUDIO = {
    "d_model": 64,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 256,
    "num_mel_bins": 80,
    "max_source_positions": 1500,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 64,
}
PROCESSORS = {
    "image_processor_type": "MiniCPMVImageProcessor",
    "feature_extractor_type": "WhisperFeatureExtractor",
    "processor_class": "MiniCPMOProcessor",
    "auto_map": {
        "AutoProcessor": f"{CODE}.MiniCPMOProcessor",
        "AutoImageProcessor": f"{CODE}.MiniCPMVImageProcessor",
    },
    "feature_size": 80,
    "chunk_length": 30,
    "sampling_rate": 16_000,
    "return_attention_mask": True,
}


def write_checkpoint(folder):
    import torch
    from safetensors.torch import save_file

    here = Path(__file__).parent
    shutil.copy(here / f"{CODE}.py", folder)
    tokenizer = _write_tokenizer(folder)
    config = _describe((len(tokenizer) + 63) // 64 * 64, tokenizer.eos_token_id)
    _write(folder / "config.json", config)
    _write(folder / "preprocessor_config.json", PROCESSORS)
    _write(folder / "generation_config.json", {"eos_token_id": tokenizer.eos_token_id})
    save_file({"nothing": torch.zeros(1)}, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def _write_tokenizer(folder):
    from vllm_minicpm_o_code import NAMED_TOKENS

    from ugcbench.testing.tiny_causal_lm import make_chat_tokenizer
    from ugcbench.testing.tiny_tokenizer import SAMPLE_TEXTS

    controls = (*NAMED_TOKENS.values(), *SPOKEN, "<unk>", "<unit>")
    tokenizer = make_chat_tokenizer(SAMPLE_TEXTS, None, controls)
    tokenizer.save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    written = json.loads(file.read_text())
    written |= {"tokenizer_class": "MiniCPMOTokenizerFast", "unk_token": "<unk>"}
    written["auto_map"] = {"AutoTokenizer": [None, f"{CODE}.MiniCPMOTokenizerFast"]}
    _write(file, written)
    return tokenizer


def _describe(vocabulary, end):
    return {
        "architectures": ["MiniCPMO"],
        "model_type": "minicpmo",
        "version": "2.6",
        "auto_map": {"AutoConfig": f"{CODE}.MiniCPMOConfig"},
        "vocab_size": vocabulary,
        "hidden_size": 128,
        "intermediate_size": 256,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "tie_word_embeddings": False,
        "eos_token_id": end,
        "query_num": 64,
        "image_size": 448,
        "patch_size": 14,
        "batch_vision_input": True,
        "drop_vision_last_layer": False,
        "slice_mode": True,
        "vision_batch_size": 16,
        "slice_config": {"max_slice_nums": 9, "patch_size": 14, "model_type": "minicpmv"},
        "audio_pool_step": 2,
        "audio_chunk_length": 1.0,
        "init_audio": True,
        "init_vision": True,
        "init_tts": False,
        "vision_config": VISION,
        "audio_config": AUDIO,
    }


def _write(file, content):
    file.write_text(json.dumps(content, indent=1))
