"""Pictures of results: paired differences, distributions of scores, quality against cost."""

from __future__ import annotations
