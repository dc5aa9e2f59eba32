"""Captions by a teacher: asked for once a clip, sorted out, and written as rows to train on."""
