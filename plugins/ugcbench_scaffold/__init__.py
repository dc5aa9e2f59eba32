"""The start of a plugin of one's own: a package whose tests pass at once."""

from __future__ import annotations
