"""How does a process that a test starts get the shims? With this folder on its PYTHONPATH."""

import cuda_stream_shim
import torchvision_shim

torchvision_shim.install()
cuda_stream_shim.install()
