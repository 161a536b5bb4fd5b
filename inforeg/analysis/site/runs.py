"""What the site says of single runs: results by selection rule, where they come from, how to repeat them."""

import math
import shlex
from collections.abc import Iterator, Sequence

from inforeg.analysis.site import addresses, curves
from inforeg.analysis.site.content import Content, Kept, Measured, Names, Shown
from inforeg.analysis.site.vega import Chart
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import EPOCH, NOTHING
from inforeg.engine.provenance import SOURCES
from inforeg.errors import UserError
from inforeg.metrics.base import metric_of, title_of
from inforeg.metrics.classification import ACCURACY
from inforeg.registry import METHODS

RULES = {"val": "Best validation epoch", "last": "Last epoch", "test_oracle": "Test oracle"}
"""The selection rules, as columns."""


def listed(content: Content, benchmark: str) -> Table:
    """The runs on a benchmark, each with its test accuracy under every selection rule."""
    rows = []
    for names, numbers in content.runs.items():
        if names[0] == benchmark:
            shown = (each for each in numbers if (each.split, each.metric) == ("test", ACCURACY.name))
            values = {each.selection: each.value for each in shown}
            scores = [_value(ACCURACY.name, values.get(rule)) for rule in RULES]
            title = f"{method_title(names[1])}, {names[2]}, seed {names[3]}"
            link = addresses.run(names)
            rows.append([Entry(title, link=link), *map(Entry, map(str, names[1:])), *scores])
    header = ["Run", "Method", "Variant", "Seed", *(f"{title} (%)" for title in RULES.values())]
    caption = f"Runs on {content.titled(benchmark)}: test {ACCURACY.title}"
    return Table(caption, f"runs-{benchmark}", header, rows)


def results(numbers: Sequence[Kept]) -> Table:
    """Every metric of a run on its splits, by selection rule."""
    values = {(each.split, each.metric, each.selection): each.value for each in numbers}
    rows = [
        [
            Entry(f"{split} {title(metric)}"),
            Entry(_unit(metric)),
            *(_value(metric, values.get((split, metric, rule))) for rule in RULES),
        ]
        for split, metric in sorted({(split, metric) for split, metric, _ in values})
    ]
    epochs = {each.selection: each.epoch for each in numbers}
    told = (f"{RULES[rule]}: {EPOCH[rule]}, epoch {epochs[rule]}." for rule in RULES if rule in epochs)
    return Table("Results", "results", ["Metric", "Unit", *RULES.values()], rows, [" ".join(told)])


def drawn(course: Sequence[Measured]) -> Iterator[Chart]:
    """The curves of a run and its windows, where its epochs are there."""
    factor = ACCURACY.unit.factor
    found = (
        curves.courses(course, f"test/{ACCURACY.name}", "Test accuracy (%)", factor),
        curves.courses(course, f"val/{ACCURACY.name}", "Validation accuracy (%)", factor),
        curves.courses(course, "trace/batch/", "Tr(F) by batch", scale="log"),
        curves.courses(course, "trace/sample/", "Tr(F) by sample", scale="log"),
        curves.courses(course, "alpha/", "Strength alpha"),
        curves.windows(course),
    )
    yield from filter(None, found)


def origin(content: Content, names: Names) -> dict[str, str]:
    """Where a run comes from."""
    experiments = content.users[names[:3]]
    first = content.runs[names][0]
    told = {
        "Experiments": ", ".join(each.title for each in experiments),
        "Spec (SHA-256)": first.spec_sha256,
        "Data": first.data_hash or "generated",
        "Commits": ", ".join(_every(experiments, "commits")),
    }
    for what in ("versions", "machine"):
        facts = [fact for each in experiments for fact in each.provenance.get(what, {}).items()]
        names_of = dict.fromkeys(name for name, _ in facts)
        told |= {
            f"{what.rstrip('s').capitalize()}: {name}": ", ".join(
                dict.fromkeys(value for other, values in facts if other == name for value in values)
            )
            for name in names_of
        }
    return {name: text for name, text in told.items() if text}


def command(content: Content, names: Names) -> str:
    """What repeats a run: its spec where that is known, else the workflow at the commit that made it."""
    experiments = content.users[names[:3]]
    commits = _every(experiments, "commits")
    at = commits[0] if len(commits) == 1 else ""
    lines = [f"git checkout {at}"] if at and not at.startswith(SOURCES) else []
    spec = content.specs.get(content.runs[names][0].spec_sha256)
    if spec is not None:
        return "\n".join([*lines, f"inforeg train --spec {shlex.quote(spec.canonical())} --seed {names[3]}"])
    asked = " ".join(each.name for each in experiments) or "all"
    return "\n".join([*lines, f"snakemake --cores all {asked}"])


def method_title(name: str) -> str:
    """How tables call a method."""
    return METHODS.classes[name].title if name in METHODS.classes else name


def title(metric: str) -> str:
    """How tables call a metric; its name where none does."""
    try:
        return title_of(metric)
    except UserError:
        return metric


def _unit(metric: str) -> str:
    try:
        return metric_of(metric).unit.name
    except UserError:
        return ""


def _value(metric: str, value: float | None) -> Entry:
    if value is None or math.isnan(value):
        return NOTHING
    try:
        factor = metric_of(metric).unit.factor
    except UserError:
        factor = 1.0
    return Entry(f"{factor * value:.{1 if factor > 1 else 4}f}")


def _every(experiments: Sequence[Shown], fact: str) -> list[str]:
    """What the provenance of these has under `fact`, each once."""
    return list(dict.fromkeys(each for shown in experiments for each in shown.provenance.get(fact, [])))
