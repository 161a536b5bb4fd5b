"""Claims by the question that they answer, each with what was found of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inforeg.analysis.statistics.stored import Results
from inforeg.analysis.tables import pooled
from inforeg.analysis.tables.claims import claim_key
from inforeg.suite.experiment import Claim, Experiment
from inforeg.suite.workflow import Finding

UNMADE = "not made"
"""Stands for the verdict where the experiment was not made."""


@dataclass(frozen=True)
class Found:
    """What was found of a claim.

    Attributes:
        experiment: the name of the one that tests it.
        claim: in its own words.
        pooled: its line of the pooled claims; None where the experiment was not made.
        tests: how many of its tests on single benchmarks had which verdict.
        within: the document holds its tests.
    """

    experiment: str
    claim: Claim
    pooled: Mapping[Any, Any] | None
    tests: Counter[str]
    within: bool

    @property
    def verdict(self) -> str:
        """On the pooled claim."""
        return UNMADE if self.pooled is None else str(self.pooled["verdict"])

    @property
    def key(self) -> str:
        """How links name it."""
        return claim_key(self.experiment, self.claim.id)


@dataclass(frozen=True)
class Group:
    """Claims that answer one question."""

    title: str
    claims: Sequence[Found]

    @property
    def tests(self) -> Counter[str]:
        """How many of their tests on single benchmarks had which verdict."""
        return sum((found.tests for found in self.claims), Counter())


def groups_of(
    findings: Sequence[Finding],
    experiments: Mapping[str, Experiment],
    results: Results,
    beside: Results = (),
) -> list[Group]:
    """The claims as `findings` group them, then those of `results` that none of them names, by experiment.

    Groups of which nothing was made come last.

    Args:
        findings: as the workflow's configuration has them.
        experiments: all that they name.
        results: of the document's experiments.
        beside: of others that were made.
    """
    content = dict(experiments) | {study.name: study.experiment for study, _ in results}
    claims = {(name, claim.id): claim for name, each in content.items() for claim in each.claims}
    lines, tests = pooled.by_claim([*beside, *results]), _tests([*beside, *results])
    inside = {study.name for study, _ in results}

    def found(name: str, claim: str) -> Found:
        at = name, claim
        return Found(name, claims[at], lines.get(at), tests.get(at, Counter()), name in inside)

    named = [(each.title, [(name, c) for name, ids in each.claims.items() for c in ids]) for each in findings]
    taken = {at for _, places in named for at in places}
    for study, _ in results:
        rest = [(study.name, claim.id) for claim in study.experiment.claims]
        named.append((study.experiment.title, [at for at in rest if at not in taken]))
    groups = [Group(title, [found(*at) for at in places]) for title, places in named if places]
    return sorted(groups, key=lambda group: all(each.verdict == UNMADE for each in group.claims))


def _tests(made: Results) -> dict[tuple[str, str], Counter[str]]:
    """By experiment and claim."""
    return {
        (study.name, str(claim)): Counter(lines["verdict"])
        for study, statistics in made
        for claim, lines in statistics.verdicts.groupby("claim", sort=False)
    }
