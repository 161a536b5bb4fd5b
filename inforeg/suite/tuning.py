"""Settings by a written protocol: the same trials for all, chosen on validation, on seeds of their own."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from inforeg.errors import UserError
from inforeg.random import numpy_stream
from inforeg.runspec import Name, Seed, Seeds, Setting, Strict, Text
from inforeg.suite.rows import Row
from inforeg.ties import ROUNDING, apart, settled


@dataclass(frozen=True)
class Protocol:
    """A file below workflow/config/ that says what is tried, and what becomes of it.

    Attributes:
        name: of the file and of the target.
        trial: of which the names of the trials' variants are made.
        file: that holds the choices.
    """

    name: str
    trial: str
    file: str

    @property
    def path(self) -> Path:
        """The file, relative to the project."""
        return Path(f"workflow/config/{self.name}.yaml")

    @property
    def files(self) -> tuple[str, ...]:
        """What is made of the trials: the choices, all trials as CSV and as a table, and their origin."""
        return (self.file, "trials.csv", "trials.md", "provenance.json")

    @property
    def products(self) -> tuple[str, ...]:
        """The same below results/."""
        return tuple(f"{self.name}/{file}" for file in self.files)


TUNING = Protocol("tuning", "trial", "tuned.yaml")
"""Settings of every method, for experiments with `tuned: true`."""
SETTINGS = Protocol("settings", "setting", "chosen.yaml")
"""How benchmarks train, by joint training alone, for their YAMLs."""
PROTOCOLS = {protocol.name: protocol for protocol in (SETTINGS, TUNING)}


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
    """workflow/config/tuning.yaml or settings.yaml."""

    title: Text = Field(description="of the protocol")
    benchmarks: list[Name] = Field(min_length=1, description="on which rows are tuned, each by itself")
    trials: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        None,
        description="trials of each row on each benchmark, drawn at random, of which the first is the row "
        "as it stands; left out: the row as it stands and every combination of the choices",
    )
    first_seed: Annotated[Seed, Field(ge=1)] = Field(description="above the seeds of all experiments")
    seeds: Seeds = Field(description="runs of a trial")
    indifference: float = Field(
        0.0,
        ge=0,
        lt=100,
        description="points of validation accuracy that are not worth more epochs than others take",
    )
    margin: float = Field(
        1.0,
        ge=1,
        description="factor within which below a learning rate at which training breaks down, all else being "
        "equal, none is chosen: with other seeds and methods it may break down there too",
    )
    breakdown: float = Field(
        100.0,
        gt=0,
        le=100,
        description="points of validation accuracy below the row's best trial from which on training has "
        "broken down, as it has where a run diverges",
    )
    common: Space = Field(
        default_factory=dict, description="settings that every row draws, the same for all rows in a trial"
    )
    rows: list[Searched] = Field(min_length=1, description="what is tuned")

    @model_validator(mode="after")
    def _can_be_combined(self) -> "Tuning":
        if self.trials is None:
            for row in self.rows:
                space = {**self.common, **row.space}
                if wrong := next((key for key, values in space.items() if isinstance(values, Range)), None):
                    raise ValueError(f"{wrong!r} is a range; give a list of choices, or say how many trials")
                if len(grid(space)) == 1:
                    raise ValueError(f"the row {row.key!r} has nothing to choose from; give choices in space")
        return self

    def settings(self, row: Searched) -> list[dict[str, Setting]]:
        """What is tried of `row`, by the number of the trial; trial 0 is the row as it stands."""
        if self.trials is None:
            return [{}, *grid({**self.common, **row.space})]
        return [{}, *(self._drawn(row, number) for number in range(1, self.trials))]

    def _drawn(self, row: Searched, number: int) -> dict[str, Setting]:
        drawn = {key: draw(space, key, number) for key, space in self.common.items()}
        return drawn | {key: draw(space, row.key, key, number) for key, space in row.space.items()}


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
                f"{TUNED} has no choice for {row.key!r} on {benchmark!r}; add the row to {TUNING.path}, run "
                "`snakemake --cores all tuning` and copy results/tuning/tuned.yaml there."
            ) from None


RATE = "training.lr"

TUNED = Path("workflow/config/tuned.yaml")


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


def grid(space: Space) -> list[dict[str, Setting]]:
    """Every combination of the choices, the last key's changing fastest."""
    choices = [values for values in space.values() if isinstance(values, list)]
    return [dict(zip(space, values, strict=True)) for values in product(*choices)]


def at_the_edge(space: Space, setting: Mapping[str, Setting]) -> list[str]:
    """The keys whose value is the smallest or the largest of at least three numbers to choose from."""
    found = []
    for key, values in space.items():
        numbers = (
            [value for value in values if isinstance(value, int | float)] if isinstance(values, list) else []
        )
        if len(numbers) > 2 and setting.get(key) in (min(numbers), max(numbers)):
            found.append(key)
    return found


def best(scores: Mapping[int, Sequence[float]], epochs: Mapping[int, int], indifference: float = 0.0) -> int:
    """The trial with the highest mean score among those of the fewest epochs that are as good as any.

    As good is a trial whose mean is below the highest by no more than one standard error of the difference,
    paired over seeds (the one-standard-error rule of Breiman et al., 1984), or by no more than
    `indifference`. Of trials with equal means it is the first.

    Args:
        scores: validation accuracies by trial, in the order of the seeds; minus infinity for a run that
            diverged.
        epochs: passes over the training split by trial.
        indifference: a difference that is not worth more epochs, in the units of `scores`.
    """
    trials = sorted(scores)
    means = {trial: float(np.mean(scores[trial])) for trial in trials}
    top = _highest(means, trials)
    if not math.isfinite(means[top]):
        return top
    known = [trial for trial in trials if math.isfinite(means[trial])]
    fewest = min(
        epochs[trial]
        for trial in known
        if _as_good(scores[trial], scores[top]) or apart(means[top] - means[trial], indifference) <= 0
    )
    return _highest(means, [trial for trial in known if epochs[trial] == fewest])


def unsafe(
    scores: Mapping[int, Sequence[float]],
    settings: Mapping[int, Mapping[str, Setting]],
    margin: float,
    breakdown: float = math.inf,
) -> set[int]:
    """The trials whose learning rate is within the factor `margin` below one at which training breaks down.

    Args:
        scores: validation accuracies of a row by trial; minus infinity for a run that diverged.
        settings: what each of these trials sets; those that differ in the learning rate alone are compared.
        margin: 1 for those at which it breaks down themselves.
        breakdown: so far below the highest mean it has broken down, as it has where a run diverges.
    """
    means = {trial: float(np.mean(scores[trial])) for trial in scores}
    least = max(means.values()) - breakdown
    broken = [trial for trial in scores if means[trial] < least or not math.isfinite(means[trial])]
    return {
        trial
        for trial, other in product(scores, broken)
        if _besides(settings[trial]) == _besides(settings[other])
        and 1 <= _factor(settings[trial], settings[other]) <= margin * (1 + ROUNDING)
    }


def _besides(setting: Mapping[str, Setting]) -> dict[str, Setting]:
    return {key: value for key, value in setting.items() if key != RATE}


def _factor(one: Mapping[str, Setting], other: Mapping[str, Setting]) -> float:
    """The other learning rate in units of the first; 1 where both are the benchmark's."""
    first, second = (each.get(RATE) for each in (one, other))
    if not (isinstance(first, int | float) and isinstance(second, int | float)):
        return 1.0 if first == second else math.inf
    return second / first


def _as_good(scores: Sequence[float], highest: Sequence[float]) -> bool:
    below = np.subtract(highest, scores)
    if not np.isfinite(below).all():
        return False
    error = np.std(below, ddof=1) / math.sqrt(len(below)) if len(below) > 1 else 0.0
    return bool(apart(np.mean(below), error) <= 0)


def _highest(means: Mapping[int, float], trials: Sequence[int]) -> int:
    known = [-math.inf if math.isnan(means[trial]) else means[trial] for trial in trials]
    return trials[int(settled(known).argmax())]


def every_trial(tuning: Tuning, protocol: Protocol) -> Iterator[tuple[str, Searched, int, Row]]:
    """Benchmark, row, trial's number and what it trains, in order."""
    for benchmark in tuning.benchmarks:
        for row in tuning.rows:
            for number, setting in enumerate(tuning.settings(row)):
                yield benchmark, row, number, trial(row, number, setting, protocol)


def trial(row: Searched, number: int, setting: Mapping[str, Setting], protocol: Protocol) -> Row:
    """The row as trial `number` trains it."""
    name = f"{protocol.trial}_{number}"
    if row.variant != "default":
        name = f"{row.variant}_{name}"
    variant = name if number else row.variant
    return Row(label=row.label, method=row.method, variant=variant, base=row.base, set={**row.set, **setting})
