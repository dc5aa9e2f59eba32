"""The rows that a model is trained on: read, written, cut to size, and kept apart from tests."""
