"""A diagnosis in tables: modalities alone and in the joint model, what remedies gain, and windows."""

from collections.abc import Iterator, Mapping
from typing import Any

from inforeg.analysis.collected.diagnosed import Diagnosis
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.level import ALPHA
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables import claims
from inforeg.analysis.tables.render import Entry, Table
from inforeg.analysis.tables.words import (
    EPOCH,
    NOTHING,
    SMALLEST,
    interval,
    mean_sd,
    number,
    probability,
    signed,
    smallest_found,
    spread,
)
from inforeg.metrics.base import POINTS, metric_of
from inforeg.metrics.classification import ACCURACY
from inforeg.metrics.recorded import PROBE
from inforeg.regulation.window import THRESHOLD, spans

TESTED = (f"({POINTS.difference}) [95 %]", "p after Holm", SMALLEST, "Verdict")
"""What `_tested` says."""

MEASURES = {ACCURACY.name: "By accuracy", PROBE.name: "By a linear probe"}
"""How a modality is measured."""

Line = Mapping[Any, Any]


def tables(study: Study, statistics: Statistics, found: Diagnosis) -> list[Table]:
    """How far modalities fall short, what remedies gain, and when windows are open."""
    return [_modalities(study, statistics), _remedies(study, statistics, found), _windows(study, found)]


def modality_lines(study: Study, statistics: Statistics) -> Iterator[tuple[str, str, Line]]:
    """Metric, modality and test of each claim that a modality is better alone."""
    for metric, line in _lines(study, statistics):
        kind, _, modality = metric.partition("/")
        if modality:
            yield kind, modality, line


def remedy_lines(study: Study, statistics: Statistics) -> Iterator[Line]:
    """The test of each claim that a row is more accurate than joint training, or than another one."""
    yield from (line for metric, line in _lines(study, statistics) if metric == ACCURACY.name)


def _lines(study: Study, statistics: Statistics) -> Iterator[tuple[str, Line]]:
    lines = statistics.verdicts.to_dict("records")
    yield from ((claim.metric, line) for claim, line in zip(study.experiment.claims, lines, strict=True))


def _modalities(study: Study, statistics: Statistics) -> Table:
    means = {
        (row, metric): mean_sd(*(metric_of(metric).unit.factor * value for value in (mean, sd)))
        for _, row, _, rule, metric, mean, sd in statistics.means.itertuples(index=False)
        if rule == study.experiment.selection and metric.partition("/")[0] in MEASURES
    }
    rows, before = [], ""
    for kind, modality, line in modality_lines(study, statistics):
        if kind != before:
            rows.append([Entry(MEASURES[kind], "heading"), *[Entry("")] * (len(TESTED) + 2)])
            before = kind
        cells = (means.get((line[side], f"{kind}/{modality}"), NOTHING) for side in ("row", "reference"))
        rows.append([Entry(modality), *cells, *_tested(line)])
    header = ["Modality", "Alone (%)", "In the joint model (%)", f"Falls short by {TESTED[0]}", *TESTED[1:]]
    notes = [
        f"{spread(study)} Test split, {EPOCH[study.experiment.selection]}. In the joint model a modality's "
        "accuracy is that through its own share of the logits; the probe is a linear classifier on its "
        "frozen encoder."
    ]
    return Table(
        "Each modality alone and in the joint model", f"{study.name}-modalities", header, rows, notes
    )


def _remedies(study: Study, statistics: Statistics, found: Diagnosis) -> Table:
    scored = {line["row"]: line for line in statistics.against().to_dict("records")}
    tests = {(line["row"], line["reference"]): line for line in remedy_lines(study, statistics)}
    passes = {line["row"]: line["relative"] for line in statistics.cost.to_dict("records")}
    chosen = statistics.variants[statistics.variants["several"]].set_index("row")["variant"]
    reference, rows = study.experiment.reference, []
    for key, label in study.labels.items():
        there = key in scored and scored[key]["n"] > 0
        rows.append([
            Entry(f"{label} ({chosen[key]})" if key in chosen else label),
            mean_sd(scored[key]["mean"], scored[key]["sd"]) if there else NOTHING,
            *(_tested(tests[key, reference]) if key != reference else [NOTHING] * len(TESTED)),
            _known(found.validation, key, ".1f"),
            _known(passes, key, ".1f"),
            _known(found.seconds, key, ".1f"),
        ])  # fmt: skip
    rows += [
        [Entry(f"{study.labels[row]} over {study.labels[other]}"), NOTHING, *_tested(line), *[NOTHING] * 3]
        for (row, other), line in tests.items()
        if other != reference
    ]
    header = [
        "Trained as", "Accuracy (%)", f"Over {study.labels[reference]} {TESTED[0]}", *TESTED[1:],
        "Validation (%)", "Passes (×)", "Seconds a run",
    ]  # fmt: skip
    left_out = (f"{study.labels[cell['row']]}: {cell['reason']}." for cell in study.left_out(ACCURACY.name))
    notes = [
        "The unimodal model is that of the modality that is best on validation, and costs what all do. "
        f"Passes, in units of those of {study.labels[reference]}, and seconds count what a run needs.",
        *left_out,
    ]
    return Table("What each remedy gains, and costs", f"{study.name}-remedies", header, rows, notes)


def _windows(study: Study, found: Diagnosis) -> Table:
    rows = [
        [
            Entry(study.labels[each.row]),
            Entry(each.modality),
            Entry(number(100 * each.share, ".0f")),
            Entry(spans(each.mostly)),
        ]
        for each in found.windows
    ]
    header = ["Trained as", "Modality", "Open (% of epochs)", "Epochs in which it is open"]
    note = (
        f"A window is open while Tr(F) grows, by Eq. 11 of InfoReg with K = {THRESHOLD:g}: the mean share "
        "of a run's epochs, and the epochs in which it is open in half of the seeds or more."
    )
    return Table("Prime learning windows", f"{study.name}-windows", header, rows, [note])


def notes(study: Study, statistics: Statistics, found: Diagnosis) -> list[str]:
    """By which rules the page was made: what chose, what was tested, when training ended."""
    return [
        *([found.stopped] if found.stopped else []),
        "The validation split chose every epoch that counts, which single modality is the best, and which of "
        "the remedies whose gain is reproduced is advised. What is compared was fixed before any run. "
        "Accuracies, differences and verdicts are of the test split, which chose nothing else.",
        "A modality is held back where it is reproduced that it is better alone, and a remedy is advised "
        f"where its gain is: p after Holm below {ALPHA}, and not negligible. One that adds to another that "
        f"gains is advised where it gains over that too. What is inconclusive these {study.units()} cannot "
        "tell.",
        *claims.notes(study, statistics.verdicts),
        *study.caveats,
    ]  # fmt: skip


def _tested(line: Line) -> list[Entry]:
    if line["verdict"] == "left out":
        return [NOTHING] * (len(TESTED) - 1) + [Entry(line["verdict"])]
    return [
        Entry(f"{signed(line['difference'])} {interval(line, 'ci')}"),
        Entry(probability(line["p_holm"])),
        smallest_found(line["detectable"]),
        Entry(line["verdict"]),
    ]


def _known(values: Mapping[str, float], key: str, form: str) -> Entry:
    return Entry(number(values[key], form)) if key in values else NOTHING
