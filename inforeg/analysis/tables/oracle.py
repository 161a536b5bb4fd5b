"""What selecting on the test split gives, where it stands beside numbers that were selected so."""

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.render import Entry
from inforeg.analysis.tables.words import EPOCH, mean_sd
from inforeg.metrics.base import WEAKEST, metric_of
from inforeg.suite.experiment import Selection

RULE: Selection = "test_oracle"
"""The rule of the paper's code: which one the paper's numbers are by is not printed."""


def benchmarks(study: Study) -> list[str]:
    """The benchmarks of which the paper prints numbers; none where this rule selects in any case."""
    if study.experiment.selection == RULE:
        return []
    return [name for name, config in study.benchmarks.items() if config.title in study.experiment.printed]


def cells(study: Study, statistics: Statistics) -> dict[tuple[str, str], Entry]:
    """Mean ± sd of every row on these benchmarks, by row key and benchmark; nothing is tested."""
    best = statistics.best(RULE)
    found = {}
    for name in benchmarks(study):
        metric = study.experiment.metric.replace(WEAKEST, statistics.weakest_on(name) or WEAKEST)
        scale = metric_of(metric).unit.factor
        here = best[(best["benchmark"] == name) & (best["metric"] == metric)]
        for row, mean, sd in here[["row", "mean", "sd"]].itertuples(index=False):
            found[row, name] = mean_sd(scale * mean, scale * sd)
    return found


def notes(study: Study) -> list[str]:
    """What these numbers are, where there are any."""
    if not benchmarks(study):
        return []
    how = "as the code behind the printed numbers selects; no test is made of it"
    return [f"Test oracle: {EPOCH[RULE]}, {how}."]
