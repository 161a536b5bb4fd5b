"""Numbers from elsewhere beside those of an experiment."""

from collections.abc import Iterator, Mapping
from string import ascii_lowercase
from typing import Any

import pandas as pd

from inforeg.analysis.collected.own import Beside
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA, SAMPLES
from inforeg.analysis.tables.main_table import STYLES
from inforeg.analysis.tables.render import Entry, Style, Table
from inforeg.analysis.tables.words import EPOCH, NOTHING, number, probability, several, signed
from inforeg.metrics.base import Metric, metric_of, title_of
from inforeg.ties import settled

OWN = "Own numbers"
MARKS = dict(zip(SAMPLES, ascii_lowercase, strict=False))


def tables(study: Study, found: Beside, source: str) -> list[Table]:
    """All numbers on the benchmarks that both have, and the tests on each.

    Args:
        study: the experiment.
        found: what was compared.
        source: where the own numbers are from.
    """
    shown = [name for name in study.benchmarks if name in set(found.own["benchmark"])]
    tested = [name for name in shown if name in set(found.tests["benchmark"])]
    return [_means(study, found, shown, source), *(_tests(study, found, name) for name in tested)]


def _means(study: Study, found: Beside, benchmarks: list[str], source: str) -> Table:
    """The experiment's rows, and below them the own ones."""
    metric = metric_of(found.metric)
    rows = found.rows.assign(label=found.rows["row"].map(study.labels), own=False)
    every = pd.concat([rows, found.own.assign(label=found.own["method"], own=True)])
    means = every.groupby("benchmark")["mean"].transform(settled)
    places = means.groupby(every["benchmark"]).rank(method="min", ascending=not metric.higher_is_better)
    lines = every.assign(place=places).to_dict("records")
    cells = {(line["own"], line["label"], line["benchmark"]): _cell(line, _digits(metric)) for line in lines}
    shown = [
        (own, [Entry(label), *(cells.get((own, label, name), NOTHING) for name in benchmarks)])
        for own, label in dict.fromkeys((own, label) for own, label, name in cells if name in benchmarks)
    ]
    heading = [Entry(OWN, "heading"), *(Entry("") for _ in benchmarks)]
    below = [line for own, line in shown if own]
    header = ["Method", *(f"{study.benchmarks[name].title} ({metric.unit.name})" for name in benchmarks)]
    return Table(
        f"{study.experiment.title}: {title_of(found.metric)}, with own numbers",
        f"{study.name}-own-{found.metric}",
        header,
        [*(line for own, line in shown if not own), heading, *below],
        [*_notes(study, found, source), *study.caveats],
    )


def _cell(line: Mapping[Any, Any], digits: int) -> Entry:
    """Mean and deviation and, in brackets, over how many runs."""
    known = [line["mean"]] if pd.isna(line["sd"]) else [line["mean"], line["sd"]]
    text = " ± ".join(number(value, f".{digits}f") for value in known)
    return Entry(f"{text} ({line['n'] or '?'})", STYLES.get(line["place"], "plain"))


def _digits(metric: Metric) -> int:
    """Decimals of what is reported: of percent fewer than of what is of the order of 1."""
    return 1 if metric.unit.factor > 1 else 3


def _notes(study: Study, found: Beside, source: str) -> Iterator[str]:
    selected = f"Test {title_of(found.metric)}, of the experiment's rows {EPOCH[study.experiment.selection]}"
    yield f"{selected}. Mean ± sd (ddof = 1) and, in brackets, n. Best in bold, second best underlined."
    yield f"{OWN}: as {source} states them; where it names no split and no data, they are taken to be these."
    yield from found.untested


def _tests(study: Study, found: Beside, benchmark: str) -> Table:
    """Each own number's difference to every row."""
    metric, here = metric_of(found.metric), found.tests[found.tests["benchmark"] == benchmark]
    cells = {
        (line["row"], line["method"]): _tested(line, _digits(metric)) for line in here.to_dict("records")
    }
    methods = list(dict.fromkeys(here["method"]))
    rows = [
        [Entry(label), *(cell for method in methods for cell in cells.get((key, method), [NOTHING] * 2))]
        for key, label in study.labels.items()
        if key in set(here["row"])
    ]
    over = (f"{method} over it ({metric.unit.difference})" for method in methods)
    used = (f"{MARKS[name]}: {SAMPLES[name]}." for name in SAMPLES if name in set(here["test"]))
    family = f"p after Holm's correction over {several(len(here), 'tests')}; below {ALPHA} in bold."
    return Table(
        f"{study.benchmarks[benchmark].title}: own numbers against {study.experiment.title}",
        f"{study.name}-own-{found.metric}-{benchmark}",
        ["Method", *(title for each in over for title in (each, "p after Holm"))],
        rows,
        [f"Two-sided tests, 95 % intervals; {family}", *used],
    )


def _tested(line: Mapping[Any, Any], digits: int) -> list[Entry]:
    """Difference with its interval, and p."""
    low, high = (signed(line[end], digits) for end in ("low", "high"))
    text = (
        f"{signed(line['difference'], digits)} {NOTHING.text if pd.isna(line['low']) else f'[{low}, {high}]'}"
    )
    style: Style = "best" if line["significant"] else "plain"
    return [Entry(text, mark=MARKS[line["test"]]), Entry(probability(line["p_holm"]), style)]
