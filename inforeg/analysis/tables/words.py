"""How tables say what they hold: numbers, intervals, selection rules, references."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import MINIMUM, POWER
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.render import Entry
from inforeg.engine.selection import CHOOSING
from inforeg.metrics.base import POINTS, metric_of

EPOCH = {
    "val": f"at the epoch with the best validation {CHOOSING.title}",
    "last": "at the last epoch",
    "test_oracle": f"at the epoch with the best test {CHOOSING.title} (an oracle, biased upwards)",
}
"""What a selection rule keeps, in words."""


NOTHING = Entry("—")


SMALLEST = "Smallest found"
"""How a column of `smallest_found` is called."""


def number(value: float, form: str) -> str:
    """`value` in the format `form`, with a minus for a hyphen; a dash where it is undefined."""
    return re.sub("^-", "−", format(value, form)) if math.isfinite(value) else NOTHING.text


def probability(value: float) -> str:
    """A p with three digits, of which one is not 0."""
    return "<0.001" if value < 0.0005 else number(value, ".3f")


def signed(value: float, digits: int = 1) -> str:
    """`value` with its sign and so many digits."""
    return number(value, f"+.{digits}f")


def several(value: float, things: str) -> str:
    """So many `things`."""
    return f"{value:g} {plural(value, things)}"


def plural(value: float, things: str) -> str:
    """What so many `things` are called: one has no s."""
    return things.removesuffix("s") if value == 1 else things


def margins(studies: Iterable[Study]) -> str:
    """The smallest effects of interest of the studies' experiments."""
    effects = dict.fromkeys(study.experiment.smallest_effect for study in studies)
    return " or ".join(several(effect, POINTS.name) for effect in effects)


def joined(parts: Sequence[str]) -> str:
    """`parts` as an enumeration."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def interval(line: Mapping[Any, Any], name: str) -> str:
    """The interval in the columns `name`_low and `name`_high; a dash where there is none."""
    low, high = (line[f"{name}_{end}"] for end in ("low", "high"))
    return NOTHING.text if pd.isna(low) else f"[{signed(low)}, {signed(high)}]"


def rejecting(units: str) -> str:
    """What an interval of a difference over `units` is; goes on from the name of the test."""
    return (
        "which before any correction rejects all differences outside the 95 % interval (fewer than "
        f"{MINIMUM} {units} give none)"
    )


def found_by(units: str) -> str:
    """What a column of `smallest_found` holds."""
    return (
        f"{SMALLEST}: the difference that so many {units} find with a chance of {100 * POWER:g} % at Holm's "
        f"first step, if paired differences scatter as these do; ∞: so few {units} find none."
    )


def smallest_found(difference: float) -> Entry:
    """The smallest difference that the seeds find; a dash where nothing was tested."""
    return Entry("∞" if difference == math.inf else number(difference, ".1f"))


def reached(study: Study, statistics: Statistics, benchmarks: Iterable[str]) -> Iterator[str]:
    """What the seeds of benchmarks find of that which the experiment says they are to find."""
    unit = metric_of(study.experiment.metric).unit.difference
    for name in benchmarks:
        tests = statistics.comparison.query("benchmark == @name").dropna(subset="difference")
        if (wished := study.experiment.detectable.get(name)) and len(tests):
            enough, worst = (tests["detectable"] <= wished).sum(), smallest_found(tests["detectable"].max())
            yield (
                f"{study.titles([name])}: seeds planned to find {wished:g} {unit} with a chance of "
                f"{100 * POWER:g} %, as they do in {enough} of {len(tests)} tests; the worst finds "
                f"{worst.text}."
            )


def reference_names(study: Study) -> Iterator[str]:
    """What the rows are tested against, by family of tests."""
    first, *others = (study.labels[reference] for reference in study.experiment.references)
    own = any(row.reference for row in study.experiment.rows)
    label = next(row.label for row in study.experiment.rows if row.key == study.experiment.reference)
    yield f"{label} of the same column" if own else first
    yield from others


def spread(study: Study, benchmarks: Iterable[str] = ()) -> str:
    """What the ± of a table means: of one of all benchmarks, or of some."""
    places: dict[str, list[str]] = {}
    for name in benchmarks or study.benchmarks:
        seeds = study.experiment.seeds_on(name)
        which = f" ({seeds[0]} to {seeds[-1]})" if seeds[0] and study.benchmarks[name].unit == "seed" else ""
        places.setdefault(f"{study.size(name)} {study.units(name)}{which}", []).append(name)
    told = [
        f"{size}{f' on {study.titles(names)}' if len(places) > 1 else ''}" for size, names in places.items()
    ]
    return f"Mean ± sd (ddof = 1) over n = {', '.join(told)}."


def mean_sd(mean: float, sd: float) -> Entry:
    """A mean with its standard deviation."""
    return Entry(f"{number(mean, '.1f')} ± {number(sd, '.1f')}")
