"""Tuning by one protocol for all methods: the same few trials, chosen on validation, on seeds of its own."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from inforeg.errors import UserError
from inforeg.random import numpy_stream
from inforeg.runspec import Name, Seed, Seeds, Setting, Strict
from inforeg.suite.experiment import Row
from inforeg.ties import settled


class Range(Strict):
    """Values between `low` and `high`, evenly or evenly in their logarithm."""

    low: float = Field(description="the smallest value")
    high: float = Field(description="the largest value")
    log: bool = Field(False, description="draw the logarithm evenly")

    @model_validator(mode="after")
    def _is_a_range(self) -> "Range":
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ValueError("low must be below high, and above 0 where log is set")
        return self


Space = dict[str, Range | list[Setting]]
"""What may be drawn, by setting: a range, or a list of choices."""


class Searched(Row):
    """A row that is tuned; its own settings come first, then the trial's."""

    space: Space = Field(default_factory=dict, description="settings of the method alone")


class Tuning(Strict):
    """workflow/config/tuning.yaml."""

    title: str = Field(description="of the protocol")
    benchmarks: list[Name] = Field(min_length=1, description="on which rows are tuned, each by itself")
    trials: Annotated[int, Field(ge=2, le=1000)] = Field(
        description="trials of each row on each benchmark, of which the first is the row as it stands"
    )
    first_seed: Annotated[Seed, Field(ge=1)] = Field(description="above the seeds of all experiments")
    seeds: Seeds = Field(description="runs of a trial")
    common: Space = Field(
        default_factory=dict, description="settings that every row draws, the same for all rows in a trial"
    )
    rows: list[Searched] = Field(min_length=1, description="what is tuned")

    def trial(self, row: Searched, number: int) -> Row:
        """The row as trial `number` trains it; trial 0 is the row itself."""
        if not number:
            return Row(label=row.label, method=row.method, variant=row.variant, set=row.set)
        drawn = {key: draw(space, key, number) for key, space in self.common.items()}
        drawn |= {key: draw(space, row.key, key, number) for key, space in row.space.items()}
        name = f"trial_{number}" if row.variant == "default" else f"{row.variant}_trial_{number}"
        return Row(label=row.label, method=row.method, variant=name, set={**row.set, **drawn})


class Choice(Strict):
    """The trial that a row takes on a benchmark, and its row in full."""

    trial: int = Field(description="its number; 0 is the row as it stands")
    row: Row = Field(description="what it trains")


class Choices(Strict):
    """workflow/config/tuned.yaml: what tuning chose, by benchmark and row key."""

    choices: dict[Name, dict[str, Choice]] = Field(description="by benchmark and key of the row")

    def row(self, row: Row, benchmark: str) -> Row:
        """The tuned form of `row` on `benchmark`."""
        try:
            return self.choices[benchmark][row.key].row
        except KeyError:
            raise UserError(
                f"{TUNED} has no choice for {row.key!r} on {benchmark!r}; add the row to {TUNING}, run "
                "`snakemake --cores all tuning` and copy results/tuning/tuned.yaml there."
            ) from None


TUNING, TUNED = Path("workflow/config/tuning.yaml"), Path("workflow/config/tuned.yaml")


def draw(space: Range | list[Setting], *names: str | int) -> Setting:
    """A value of `space`, always the same for the same names; of ranges with three digits."""
    generator = numpy_stream(None, "tuning", *names)
    if isinstance(space, list):
        return space[int(generator.integers(len(space)))]
    if space.log:
        value = math.exp(generator.uniform(math.log(space.low), math.log(space.high)))
    else:
        value = float(generator.uniform(space.low, space.high))
    return float(f"{value:.3g}")


def best(scores: Mapping[int, float]) -> int:
    """The trial with the highest mean validation accuracy, which NaN is not; of equals the first."""
    trials = sorted(scores)
    known = [-math.inf if math.isnan(scores[trial]) else scores[trial] for trial in trials]
    return trials[int(settled(known).argmax())]


def every_trial(tuning: Tuning) -> Iterator[tuple[str, Searched, int, Row]]:
    """Benchmark, row, trial's number and what it trains, in order."""
    for benchmark in tuning.benchmarks:
        for row in tuning.rows:
            for number in range(tuning.trials):
                yield benchmark, row, number, tuning.trial(row, number)
