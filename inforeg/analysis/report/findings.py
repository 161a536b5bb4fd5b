"""What was found, in sentences: a paragraph a group of claims, each of its numbers a macro."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import pandas as pd

from inforeg.analysis.report.groups import UNMADE, Found, Group
from inforeg.analysis.report.numbers import quoted
from inforeg.analysis.tables.claims import SYMBOLS, claim_key
from inforeg.analysis.tables.notation import latex_key, latex_text
from inforeg.analysis.tables.sentences import Line
from inforeg.analysis.tables.words import joined, plural
from inforeg.metrics.base import metric_of
from inforeg.suite.experiment import Claim

ENDS: Mapping[str, tuple[str, str]] = {
    "reproduced": ("is reproduced", "are reproduced"),
    "reproduced, negligible": (
        "is reproduced by a negligible effect",
        "are reproduced by negligible effects",
    ),
    "contradicted": ("is contradicted", "are contradicted"),
    "contradicted, negligible": (
        "is contradicted by a negligible effect",
        "are contradicted by negligible effects",
    ),
    "practically equal": ("ends in practical equality", "end in practical equality"),
    "inconclusive": ("is inconclusive", "are inconclusive"),
    "counts only": (
        "is tested on too few data sets to be pooled",
        "are tested on too few data sets to be pooled",
    ),
    "left out": ("could not be tested", "could not be tested"),
    UNMADE: ("is tested by an experiment that was not made", "are tested by experiments that were not made"),
}
"""How sentences say that one claim, or several, have a verdict; in this order."""

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip

READING = (
    "In brackets stand where a claim is from, its effect over all benchmarks, positive as claimed, with the "
    "95~\\% interval before any correction, and on how many benchmarks the effect is as claimed; the effect "
    "leads to the claim's tests. A claim on too few data sets to be pooled has the verdicts on its "
    "benchmarks instead."
)


def abstract(groups: Sequence[Group], verdicts: Counter[str]) -> str:
    """How many claims had which verdict over all benchmarks, and the first claim of each group.

    Args:
        groups: each of at least one claim.
        verdicts: of the document's claims over all benchmarks.
    """
    told = [
        f"{quoted('claims', 'pooled', each)} {ENDS[each][verdicts[each] > 1]}"
        for each in ENDS
        if verdicts[each]
    ]
    first = (group.claims[0] for group in groups)
    leads = " ".join(_lead(found) for found in first if found.verdict != UNMADE)
    number = plural(verdicts.total(), "claims")
    return f"Of the \\ClaimsNumber{{}} {number}, over all benchmarks, {joined(told)}. {leads}\n"


def paragraph(place: int, group: Group) -> str:
    """The findings of one group, by verdict, and how its single tests ended.

    Args:
        place: of the group among all, from 1 on, by which its macros are called.
        group: of at least one claim.
    """
    order = list(ENDS)
    found = sorted(group.claims, key=lambda each: order.index(each.verdict))
    parts = [(verdict, list(each)) for verdict, each in groupby(found, key=lambda each: each.verdict)]
    sentences: list[str] = []
    for verdict, claims in parts:
        one = len(claims) == 1
        if len(parts) == 1:
            who = "The only claim" if one else f"{_all(len(claims))} claims"
        else:
            who = counted(len(claims)).capitalize()
            who += f" claim{'' if one else 's'}" if not sentences else ""
        if verdict == UNMADE:
            makes = map(_unmade, dict.fromkeys(found.experiment for found in claims))
            sentences.append(f"{who} {ENDS[verdict][not one]}. {' '.join(makes)}")
        else:
            sentences.append(f"{who} {ENDS[verdict][not one]}: {'; '.join(map(_item, claims))}.")
    return " ".join([*sentences, *_tests(place, group)]) + "\n"


def said(lines: Sequence[Line], inside: Collection[str]) -> Iterator[tuple[str, str]]:
    """A sentence that goes round and a paragraph on what its claims found, for each of them.

    Args:
        lines: of all sentences.
        inside: names of the experiments whose tests the document holds.
    """
    for sentence, group in groupby(lines, key=lambda line: line.sentence):
        claims = list(group)
        comes = f"It comes to {counted(len(claims))} {plural(len(claims), 'claims')}."
        told = (_finding(line, line.experiment in inside) for line in claims if line.found is not None)
        missing = dict.fromkeys(line.experiment for line in claims if line.found is None)
        parts = [f"So says {latex_text(sentence.source)}.", comes, *told, *map(_unmade, missing)]
        yield f"“{sentence.text}”", " ".join(parts) + "\n"


def counted(number: int) -> str:
    """A number in words, up to twelve."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _all(number: int) -> str:
    return "Both" if number == 2 else f"All {counted(number)}"


def _item(found: Found) -> str:
    """A claim as part of a sentence, with its numbers."""
    numbers = _numbers(found)
    source = latex_text(found.claim.source)
    return rf"\emph{{{latex_text(found.claim.statement)}}} ({source}{f'; {numbers}' if numbers else ''})"


def _unmade(experiment: str) -> str:
    """What makes an experiment that was not made."""
    return rf"\texttt{{{latex_text(f'snakemake --cores all {experiment}')}}} makes what is missing."


def _lead(found: Found) -> str:
    numbers = _numbers(found)
    told = f" ({numbers})" if numbers else ""
    return f"{latex_text(f'“{found.claim.statement}”')} {ENDS[found.verdict][0]}{told}."


def _numbers(found: Found) -> str:
    stem = (found.experiment, "claim", found.claim.id)
    if found.pooled is None or found.verdict == "left out":
        return ""
    if pd.isna(found.pooled["effect"]):
        ended = [each for each in SYMBOLS if found.tests[each]]
        told = [f"{_before(each)} on {quoted(*stem, each)}" for each in ended]
        return _linked(found.key, joined(told), found.within)
    each_way = f"{quoted(*stem, 'above')} of {quoted(*stem, 'benchmarks')}"
    return f"{_effect(found.experiment, found.claim, found.within)}, {each_way}"


def _before(verdict: str) -> str:
    """A verdict without a comma, for enumerations."""
    name, *rest = verdict.split(", ")
    return f"negligibly {name}" if rest else name


def _finding(line: Line, within: bool) -> str:
    """A claim that a sentence comes to, and what its interval says of the sentence, as a sentence."""
    claim = rf"\emph{{{latex_text(line.claim.statement)}}}"
    if line.found is None or pd.isna(line.found["effect"]):
        return f"{claim}: {latex_text(line.finding)}."
    told = latex_text(line.finding.replace("; ", " and "))
    return f"{claim}: the interval is {told} ({_effect(line.experiment, line.claim, within)})."


def _effect(experiment: str, claim: Claim, linked: bool) -> str:
    effect, low, high = (quoted(experiment, "claim", claim.id, name) for name in ("effect", "low", "high"))
    text = f"{effect} {metric_of(claim.metric).unit.difference} [{low}, {high}]"
    return _linked(claim_key(experiment, claim.id), text, linked)


def _linked(key: str, text: str, linked: bool) -> str:
    return rf"\hyperlink{{{latex_key(key)}}}{{{text}}}" if linked else text


def _tests(place: int, group: Group) -> Iterator[str]:
    """How the tests on single benchmarks ended, where there are several."""
    counts = group.tests
    ended = [each for each in SYMBOLS if counts[each]]
    stem = ("finding", str(place))
    total = quoted(*stem, "tests")
    if len(ended) > 1:
        told = [f"{quoted(*stem, each)} {ENDS[each][counts[each] > 1]}" for each in ended]
        yield f"Of {total} tests on single benchmarks, {joined(told)}."
    elif sum(counts.values()) > 1:
        yield f"On single benchmarks all {total} tests {ENDS[ended[0]][1]}."
