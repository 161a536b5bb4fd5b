"""The files of an experiment, with names that its YAML alone decides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from inforeg.analysis.collected.study import Study
from inforeg.analysis.figures import catalogue
from inforeg.analysis.figures.forest import forest
from inforeg.analysis.report import document
from inforeg.analysis.report.groups import groups_of
from inforeg.analysis.report.numbers import numbers
from inforeg.analysis.statistics.level import CLAIM_SETTINGS, SETTINGS, TEST
from inforeg.analysis.statistics.stored import Results, Statistics
from inforeg.analysis.tables import claims, parts, pooled, render, sentences
from inforeg.analysis.tables.render import Table
from inforeg.errors import UserError
from inforeg.files import write_json, write_text
from inforeg.probes.frames import records
from inforeg.suite.experiment import Experiment
from inforeg.suite.presentable import texts_of_named
from inforeg.suite.products import ACROSS, has_more
from inforeg.suite.workflow import Finding


def write_tables(study: Study, statistics: Statistics, folder: Path) -> None:
    """`folder`/<experiment>.{tex,md,html}, the same per benchmark, and <experiment>_across.tex."""
    shown = _noted(study, parts.whole(study, statistics))
    _write_read(study, shown, folder / study.name)
    write_text(folder / f"{study.name}.tex", render.latex(shown[:1], study.provenance))
    if has_more(study.experiment):
        write_text(folder / f"{study.name}_{ACROSS}.tex", render.latex(shown[1:], study.provenance))
    for benchmark in study.benchmarks:
        detail, path = parts.of_benchmark(study, statistics, benchmark), folder / f"{study.name}_{benchmark}"
        shown = _noted(study, detail)
        _write_read(study, shown, path)
        write_text(path.with_name(f"{path.name}.tex"), render.latex(shown, study.provenance))


def write_figures(study: Study, statistics: Statistics, folder: Path) -> None:
    """`folder`/<experiment>_<figure>.{pdf,png,csv} for each figure that the experiment asks for."""
    for name in study.experiment.figures:
        catalogue.save(name, study, statistics, folder / f"{study.name}_{name}.pdf")


def write_verdicts(study: Study, statistics: Statistics, folder: Path) -> None:
    """`folder`/<experiment>.{md,tex,html,json} on the experiment's claims; nothing where it has none."""
    if study.experiment.claims:
        _write_claims([(study, statistics)], folder / study.name)


def write_claims(results: Results, folder: Path, said: Sequence[sentences.Line] = ()) -> None:
    """`folder`/claims.{md,tex,html,json} and figures/claims.{pdf,png,csv} on the claims of all studies.

    A study without claims is passed over. They begin with the sentences that are `said`.
    """
    judged = _judged(results)
    catalogue.write(partial(forest, judged), folder / "figures/claims.pdf")
    _write_claims(judged, folder / "claims", said, [_PICTURE])


def _write_claims(
    judged: Results, path: Path, said: Sequence[sentences.Line] = (), pictures: Sequence[str] = ()
) -> None:
    """`path`.{md,tex,html,json}."""
    lines = pd.concat([statistics.verdicts for _, statistics in judged])
    overviews = [claims.overview_table(*each) for each in judged]
    details = [*pooled.sensitivity_tables(judged), *(claims.detail_table(*each) for each in judged)]
    opening = [*sentences.tables(said), *pooled.summary_tables(judged)]
    origin = "; ".join(study.provenance for study, _ in judged)
    each = "\n\n".join([claims.summary(lines), *pictures, render.markdown(overviews, origin)])
    write_text(
        path.with_suffix(".md"),
        f"# Claims, tested\n\n{render.markdown(opening, origin)}\n## Every benchmark\n\n{each}\n"
        f"## Every test\n\n{render.markdown(details, origin)}",
    )
    paged = [*sentences.tables(said), *pooled.summary_tables(judged, pooled.PAGE)]
    write_text(path.with_suffix(".tex"), render.latex([*paged, *overviews, *details], origin))
    write_text(path.with_suffix(".html"), render.html([*opening, *overviews, *details], origin))
    units = " or ".join(dict.fromkeys(study.units() for study, _ in judged))
    provenance = {study.name: study.collected.provenance for study, _ in judged}
    write_json(
        path.with_suffix(".json"),
        {
            "settings": SETTINGS | {"test": TEST.format(units)} | CLAIM_SETTINGS,
            "summary": claims.summary(lines),
            "sentences": sentences.told(said),
            "pooled": _told(judged, pd.concat([statistics.pooled for _, statistics in judged])),
            "tests": _told(judged, lines),
            "provenance": provenance,
        },
    )


def write_document(
    results: Results,
    folder: Path,
    *,
    findings: Sequence[Finding] = (),
    experiments: Mapping[str, Experiment] | None = None,
    said: Sequence[sentences.Line] = (),
    beside: Results = (),
) -> None:
    """`folder`/paper.tex, which draws the figures of all studies and the claims', and numbers.tex.

    Args:
        results: of its experiments.
        folder: in which figures/ lies.
        findings: how its claims are grouped.
        experiments: all that findings and sentences name.
        said: the sentences that go round.
        beside: results of such experiments that are not its own.
    """
    _judged(results)
    named = experiments or {}
    groups = groups_of(findings, named, results, beside)
    texts = texts_of_named([*findings, *(line.sentence for line in said)], named)
    write_text(folder / "numbers.tex", numbers(results, beside, groups))
    write_text(folder / "paper.tex", document.document(results, groups, said, texts))


def _judged(results: Results) -> Results:
    """Those with claims."""
    judged = [(study, statistics) for study, statistics in results if study.experiment.claims]
    if not judged:
        raise UserError("None of these experiments has claims; add some under `claims:` in their YAML.")
    return judged


_PICTURE = "![Every claim on every benchmark](figures/claims.png)"


def _told(judged: Results, lines: pd.DataFrame) -> list[dict[str, Any]]:
    """Each verdict in `lines`, with the claim's own words and printed numbers."""
    words = {
        (study.name, claim.id): claim.model_dump(include={"statement", "source", "metric", "printed"})
        for study, _ in judged
        for claim in study.experiment.claims
    }
    return [{**words[line["experiment"], line["claim"]], **line} for line in records(lines)]


def _noted(study: Study, tables: Sequence[Table]) -> list[Table]:
    """Tables of the study's rows, each with what is to be known of the methods in them."""
    return [replace(table, notes=[*table.notes, *study.caveats]) for table in tables]


def _write_read(study: Study, tables: Sequence[Table], path: Path) -> None:
    """`path`.{md,html}, to be read as they are."""
    write_text(path.with_name(f"{path.name}.md"), render.markdown(tables, study.provenance))
    write_text(path.with_name(f"{path.name}.html"), render.html(tables, study.provenance))
