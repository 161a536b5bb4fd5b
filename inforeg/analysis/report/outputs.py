"""The files of an experiment, with names that its YAML alone decides."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures import catalogue
from inforeg.analysis.figures.forest import forest
from inforeg.analysis.report import document
from inforeg.analysis.statistics import across, paired, verdicts
from inforeg.analysis.statistics.compare import compare, scores
from inforeg.analysis.tables import claims, details, main_table, render
from inforeg.analysis.tables.render import Table
from inforeg.errors import UserError
from inforeg.files import write_json, write_text
from inforeg.metrics.base import metric_of
from inforeg.probes.frames import csv


def write_tables(study: Study, folder: Path, numbers: Path) -> None:
    """`folder`/<experiment>.{tex,md,html}, the same per benchmark, and `numbers`/<experiment>.{csv,json}."""
    comparisons = [compare(study), *map(partial(compare, study), study.experiment.references[1:])]
    shown = [main_table.main_table(study, comparisons)]
    together: dict[str, Any] = {}
    if len(study.benchmarks) > 1:
        overview, ranks = _across(study)
        shown.append(details.across_table(study, overview, ranks))
        together = {"overview": _records(overview), "ranks": _ranks(ranks) if ranks else None}
    _write(study, shown, folder / study.name)
    for benchmark in study.benchmarks:
        detail = [
            *details.detail_tables(study, benchmark),
            details.tests_table(study, comparisons, benchmark),
        ]
        _write(study, detail, folder / f"{study.name}_{benchmark}")
    comparison = pd.concat(comparisons)
    write_text(numbers / f"{study.name}.csv", csv(comparison))
    write_json(
        numbers / f"{study.name}.json",
        {"settings": _settings(), "comparison": _records(comparison), "across": together},
    )


def write_figures(study: Study, folder: Path) -> None:
    """`folder`/<experiment>_<figure>.{pdf,png,csv} for each figure that the experiment asks for."""
    for name in study.experiment.figures:
        catalogue.save(name, study, folder / f"{study.name}_{name}.pdf")


def write_claims(studies: Sequence[Study], folder: Path) -> None:
    """`folder`/claims.{md,tex,html,json} and figures/claims.{pdf,png,csv} on the claims of all `studies`.

    A study without claims is passed over.
    """
    judged = _judged(studies)
    lines = pd.concat([part for _, part in judged])
    overviews = [claims.overview_table(study, part) for study, part in judged]
    details = [claims.detail_table(study, part) for study, part in judged]
    origin = "; ".join(study.provenance for study, _ in judged)
    catalogue.write(partial(forest, judged), folder / "figures/claims.pdf")
    write_text(
        folder / "claims.md",
        f"# The paper's claims, tested\n\n{verdicts.summary(lines)}\n\n{_PICTURE}\n\n"
        f"{render.markdown(overviews, origin)}\n## Every test\n\n{render.markdown(details, origin)}",
    )
    write_text(folder / "claims.tex", render.latex([*overviews, *details], origin))
    write_text(folder / "claims.html", render.html([*overviews, *details], origin))
    provenance = {study.name: study.collected.provenance for study, _ in judged}
    write_json(
        folder / "claims.json",
        {
            "settings": _settings(),
            "summary": verdicts.summary(lines),
            "tests": _records(lines),
            "provenance": provenance,
        },
    )


def write_document(studies: Sequence[Study], folder: Path) -> None:
    """`folder`/paper.tex, which inputs the tables, figures and claims of all `studies`, and numbers.tex."""
    write_text(folder / "numbers.tex", document.numbers(studies, _judged(studies)))
    write_text(folder / "paper.tex", document.document(studies))


def _judged(studies: Sequence[Study]) -> list[tuple[Study, pd.DataFrame]]:
    judged = [(study, verdicts.judge(study)) for study in studies if study.experiment.claims]
    if not judged:
        raise UserError("None of these experiments has claims; add some under `claims:` in their YAML.")
    return judged


_PICTURE = "![Every claim on every benchmark, and what the paper prints](figures/claims.png)"


def _across(study: Study) -> tuple[pd.DataFrame, across.Ranks | None]:
    metric = study.experiment.metric
    sign = 1 if metric_of(metric).higher_is_better else -1
    values = scores(study, metric)
    means = sign * across.mean_scores(values)
    ranks = across.ranks(means) if means.shape[1] >= 3 else None
    return across.overview(values, study.experiment.reference, sign), ranks


def _ranks(ranks: across.Ranks) -> dict[str, Any]:
    frames = {"mean_rank": ranks.mean_rank.to_dict(), "nemenyi": ranks.nemenyi.to_dict()}
    return asdict(ranks) | frames


def _write(study: Study, shown: Sequence[Table], path: Path) -> None:
    """Tables of the study's rows, each with what is to be known of the methods in them."""
    told = [replace(table, notes=[*table.notes, *study.caveats]) for table in shown]
    write_text(path.with_name(f"{path.name}.tex"), render.latex(told, study.provenance))
    write_text(path.with_name(f"{path.name}.md"), render.markdown(told, study.provenance))
    write_text(path.with_name(f"{path.name}.html"), render.html(told, study.provenance))


def _records(frame: pd.DataFrame) -> Any:
    # Through pandas, since JSON has no NaN: it becomes null.
    return json.loads(frame.to_json(orient="records", double_precision=15))


def _settings() -> dict[str, Any]:
    return {
        "alpha": paired.ALPHA,
        "resamples": paired.RESAMPLES,
        "test": "two-sided paired sign-flip permutation test over seeds, Holm's correction",
        "interval": "of the mean difference: all that the sign-flip test, uncorrected, does not reject",
    }
