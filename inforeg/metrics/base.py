"""What a metric is: the one place for its title, its unit and which way it is better."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from torch import Tensor

from inforeg.errors import UserError, unknown
from inforeg.registry import modules, others

WEAKEST = "weakest"
"""Stands in a name, as in accuracy/weakest, for each benchmark's weakest modality."""


@dataclass(frozen=True)
class Unit:
    """How values are reported.

    Attributes:
        name: of values.
        difference: of differences.
        factor: from a value as it is stored to one as it is reported.
    """

    name: str
    difference: str
    factor: float = 1.0


PERCENT = Unit("%", "points", 100.0)
POINTS = Unit("points", "points", 100.0)
NATS = Unit("nats", "nats")
NO_UNIT = Unit("−1 to 1", "on −1 to 1")


@dataclass(frozen=True)
class Metric:
    """One number of a split, or one for each modality.

    Attributes:
        name: what runs and experiments call it; that of a modality is name/modality.
        title: what tables and figures call it.
        function: of logits (N, C) and target (N,); None where only the run itself can measure it.
        unit: in which it is reported; what it reports in percent is stored as a fraction.
        higher_is_better: whether large values are good.
        whole: whether there is one of the method's answer.
        by_modality: whether there is one of each modality's own logits.
        part: the title of a modality's.
        probe: the probe that measures it, if one does: of the model that validation selects alone.
        chance: of target (N,): what answering always its most frequent class has, as a run that diverged is
            counted; None where that says nothing.
    """

    name: str
    title: str
    function: Callable[[Tensor, Tensor], float] | None = None
    unit: Unit = PERCENT
    higher_is_better: bool = True
    whole: bool = True
    by_modality: bool = True
    part: str = "{title} of {modality}"
    probe: str | None = None
    chance: Callable[[Tensor], float] | None = None

    def __call__(self, logits: Tensor, target: Tensor) -> float:
        """The value for logits (N, C) and class indices (N,), as it is stored."""
        if self.function is None:
            raise TypeError(f"{self.name} is no function of logits")
        return self.function(logits, target)

    def rank(self, value: float) -> float:
        """Larger for a better `value`; minus infinity for NaN, which compares with nothing."""
        if math.isnan(value):
            return -math.inf
        return value if self.higher_is_better else -value

    def names(self, modalities: Iterable[str]) -> list[str]:
        """What its values are called."""
        parts = [f"{self.name}/{modality}" for modality in modalities] if self.by_modality else []
        return [self.name] * self.whole + parts


def metrics() -> dict[str, Metric]:
    """All of them by name: a metric is found by being in a module of this package, or in a plug-in's."""
    return _metrics(others())


@cache
def _metrics(_: tuple[str, ...]) -> dict[str, Metric]:
    found: dict[str, Metric] = {}
    for module in modules("inforeg.metrics"):
        for metric in vars(module).values():
            if isinstance(metric, Metric) and found.setdefault(metric.name, metric) != metric:
                raise UserError(f"Two metrics are named {metric.name!r}; rename one of them.")
    return found


def metric_of(name: str) -> Metric:
    """The metric that `name`, as "accuracy/audio", is a value of; a `UserError` offers the nearest one."""
    kind = name.partition("/")[0]
    if kind not in metrics():
        raise unknown("metric", kind, metrics())
    return metrics()[kind]


def is_weakest(name: str) -> bool:
    """Whether `name` is of each benchmark's weakest modality."""
    return name.partition("/")[2] == WEAKEST


def title_of(name: str) -> str:
    """`name` for a heading, without its unit."""
    metric, modality = metric_of(name), name.partition("/")[2].replace("_", " ")
    if not modality:
        return metric.title
    whose = "the weakest modality" if is_weakest(name) else modality
    return metric.part.format(title=metric.title, modality=whose)
