"""How does a training run on several processes?

`accelerate` starts them, by one of the configurations here: `ddp` (a copy of everything on each
GPU), `zero2` and `zero3` (DeepSpeed), `fsdp` (PyTorch). The number of processes is the recipe's.
"""
