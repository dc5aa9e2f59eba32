"""What did the client of Weights & Biases write while it was offline?

Its file is a log as of LevelDB: after a header of 7 bytes, blocks of 32 KiB with records, each with
checksum (4 bytes), length (2) and type (1: whole, 2: first, 3: middle, 4: last part).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from pathlib import Path

BLOCK, HEADER = 1 << 15, 7
WHOLE, LAST = 1, 4


class OfflineRun:
    """One offline folder: `info`, `config`, `history` and `summary` as they would be sent."""

    def __init__(self, folder: Path):
        from wandb.proto.wandb_internal_pb2 import Record

        (file,) = folder.glob("*.wandb")
        self.config, self.summary, self.history, self.artifacts = {}, {}, [], []
        for payload in read_payloads(file.read_bytes()):
            record = Record.FromString(payload)
            match record.WhichOneof("record_type"):
                case "run":
                    self.info = record.run
                    self.config |= decode(record.run.config.update)
                case "config":
                    self.config |= decode(record.config.update)
                case "history":
                    self.history.append(decode(record.history.item))
                case "summary":
                    self.summary |= decode(record.summary.update)
                case "artifact":
                    self.artifacts.append(record.artifact.name)


def decode(items) -> dict[str, object]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in items}


def read_payloads(raw: bytes) -> Iterator[bytes]:
    at, parts = HEADER, b""
    while at + HEADER <= len(raw):
        left = BLOCK - at % BLOCK
        if left < HEADER:
            at += left
            continue
        _, length, kind = struct.unpack_from("<IHB", raw, at)
        if kind == 0:
            return
        parts += raw[at + HEADER : at + HEADER + length]
        at += HEADER + length
        if kind in (WHOLE, LAST):
            yield parts
            parts = b""
