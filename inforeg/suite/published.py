"""What the JSON files of a published version say, of any version; whatever else they say is kept."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Told(BaseModel):
    """What stands in such a file."""

    model_config = ConfigDict(extra="allow")


class Origin(Told):
    """provenance.json, with whatever else it says of the machine."""

    commits: list[str] = Field(min_length=1)
    collected_by: str


class Line(Told):
    """A row on a benchmark, as statistics/*.json has it."""

    benchmark: str
    row: str
    reference: str
    n: int = Field(ge=1)
    mean: float | None
    sd: float | None
    difference: float | None
    p: float | None


class Ranked(Told):
    """Mean ranks over the benchmarks."""

    mean_rank: dict[str, float]
    statistic: float | None
    p: float
    nemenyi: dict[str, dict[str, float]]
    critical_difference: float


class Across(Told):
    """What is found over all benchmarks."""

    overview: list[dict[str, Any]] = []
    ranks: Ranked | None = None


class Statistics(Told):
    """statistics/<experiment>.json."""

    comparison: list[Line]
    across: Across = Across()


class Verdict(Told):
    """A claim on a benchmark, as claims.json has it."""

    experiment: str
    claim: str
    benchmark: str
    verdict: str
    statement: str
    source: str
    metric: str
    printed: Mapping[str, float]


class Pooled(Told):
    """A claim over all benchmarks."""

    experiment: str
    claim: str
    low: float | None
    high: float | None


class Said(Told):
    """A sentence of a summary, and one of its claims."""

    experiment: str
    claim: str
    text: str
    source: str
    statement: str
    points: list[float] | None
    verdict: str | None


class Claims(Told):
    """claims.json, and claims/<experiment>.json."""

    tests: list[Verdict]
    provenance: dict[str, Origin]
    settings: dict[str, Any]
    summary: str
    pooled: list[Pooled] = []
    sentences: list[Said] = []
