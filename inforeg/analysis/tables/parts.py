"""Which tables an experiment has, wherever they are shown."""

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import details, main_table, regimes
from inforeg.analysis.tables.render import Table
from inforeg.suite.products import has_more


def whole(study: Study, statistics: Statistics) -> list[Table]:
    """The experiment's table, and what is said over its benchmarks, or within its columns."""
    shown = [main_table.main_table(study, statistics)]
    if study.experiment.contrasts:  # in place of what is said across all rows of all columns
        return shown + regimes.regime_tables(study, statistics)
    return [*shown, details.across_table(study, statistics)] if has_more(study.experiment) else shown


def of_benchmark(study: Study, statistics: Statistics, benchmark: str) -> list[Table]:
    """Its details on one benchmark."""
    tests = details.tests_table(study, statistics, benchmark)
    return [*details.detail_tables(study, statistics, benchmark), tests]
