"""What a diagnosis advises, in one sentence made by rules from verdicts."""

import math
from collections.abc import Iterator, Sequence

from inforeg.analysis.collected.diagnosed import Diagnosis
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.stored import Statistics
from inforeg.analysis.tables.diagnosis import MEASURES, Line, modality_lines, remedy_lines
from inforeg.analysis.tables.words import interval, joined, margins, number, signed
from inforeg.metrics.base import POINTS

OPEN = "inconclusive"
"""The verdict of what was tested and not found."""


def advice(study: Study, statistics: Statistics, found: Diagnosis) -> str:
    """One sentence: is a modality held back, what to do, and what these seeds cannot tell.

    1. Modalities are held back of which it is reproduced that they are better alone. Where none is, none is
       by the smallest effect of interest or more, unless a test is inconclusive.
    2. The first of `Diagnosis.gaining` is advised. Where nothing gains, nothing does by the smallest effect
       of interest or more, unless a test is inconclusive.
    3. What is inconclusive is named, with the smallest difference that the seeds find.
    4. Where so few seeds can reject nothing, that is all that is said.
    """
    modalities, remedies = list(modality_lines(study, statistics)), list(remedy_lines(study, statistics))
    lines = [line for *_, line in modalities] + remedies
    tested = [line for line in lines if line["verdict"] != "left out"]
    if not tested:
        return "Nothing can be said, for nothing could be tested; what is left out has its reason below."
    if all(line["detectable"] == math.inf for line in tested):
        return f"Nothing can be said yet, for there are {tested[0]['note']}."
    smallest = margins([study])
    told = [f"{_held_back(modalities, smallest)}: {_remedy(study, statistics, found, remedies, smallest)}"]
    told += _untold(study, modalities, remedies, f"{int(tested[0]['n'])} {study.units()}")
    return f"{'; '.join(told)}."


def _held_back(modalities: Sequence[tuple[str, str, Line]], smallest: str) -> str:
    back = [(kind, modality, line) for kind, modality, line in modalities if line["verdict"] == "reproduced"]
    if back:
        names = joined(list(dict.fromkeys(modality for _, modality, _ in back)))
        told = (_most([each for each in back if each[0] == kind]) for kind in MEASURES)
        return f"Joint training holds back {names} (most of all {', and '.join(filter(None, told))})"
    if any(line["verdict"] == OPEN for *_, line in modalities):
        return "Joint training is not shown to hold a modality back"
    return f"Joint training holds no modality back by {smallest} or more"


def _most(back: Sequence[tuple[str, str, Line]]) -> str:
    """How much better alone the modality is that is held back most; empty for none."""
    if not back:
        return ""
    kind, modality, line = max(back, key=lambda each: float(each[2]["difference"]))
    return f"{modality} {MEASURES[kind].lower()}, {_effect(line)} alone"


def _remedy(
    study: Study, statistics: Statistics, found: Diagnosis, remedies: Sequence[Line], smallest: str
) -> str:
    reference = study.experiment.reference
    tests = {line["row"]: line for line in remedies if line["reference"] == reference}
    if not found.gaining:
        if any(line["verdict"] == OPEN for line in tests.values()):
            return f"stay with {study.labels[reference]}, over which no gain is shown"
        return f"stay with {study.labels[reference]}, over which nothing gains {smallest} or more"
    best, *others = found.gaining
    passes = statistics.cost.set_index("row")["relative"].get(best, math.nan)
    gain = f"{_effect(tests[best])} over {study.labels[reference]}"
    told = f"train with {study.labels[best]} ({gain}, {number(passes, '.1f')} times its passes)"
    if others:
        names = joined([study.labels[row] for row in others])
        told += f", which validation, not a test, prefers to {names}"
    return told


def _untold(
    study: Study, modalities: Sequence[tuple[str, str, Line]], remedies: Sequence[Line], seeds: str
) -> Iterator[str]:
    """What stays open, and how large a difference would have been found."""
    back = [(modality, line) for _, modality, line in modalities if line["verdict"] == OPEN]
    gains = [line for line in remedies if line["verdict"] == OPEN]
    lines = [*(line for _, line in back), *gains]
    if not lines:
        return
    what = []
    if back:
        names = joined(list(dict.fromkeys(modality for modality, _ in back)))
        what.append(f"whether joint training holds back {names}")
    if gains:
        what.append(f"whether there is a gain by {joined([_named(study, line) for line in gains])}")
    ends = sorted({number(line["detectable"], ".1f") for line in lines}, key=float)
    smallest = ends[0] if len(ends) == 1 else f"{ends[0]} to {ends[-1]}"
    told = f"the smallest differences that they find are of {smallest} {POINTS.name}"
    yield f"these {seeds} cannot tell {' or '.join(what)}, as {told}"


def _named(study: Study, line: Line) -> str:
    over = line["reference"]
    told = "" if over == study.experiment.reference else f" over {study.labels[over]}"
    return f"{study.labels[line['row']]}{told}"


def _effect(line: Line) -> str:
    return f"{signed(line['difference'])} {interval(line, 'ci')} {POINTS.difference}"
