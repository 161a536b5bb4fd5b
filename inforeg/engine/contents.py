"""What the files of a run are called, and what the JSON among them holds: each is read through its model."""

import math
from collections.abc import Mapping
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)

from inforeg.engine.selection import Selection
from inforeg.runspec import RunSpec, digest_of

RUN, SUMMARY, COST, METRICS = "run.json", "summary.json", "cost.json", "metrics.jsonl"
PREDICTIONS, MODEL, CHECKPOINT, EVENTS = "predictions.parquet", "model.pt", "last.ckpt", "tensorboard"
FILES = (SUMMARY, METRICS, PREDICTIONS, MODEL, COST, CHECKPOINT, RUN)
"""What a run leaves, in the order in which it is discarded: while run.json is there, it is known as a run."""

RESULTS = {RUN, METRICS, PREDICTIONS, MODEL}
"""Files whose SHA-256 a finished run states; the others hold times."""


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """The values of a plain spec, or of a part of it, by their path, as in training.lr."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


class OfSpec(BaseModel):
    """What names the spec that it is of."""

    model_config = ConfigDict(frozen=True)

    spec: dict[str, Any] = Field(description="plain, since one of another version need not be valid today")
    spec_sha256: str
    sources: dict[str, str] = Field({}, description="SHA-256 of plug-ins that are not the package's own")

    @model_validator(mode="after")
    def _is_the_spec(self) -> "OfSpec":
        if digest_of(self.spec) != self.spec_sha256:
            raise ValueError("spec and spec_sha256 do not agree")
        return self


class Run(OfSpec):
    """run.json: what is trained, and by what; runs of version 0.1 have no seal, sources and machine."""

    commit: str
    versions: dict[str, str]
    machine: dict[str, str] = {}
    machine_sha256: str | None = Field(None, description="of what of the machine may change bits")
    seal: str | None = None


class Kept(BaseModel):
    """The epoch that a selection rule keeps; a metric is null where it is not a finite number."""

    model_config = ConfigDict(frozen=True)

    epoch: NonNegativeInt
    metrics: dict[str, float | None] = Field(min_length=1)

    @property
    def numbers(self) -> dict[str, float]:
        """The metrics, with NaN for those that are not finite."""
        return {name: math.nan if value is None else value for name, value in self.metrics.items()}


class Summary(OfSpec):
    """summary.json, which means done: results, or the reason why there are none."""

    files: dict[str, str] = Field(description="SHA-256 of the run's files")
    parameters: PositiveInt | None = None
    selection: dict[str, Kept] = {}
    diverged: str | None = None
    seal: str

    @model_validator(mode="after")
    def _is_whole(self) -> "Summary":
        if self.diverged is not None:
            whole = not self.selection and {RUN} <= self.files.keys() <= {RUN, METRICS}
        else:
            whole = self.selection.keys() == Selection.KEYS.keys() and self.files.keys() == RESULTS
        if not whole:
            raise ValueError("it does not state what a run leaves behind")
        return self


class Cost(BaseModel):
    """cost.json: seconds, samples a second, memory and passes, by name."""

    model_config = ConfigDict(frozen=True)

    spec_sha256: str
    seal: str
    wall_seconds: NonNegativeFloat
    training_seconds: NonNegativeFloat
    reading_seconds: NonNegativeFloat = Field(description="of the training, until a batch was there")
    samples_per_second: NonNegativeFloat
    peak_memory_mib: NonNegativeFloat
    steps: NonNegativeInt
    forward_passes: NonNegativeFloat
    backward_passes: NonNegativeFloat

    @property
    def numbers(self) -> dict[str, float]:
        """All costs by name."""
        return self.model_dump(exclude={"spec_sha256", "seal"})


class Report(BaseModel):
    """seeds=A-B.json beside the runs: these are done."""

    model_config = ConfigDict(frozen=True)

    spec_sha256: str = Field(description="of the spec of the first seed")
    summary_sha256: dict[NonNegativeInt, str] = Field(min_length=1, description="by seed")
    seal: str

    def covers(self, spec: RunSpec) -> bool:
        """Whether the run `spec` is one of these; a report that an earlier spec left behind is of others."""
        first = spec.model_copy(update={"seed": min(self.summary_sha256)})
        return self.spec_sha256 == first.digest() and spec.seed in self.summary_sha256
