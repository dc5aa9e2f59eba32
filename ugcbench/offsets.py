"""Where in a long file does the line with a key stand?"""

from __future__ import annotations

import bisect
from array import array

PENDING = 4096
"""How many new keys an index holds in a dict before it packs them into its arrays, or more: a 64th
of what is there, so that packing takes little time for an index of any length."""


class OffsetIndex:
    """A map from key to file offset, or any number below 2**63, in 16 bytes an entry: sorted arrays
    plus a small dict.
    """

    def __init__(self) -> None:
        self._digests = array("Q")
        self._offsets = array("q")
        self._pending: dict[int, int] = {}

    def add(self, key: str, offset: int) -> None:
        """Set the offset of `key`, replacing an earlier one."""
        self._pending[_digest(key)] = offset
        if len(self._pending) >= max(PENDING, len(self._digests) >> 6):
            self._pack()

    def find(self, key: str) -> int | None:
        """The offset of `key`, or None."""
        digest = _digest(key)
        if digest in self._pending:
            return self._pending[digest]
        at = bisect.bisect_right(self._digests, digest) - 1
        if at < 0 or self._digests[at] != digest:
            return None
        return self._offsets[at]

    def _pack(self) -> None:
        """Merge what is pending into the arrays; of equal keys the later offset comes last."""
        import numpy as np  # only long files get here

        fresh = np.fromiter(self._pending.keys(), np.uint64, len(self._pending))
        order = np.argsort(fresh)
        offsets = np.fromiter(self._pending.values(), np.int64, len(self._pending))[order]
        known = np.frombuffer(self._digests, np.uint64)
        places = np.searchsorted(known, fresh[order], side="right")
        digests = np.insert(known, places, fresh[order])
        offsets = np.insert(np.frombuffer(self._offsets, np.int64), places, offsets)
        self._digests = array("Q", digests.tobytes())
        self._offsets = array("q", offsets.tobytes())
        self._pending.clear()


def _digest(key: str) -> int:
    """64 bits that stand for a key while the process lives: Python's own, keyed hash."""
    return hash(key) & 0xFFFF_FFFF_FFFF_FFFF
