"""The statistics of an experiment, from its collected runs."""

from functools import partial

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics import across, windows
from inforeg.analysis.statistics.acting import acted
from inforeg.analysis.statistics.compare import best_variants, compare, scores, weakest
from inforeg.analysis.statistics.contrasts import contrasted
from inforeg.analysis.statistics.costs import efficiency
from inforeg.analysis.statistics.courses import courses
from inforeg.analysis.statistics.movement import movement
from inforeg.analysis.statistics.pooled import pool
from inforeg.analysis.statistics.regimes import regimes, relation
from inforeg.analysis.statistics.selection_rules import gains
from inforeg.analysis.statistics.separation import separations
from inforeg.analysis.statistics.stored import TESTS, Statistics
from inforeg.analysis.statistics.summaries import intervals, means
from inforeg.analysis.statistics.verdicts import judge
from inforeg.analysis.statistics.window_noise import false_alarms


def compute(study: Study) -> Statistics:
    """All of `study` that is statistical, and of its figures what they ask for.

    Raises:
        UserError: no run has a metric that the experiment names.
    """
    experiment, runs = study.experiment, study.collected.runs
    metrics = dict.fromkeys([experiment.metric, *(claim.metric for claim in experiment.claims)])
    scored = {metric: scores(study, metric) for metric in metrics}
    values = scored[experiment.metric]
    comparisons = [compare(study, values, each) for each in (None, *experiment.references[1:])]
    overview, ranks = across.compared(study, values)
    modalities = {name: weakest(study, name) for name in study.benchmarks}
    asked = {
        "cost": partial(efficiency, study, comparisons[0]),
        "sweep": partial(intervals, study, values),
        "selection": partial(gains, study),
        "window_noise": partial(false_alarms, study),
        "regulation": partial(courses, study, modalities),
        "tsne": partial(separations, study),
        "traces": partial(windows.traces, study),
        "movement": partial(movement, study),
    }
    verdicts, acting = judge(study, scored), acted(study)
    return Statistics(
        comparison=pd.concat(
            [part.assign(**{TESTS: place}) for place, part in enumerate(comparisons)], ignore_index=True
        ),
        means=means(study),
        variants=best_variants(runs),
        weakest=pd.DataFrame(modalities.items(), columns=["benchmark", "modality"]).dropna(),
        acted=acting,
        overview=overview,
        ranks=ranks,
        verdicts=verdicts,
        pooled=pool(study, verdicts, acting),
        specs=runs[["spec_sha256"]].drop_duplicates(),
        **_within_columns(study, values),
        **{name: made() if name in experiment.figures else pd.DataFrame() for name, made in asked.items()},
    )


def _within_columns(study: Study, values: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What is asked within columns by an experiment that has contrasts."""
    if not study.experiment.contrasts:
        return {name: pd.DataFrame() for name in ("contrasts", "regimes", "relation", "windows")}
    cells = regimes(study, values)
    return {
        "contrasts": contrasted(study, values),
        "regimes": cells,
        "relation": relation(cells),
        "windows": windows.windows(study),
    }
