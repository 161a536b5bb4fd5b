"""Numbers from elsewhere, read from a table in CSV."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import Field, FiniteFloat, NonNegativeFloat, PositiveInt, model_validator

from inforeg.errors import UserError, shown, unknown
from inforeg.metrics.base import PERCENT, metric_of
from inforeg.metrics.classification import ACCURACY
from inforeg.reading import read_text, validated
from inforeg.runspec import Name, Seed, Strict, Text
from inforeg.suite.experiment import Metric


class Line(Strict):
    """One line: a run's value, or what several runs have on average."""

    method: Text = Field(description="how the table is to call it")
    benchmark: Name = Field(description="as `inforeg list benchmarks` has it")
    metric: Metric = Field(ACCURACY.name, description="as `inforeg list metrics` has it")
    split: str | None = Field(None, description="on which it was measured")
    data_hash: str | None = Field(None, description="of the benchmark's folder, as data.dvc has it")
    shared_seeds: bool = Field(
        False, description="whether runs of one seed share initial weights and order of batches with ours"
    )
    seed: Seed | None = Field(None, description="of the run")
    value: FiniteFloat | None = Field(None, description="of the run, as a fraction or in percent")
    mean: FiniteFloat | None = Field(None, description="over runs, where their values are not known")
    sd: NonNegativeFloat | None = Field(None, description="their standard deviation (ddof = 1)")
    n: PositiveInt | None = Field(None, description="how many runs there are")

    @model_validator(mode="after")
    def _is_one_kind(self) -> "Line":
        if (self.value is None) == (self.mean is None):
            raise ValueError("it has to have a seed and its value, or a mean with sd and n, and not both")
        if self.value is not None and (self.sd is not None or self.n is not None):
            raise ValueError("sd and n belong to a mean; leave them out beside a value")
        if (self.value is None) != (self.seed is None):
            raise ValueError("a seed and its value belong together; give both, or a mean with sd and n")
        if (self.sd is None) != (self.n is None):
            raise ValueError("sd and n belong together; give both, or neither")
        if self.shared_seeds and not (self.seed is not None and self.split and self.data_hash):
            raise ValueError("who shares seeds has to state seed, split and data_hash; do, or say no")
        return self


COLUMNS = tuple(Line.model_fields)
NEEDED = ("method", "benchmark")


@dataclass(frozen=True)
class Own:
    """What is known of a method on a benchmark in one metric, in the unit in which tables report it.

    Attributes:
        place: file and line, for who is to mend it.
        method: how tables call it.
        benchmark: its name.
        metric: its name.
        split: on which it was measured; None where nothing says.
        data_hash: of the data; None where nothing says.
        shared: whether split, data and seeds are the suite's.
        values: by seed; empty where there is but a mean.
        mean: over the runs, as it is stated.
        sd: their deviation; None where it is not stated, or follows from the values.
        n: how many.
    """

    place: str
    method: str
    benchmark: str
    metric: str
    split: str | None
    data_hash: str | None
    shared: bool
    values: Mapping[int, float]
    mean: float | None
    sd: float | None
    n: int | None


@dataclass(frozen=True)
class Beside:
    """Own numbers in one metric beside an experiment's, in the unit in which tables report it.

    Attributes:
        metric: its name.
        rows: of the experiment: benchmark, row, mean, sd, n.
        own: benchmark, method, mean, sd, n; sd and n are missing where they are not stated.
        tests: of each own number that can be tested against each row of its benchmark: benchmark, method,
            row, n, m (of the row), difference, low, high, p, test, smallest (p that so many can reach),
            p_holm over the tests of a benchmark, family (their number) and significant.
        untested: what is not tested, or cannot find anything, and why; a sentence each.
    """

    metric: str
    rows: pd.DataFrame
    own: pd.DataFrame
    tests: pd.DataFrame
    untested: Sequence[str]


def read_own(path: Path) -> list[Own]:
    """The methods of a CSV file, in its order.

    Raises:
        UserError: it is no such file, or one of its lines is none of a `Line`; says which, and why.
    """
    lines = _lines(path)
    factors = {
        metric: _factor(metric, lines) for metric in dict.fromkeys(line.metric for line in lines.values())
    }
    groups: dict[tuple[str, str, str], dict[str, Line]] = {}
    for place, line in lines.items():
        groups.setdefault((line.metric, line.benchmark, line.method), {})[place] = line
    return [_joined(group, factors[metric]) for (metric, *_), group in groups.items()]


def _lines(path: Path) -> dict[str, Line]:
    """The validated lines by their place."""
    header, *rows = _cells(path)
    names = [name.strip() for name in header]
    if len(names) == 1:
        raise UserError(f"{path} has one column, {shown(names[0])}; separate columns by commas.")
    for name in names:
        if name not in COLUMNS:
            raise unknown(f"column of {path}", name, COLUMNS)
        if names.count(name) > 1:
            raise UserError(f"{path} has two columns {name!r}; leave one out.")
    if lacking := next((name for name in NEEDED if name not in names), None):
        raise UserError(f"{path} has no column {lacking!r}; add it.")
    found = {}
    for number, row in enumerate(rows, start=2):
        given = {name: cell.strip() for name, cell in zip(names, row, strict=True) if cell.strip()}
        place = f"{path}, line {number}"
        if not given:
            continue
        if lacking := next((name for name in NEEDED if name not in given), None):
            raise UserError(f"{place} has no {lacking}; add it.")
        found[place] = validated(Line, given, place)
        metric_of(found[place].metric)
    if not found:
        raise UserError(f"{path} has no line below its header; add some.")
    return found


def _cells(path: Path) -> list[list[str]]:
    """The text of each cell, the header's among them; blank lines are there, so that lines can be named."""
    text = io.StringIO(read_text(path).removeprefix("\ufeff"))
    try:
        # The header as a line like any other: pandas would rename columns, or take one as an index.
        frame = pd.read_csv(text, header=None, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except pd.errors.EmptyDataError:
        raise UserError(f"{path} is empty; its first line names columns, of {', '.join(COLUMNS)}.") from None
    except pd.errors.ParserError as error:
        reason = " ".join(str(error).removeprefix("Error tokenizing data. C error: ").split())
        raise UserError(f"{path} is no table in CSV: {reason}.") from None
    return [[str(cell) for cell in row] for row in frame.fillna("").to_numpy()]


def _factor(metric: str, lines: Mapping[str, Line]) -> float:
    """From the numbers of `metric` to those that tables report: fractions, of which none is above 1, or so.

    Raises:
        UserError: some are fractions and some are not, or are not possible.
    """
    unit = metric_of(metric).unit
    if unit.factor == 1:
        return 1.0
    numbers = {place: _number(line) for place, line in lines.items() if line.metric == metric}
    if all(abs(number) <= 1 for number in numbers.values()):
        possible, factor = 1.0, unit.factor
    else:
        possible, factor = unit.factor, 1.0
    for place, number in numbers.items():
        if abs(number) > possible or (unit == PERCENT and number < 0):
            raise UserError(f"{place} has {number:g} as {metric}; give fractions or percent, 100 at most.")
        if factor == 1 and 0 < abs(number) <= 1:
            raise UserError(
                f"{place} has {number:g} as {metric}, and others are above 1; give all as fractions, or all "
                "in percent."
            )
    return factor


def _number(line: Line) -> float:
    return float(line.mean if line.value is None else line.value)  # type: ignore[arg-type]


def _joined(group: Mapping[str, Line], factor: float) -> Own:
    """The lines of one method on one benchmark, by their place, as one."""
    (place, first), *others = group.items()
    for elsewhere, line in others:
        what = f"{line.method} on {line.benchmark}"
        if line.mean is not None or first.mean is not None:
            raise UserError(f"{place} and {elsewhere} both tell of {what}; give a mean alone, or seeds.")
        for name in ("split", "data_hash", "shared_seeds"):
            if getattr(line, name) != getattr(first, name):
                raise UserError(f"{place} and {elsewhere} differ in {name} for {what}; let them agree.")
    values: dict[int, float] = {}
    for elsewhere, line in group.items():
        if line.seed is not None and line.value is not None:
            if line.seed in values:
                raise UserError(f"{elsewhere} has seed {line.seed} once more; give each one once.")
            values[line.seed] = factor * line.value
    return Own(
        place,
        first.method,
        first.benchmark,
        first.metric,
        first.split,
        first.data_hash,
        first.shared_seeds,
        values,
        None if first.mean is None else factor * first.mean,
        None if first.sd is None else factor * first.sd,
        first.n,
    )
