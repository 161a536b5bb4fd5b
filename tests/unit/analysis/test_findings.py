"""The document's findings: sentences for every verdict, and groups of claims as the configuration has."""

import math
import re
from collections import Counter
from types import SimpleNamespace

import pytest
from sweeps import CLAIM
from test_pooled import found, make_study, verdicts
from test_sentences import lines

from inforeg.analysis.report.findings import ENDS, abstract, paragraph, said
from inforeg.analysis.report.groups import UNMADE, Found, Group, groups_of
from inforeg.analysis.report.numbers import numbers
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables.claims import SYMBOLS
from inforeg.suite.experiment import Claim
from inforeg.suite.workflow import Finding

POOLED = tuple(verdict for verdict in SYMBOLS if verdict != "left out")


def made(verdict, place=0, **tests):
    """A claim with this verdict, of an experiment that the document holds."""
    claim = Claim.model_validate(
        CLAIM | {"id": f"claim{place}", "statement": f"A beats {'BCDEFGHIJ'[place]}"}
    )
    effect = 1.0 if verdict in POOLED else math.nan
    pooled = None if verdict == UNMADE else {"verdict": verdict, "effect": effect}
    counts = {} if verdict == UNMADE else tests or {"inconclusive": 2}
    return Found("mini", claim, pooled, Counter(counts), True)


def plain(latex):
    """The text without its links, with the names of macros in place of numbers."""
    text = re.sub(r"\\hyperlink\{[^}]*\}\{((?:[^{}]|\{\})*)\}", r"\1", latex.strip())
    return re.sub(r"\\emph\{([^}]*)\}", r"\1", text).replace("{}", "")


NUMBERS = r"\MiniClaimClaimZeroEffect points [\MiniClaimClaimZeroLow, \MiniClaimClaimZeroHigh]"
EACH_WAY = r"\MiniClaimClaimZeroAbove of \MiniClaimClaimZeroBenchmarks"


@pytest.mark.parametrize("verdict", POOLED)
def test_a_claim_that_is_pooled_has_its_numbers_whatever_its_verdict(verdict):
    told = plain(paragraph(1, Group("T", [made(verdict, alone=1)])))
    assert told == f"The only claim {ENDS[verdict][0]}: A beats B (Table 2; {NUMBERS}, {EACH_WAY})."


def test_too_few_data_sets_show_their_verdicts():
    found = made("counts only", inconclusive=1, **{"contradicted, negligible": 1})
    stem = r"\MiniClaimClaimZero"
    assert plain(paragraph(3, Group("T", [found]))) == (
        "The only claim is tested on too few data sets to be pooled: A beats B (Table 2; negligibly "
        rf"contradicted on {stem}ContradictedNegligible and inconclusive on {stem}Inconclusive). Of "
        r"\FindingThreeTests tests on single benchmarks, \FindingThreeContradictedNegligible is contradicted "
        r"by a negligible effect and \FindingThreeInconclusive is inconclusive."
    )


def test_a_claim_that_could_not_be_tested_has_no_numbers():
    found = made("left out", **{"left out": 2})
    assert plain(paragraph(1, Group("T", [found]))) == (
        "The only claim could not be tested: A beats B (Table 2). On single benchmarks all \\FindingOneTests "
        "tests could not be tested."
    )


def test_what_was_not_made_says_what_makes_it():
    told = plain(paragraph(1, Group("T", [made(UNMADE, n) for n in range(2)])))
    assert told.startswith("Both claims are tested by experiments that were not made. \\texttt{snakemake")
    assert "A beats" not in told
    assert told.count("cores all mini") == 1


def test_every_verdict_in_one_paragraph_is_told_once_in_order():
    claims = [made(verdict, place) for place, verdict in enumerate(reversed(ENDS))]
    told = plain(paragraph(1, Group("T", claims)))
    assert told.startswith("One claim is reproduced: A beats J (Table 2; ")
    places = [
        told.index(f"One {'claim ' if not place else ''}{one}")
        for place, (one, _) in enumerate(ENDS.values())
    ]
    assert places == sorted(places)
    both = plain(paragraph(1, Group("T", [made("contradicted"), *(made("inconclusive", n) for n in (1, 2))])))
    assert both.startswith("One claim is contradicted: A beats B")
    assert ". Two are inconclusive: A beats C" in both


def test_the_abstract_counts_verdicts_and_has_the_first_claim_of_each_group():
    groups = [
        Group("T", [made("contradicted"), made("reproduced", 1)]),
        Group("U", [made("left out", 2)]),
        Group("V", [made(UNMADE, 3)]),
    ]
    told = plain(abstract(groups, Counter({"contradicted": 1, "reproduced": 2, "left out": 1})))
    assert told == (
        r"Of the \ClaimsNumber claims, over all benchmarks, \ClaimsPooledReproduced are reproduced, "
        r"\ClaimsPooledContradicted is contradicted and \ClaimsPooledLeftOut could not be tested. "
        rf"“A beats B” is contradicted ({NUMBERS}, {EACH_WAY}). “A beats D” could not be tested."
    )


def test_findings_group_claims_and_the_rest_follows_by_experiment():
    study = make_study(3)
    statistics = found(
        study, verdicts([1, 2, 3, 6], [1, 2, 3, 6], [1, 2, 3, 6]).assign(verdict="inconclusive")
    )
    finding = Finding.model_validate({"title": "First?", "claims": {"mini": ["claim1"], "other": ["claim0"]}})
    experiments = {"mini": study.experiment, "other": study.experiment}
    first, rest = groups_of([finding], experiments, [(study, statistics)])
    assert (first.title, rest.title) == ("First?", "Mini")
    assert [(each.experiment, each.claim.id) for each in first.claims] == [
        ("mini", "claim1"),
        ("other", "claim0"),
    ]
    assert [each.verdict for each in first.claims] == ["inconclusive", UNMADE]
    assert [each.within for each in first.claims] == [True, False]
    assert [each.claim.id for each in rest.claims] == ["claim0", "claim2"]
    assert first.tests == {"inconclusive": 4}
    beside = SimpleNamespace(name="other", experiment=study.experiment)
    unmade = finding.model_copy(update={"title": "Other", "claims": {"other": ["claim0"]}})
    ordered = groups_of([unmade, finding], experiments, [(study, statistics)])
    assert [group.title for group in ordered] == [first.title, rest.title, "Other"]
    (with_both, _) = groups_of([finding], experiments, [(study, statistics)], [(beside, statistics)])
    assert [each.verdict for each in with_both.claims] == ["inconclusive"] * 2


def test_sentences_that_go_round_say_where_the_interval_lies():
    ((title, told),) = said(lines([2.9, 3.0, 3.1, 3.0]), {"mini"})
    assert title == "“improves by 2.3-4.1 %”"
    assert plain(told) == (
        "So says a summary. It comes to one claim. InfoReg beats joint training: the interval is above 0 and "
        rf"meets 2.3 to 4.1 points ({NUMBERS})."
    )
    ((_, outside),) = said(lines([2.9, 3.0, 3.1, 3.0]), set())
    assert "hyperlink" in told
    assert "hyperlink" not in outside


def test_numbers_have_the_effects_of_claims(study):
    result = (study, compute(study))
    written = numbers([result], groups=groups_of([], {}, [result])).splitlines()
    assert any(line.startswith(r"\newcommand{\MiniClaimBetterEffect}{") for line in written)
    assert r"\newcommand{\MiniClaimBetterReproduced}{1}" in written
    assert r"\newcommand{\MiniClaimBetterBenchmarks}{2}" in written
    assert r"\newcommand{\ClaimsPooledCountsOnly}{1}" in written
    assert r"\newcommand{\FindingOneContradicted}{1}" in written
