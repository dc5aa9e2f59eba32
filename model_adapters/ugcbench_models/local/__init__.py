"""How do checkpoints answer on this machine?

    batching           single requests -> batches; knows no framework
    residency          the engine is loaded once, off the event loop, and freed
    checkpoint_files   where the files lie, and what is wrong with them
    checkpoints        files -> model and tokenizer (transformers)
    chats              prompt -> tokens of a chat
    grammars           JSON schema -> which token may come next (xgrammar)
    decoding           a batch of prompts -> a batch of replies (torch)
    text_engine        these together, for text
    text_chat          the adapter `hf/<checkpoint>`
    clip_chat          the adapter of all models that see and hear; what their engines must do
    qwen_omni_clips    a clip -> Qwen2.5-Omni's patches, spectrogram and placeholders
    qwen_omni          the engine for Qwen2.5-Omni and what was tuned from it
    minicpm_o          may MiniCPM-o be loaded (its own code is trusted); its engine:
    minicpm_o_units    clip -> units of a second
    minicpm_o_code     conversation -> inputs and embeddings, by the checkpoint's own code
    minicpm_o_engine   these together
    gemma3n_clips      a clip -> Gemma 3n's pictures and sounds
    gemma3n            the engine for Gemma 3n
    backends           a model's name -> the adapter for transformers or for vLLM
    vllm_chat          the adapter `vllm/<checkpoint>`
    vllm_engine        prompt and clip -> vLLM's engine -> reply
    vllm_families      what kind of checkpoint it is, and so who writes its clips:
    vllm_qwen_omni, vllm_gemma3n, vllm_minicpm_o
    vllm_clips         what all of these give, and the check of what vLLM made of it

The first three, `text_chat`, `clip_chat`, `vllm_chat` and `backends` import no framework.
"""
