"""What is known of a judge once it was measured, and where is it kept?

calibration.json   one `Calibration`: the measures, and everything they depend on
pairs.jsonl        one `JudgedPair` a line: both judges' scores of every pair that was asked
verdicts.jsonl     what the judge replied, by content address, as in any run
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from ugcbench.complaints import describe
from ugcbench.errors import RunCorruptError, RunError
from ugcbench.store import read_typed, replace_text
from ugcbench.types import Frozen, Status, Unit
from ugcbench_judging.agreement import Agreement, Retest
from ugcbench_judging.gates import Gate

REPORT = "calibration.json"
PAIRS = "pairs.jsonl"


class JudgedPair(Frozen):
    """One line of pairs.jsonl: what two judges say about one answer.

    `anchor` holds the anchor judge's score in [0, 1] by dimension, `judge` that of the judge that
    was measured, empty unless `status` is `ok`. `repeats` are its scores when it was asked again,
    an empty one for each failure.
    """

    system: str
    clip: str
    sample_id: str
    status: Status
    anchor: Mapping[str, Unit]
    judge: Mapping[str, Unit]
    repeats: tuple[Mapping[str, Unit], ...] = ()


class Expense(Frozen):
    """What the stored verdicts of a judge took.

    `usd` and the tokens are sums over the `verdicts`, None where the provider or the price file
    says nothing; `seconds` is the mean wall time of one verdict, retries included.
    """

    verdicts: int
    input_tokens: int | None
    output_tokens: int | None
    usd: float | None
    seconds: float | None

    @property
    def usd_per_thousand(self) -> float | None:
        """US dollars for a thousand verdicts."""
        return None if self.usd is None else 1000 * self.usd / self.verdicts


class Calibration(Frozen):
    """A judge measured against an anchor judge.

    `judge` was asked and `judge_answered` replied, over `size` of the anchor's `anchor_size` pairs,
    drawn by `seed`, `repeats` times each. `rubric` is the fingerprint of the wording and of the
    verdict's schema, `rules` the hash that `Cell.protocol_hash` has for runs judged in this way.
    `dimensions` and `average` (their mean; None if there is only one) are measured on the pairs
    that got a verdict the first time. `statuses` counts how those questions ended,
    `repeat_statuses` and `gate_statuses` the others. `seconds` is the wall time of the last call.
    """

    created: str
    task: str
    judge: str
    judge_answered: tuple[str, ...]
    judge_options: Mapping[str, object]
    comparable: bool
    anchor: str
    anchor_revision: str
    anchor_size: int
    systems: tuple[str, ...]
    rubric: str
    protocol: str
    protocol_hash: str
    rules: str
    size: int
    seed: int
    repeats: int
    dimensions: Mapping[str, Agreement]
    average: Agreement | None
    retest: Mapping[str, Retest]
    gates: tuple[Gate, ...]
    statuses: Mapping[str, int]
    repeat_statuses: Mapping[str, int]
    gate_statuses: Mapping[str, int]
    expense: Expense
    seconds: float
    versions: Mapping[str, str]

    @property
    def coverage(self) -> float:
        """The share of the pairs that got a verdict."""
        return self.statuses.get("ok", 0) / self.size


def write_calibration(path: Path, calibration: Calibration, pairs: Iterable[JudgedPair]) -> None:
    """Write both files into the directory `path`, each at one stroke."""
    replace_text(path / PAIRS, "".join(pair.model_dump_json() + "\n" for pair in pairs))
    replace_text(path / REPORT, calibration.model_dump_json(indent=2) + "\n")


def read_calibration(path: str | Path) -> Calibration:
    """The calibration in a directory; raises `RunError`, `RunCorruptError`."""
    file = Path(path) / REPORT
    try:
        return Calibration.model_validate_json(file.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise RunError(
            f"{path} holds no {REPORT}; make one with: ugcbench judge calibrate --judge NAME "
            f"--anchor RUN --output {path}"
        ) from None
    except ValidationError as error:
        raise RunCorruptError(f"{file}: {describe(error)}") from error


def read_judged_pairs(path: str | Path) -> list[JudgedPair]:
    """The pairs of a calibration, in the anchor's order; raises `RunError`, `RunCorruptError`."""
    file = Path(path) / PAIRS
    if not file.is_file():
        raise RunError(f"{path} holds no {PAIRS}: it is no finished calibration")
    return list(read_typed(file, JudgedPair))
