"""What the site shows of experiments that were collected here, and their stored statistics."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from inforeg.analysis.collected.collect import merge
from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures.catalogue import described
from inforeg.analysis.site.content import (
    Claimed,
    Content,
    Kept,
    Shown,
    by_epoch,
    by_run,
    lines_of,
    pooled_line,
)
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables import claims, parts, pooled, sentences
from inforeg.metrics.base import metric_of, title_of
from inforeg.runspec import RunSpec
from inforeg.suite.project import GUIDES, Project

FRAMES = ("runs", "epochs")
"""What of the collected runs the site reads."""


def content_of(
    results: Results,
    specs: Mapping[str, RunSpec],
    project: Project,
    figures: Path,
    said: Sequence[sentences.Line] = (),
) -> Content:
    """What the site shows of `results`.

    Args:
        results: experiments whose studies have FRAMES.
        specs: what was trained, by digest.
        project: whose data and documentation are shown.
        figures: the folder of the experiments' pictures.
        said: the sentences that go round.
    """
    judged = [(study, statistics) for study, statistics in results if study.experiment.claims]
    return Content(
        title="Results",
        experiments=[_shown(study, statistics, figures) for study, statistics in results],
        claims=[claim for study, statistics in judged for claim in _claims(study, statistics)],
        summary=claims.summary(pd.concat([each.verdicts for _, each in judged])) if judged else "",
        said=sentences.tables(said) if any(line.found is not None for line in said) else [],
        notes=list(pooled.notes(judged)) if judged else [],
        runs=by_run(merge([study.collected.runs for study, _ in results]), Kept),
        epochs=by_epoch(study.collected.epochs for study, _ in results),
        specs=specs,
        benchmarks={name: config for study, _ in results for name, config in study.benchmarks.items()},
        data=project.root / "data",
        figures=figures,
        guides=project.root / GUIDES,
    )


def _shown(study: Study, statistics: Statistics, figures: Path) -> Shown:
    experiment, metric = study.experiment, metric_of(study.experiment.metric)
    acted = lines_of(statistics.acted.to_dict("records"))
    best = {
        (line["benchmark"], line["row"], line["variant"]) for line in statistics.variants.to_dict("records")
    }
    each = (parts.of_benchmark(study, statistics, name) for name in study.benchmarks)
    tables = [*parts.whole(study, statistics), *(table for tables in each for table in tables)]
    return Shown(
        name=study.name,
        title=experiment.title,
        labels=study.labels,
        metric=title_of(experiment.metric),
        unit=metric.unit.name,
        lower=not metric.higher_is_better,
        selection=experiment.selection,
        tuned=experiment.tuned,
        comparison=lines_of(statistics.against(0).to_dict("records")),
        overview=lines_of(statistics.overview.to_dict("records")),
        ranks=statistics.ranks,
        provenance=study.collected.provenance,
        acted={
            (line["row"], line["benchmark"]): line["mean"]
            for line in acted
            if (line["benchmark"], line["row"], line["variant"]) in best
        },
        cost={
            (line["row"], line["benchmark"]): line["relative"]
            for line in lines_of(statistics.cost.to_dict("records"))
        },
        tables=[replace(table, notes=[*table.notes, *study.caveats]) for table in tables],
        figures={
            f"{study.name}_{name}.png": described(name)
            for name in experiment.figures
            if (figures / f"{study.name}_{name}.png").exists()
        },
    )


def _claims(study: Study, statistics: Statistics) -> Iterable[Claimed]:
    over = pooled.by_claim([(study, statistics)])
    for claim in study.experiment.claims:
        tests = statistics.verdicts[statistics.verdicts["claim"] == claim.id]
        yield Claimed(
            experiment=study.name,
            id=claim.id,
            statement=claim.statement,
            source=claim.source,
            metric=title_of(claim.metric),
            printed=claim.printed,
            pooled=pooled_line(over[study.name, claim.id]),
            tests=lines_of(tests.to_dict("records")),
            notes=[*claims.notes(study, tests), *study.scope, *study.incomplete],
        )
