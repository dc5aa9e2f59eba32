"""Run summaries in the trackers of training: TensorBoard, Weights & Biases, MLflow."""

from __future__ import annotations
