"""What does a bridge between two judges hold?

A bridge is fitted once to a calibration and kept as plain numbers in bridge.json, so that applying
it needs numpy alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from ugcbench.errors import UsageError
from ugcbench.protocol import JudgeRule, digest
from ugcbench.store import replace_text
from ugcbench.types import Frozen, Unit
from ugcbench_judging.score_maps import Method

BRIDGE = "bridge.json"


class MapError(Frozen):
    """How far a map is off.

    `mae` and `rmse` of single answers about clips that it was not fitted to; `systems` is the root
    mean square error of the means of systems that it was not fitted to.
    """

    mae: float
    rmse: float
    systems: float


class ScoreMap(Frozen):
    """The anchor's expected score for each score of the judge in one dimension.

    Straight between its `knots`, flat beyond them. `constant` is the error of the anchor's plain
    mean, which a judge that knows nothing would reach. `system_errors` are recorded minus bridged
    mean of each system, by a map fitted to the other systems.
    """

    dimension: str
    method: Method
    knots: tuple[Unit, ...] = Field(min_length=1)
    values: tuple[Unit, ...] = Field(min_length=1)
    error: MapError
    constant: MapError
    system_errors: Mapping[str, float]


class Curves(Frozen):
    """The maps of all dimensions, and how sure they are.

    `covariance` is that of the values of all maps at their knots, map after map, over `resamples`
    bootstraps of the clips; `systems` are those by which the maps were fitted.
    """

    maps: tuple[ScoreMap, ...] = Field(min_length=1)
    covariance: tuple[tuple[float, ...], ...]
    systems: tuple[str, ...]
    resamples: int = Field(ge=2)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The names of the dimensions that have a map."""
        return tuple(part.dimension for part in self.maps)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        size = sum(len(part.values) for part in self.maps)
        if [len(row) for row in self.covariance] != [size] * size:
            raise ValueError("the covariance doesn't fit the maps")
        return self


class LeftOut(Frozen):
    """A system whose verdicts by the anchor are known, bridged as if they were not.

    `low` and `high` are the 95 % interval by the bridge of the other systems, None where those are
    too few for a bridge.
    """

    system: str
    dimension: str
    n: int
    recorded: Unit
    bridged: Unit
    low: Unit | None = None
    high: Unit | None = None

    @property
    def covered(self) -> bool | None:
        """Whether the interval holds the recorded mean."""
        if self.low is None or self.high is None:
            return None
        return self.low <= self.recorded <= self.high


class Bridge(Frozen):
    """The way from a judge's scores to the scale of the anchor judge, for one task.

    `rubric` is the fingerprint of the rubric and `rule` the rule by which the judge was calibrated;
    verdicts given by others are not bridged. `comparable` is False for an offline judge.
    `calibration` is the hash of what the bridge was fitted to, `hash` its own.
    """

    judge: str
    anchor: str
    task: str
    rubric: str
    rule: JudgeRule
    comparable: bool
    calibration: str
    pairs: int
    clips: int
    seed: int
    curves: Curves
    left_out: tuple[LeftOut, ...]
    hash: str

    @classmethod
    def sealed(cls, **fields: Any) -> Bridge:  # noqa: ANN401
        """The bridge of these fields, with its hash."""
        return cls(**fields, hash=cls.model_construct(**fields).content_hash())

    def content_hash(self) -> str:
        """Twelve hexadecimal digits that change with everything but the hash itself."""
        return digest(self.model_dump(mode="json", exclude={"hash"}))

    @model_validator(mode="after")
    def _is_unchanged(self) -> Self:
        if self.hash != self.content_hash():
            raise ValueError("its hash doesn't fit its content, which was changed afterwards")
        return self


def write_bridge(bridge: Bridge, folder: Path) -> Path:
    """Write bridge.json into a folder; returns its path."""
    path = folder / BRIDGE
    replace_text(path, bridge.model_dump_json(indent=2) + "\n")
    return path


def read_bridge(folder: Path) -> Bridge:
    """The bridge in a calibration directory; raises `UsageError`."""
    file = folder / BRIDGE
    try:
        return Bridge.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        advice = f"fit one by: ugcbench judge bridge {folder}"
        raise UsageError(f"{file} is not there; {advice}") from None
    except ValidationError as error:
        problem = error.errors()[0]["msg"]
        raise UsageError(f"{file}: {problem}; fit the bridge again") from None
