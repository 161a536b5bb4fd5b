"""The advice of a diagnosis, by its rules, from verdicts that a test chooses; with four modalities."""

import math
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from inforeg.analysis.collected.diagnosed import Diagnosis
from inforeg.analysis.collected.study import Study
from inforeg.analysis.statistics.diagnosis import gaining
from inforeg.analysis.tables.advice import advice
from inforeg.suite.diagnosis import diagnosis
from inforeg.suite.project import Project

ROOT = Path(__file__).parents[3]
OPEN = "inconclusive"


@pytest.fixture(scope="module")
def study():
    project = Project(ROOT)
    return Study("diagnose_mfeat", diagnosis(project, "mfeat"), {"mfeat": project.benchmark("mfeat")}, None)


def judged(study, verdicts, default="practically equal", detectable=1.25, note=""):
    """Statistics in which these claims, by their ids, have these verdicts."""
    lines = [
        {"row": claim.better, "reference": claim.worse, "difference": 2.0, "ci_low": 1.0, "ci_high": 3.0,
         "n": 10, "detectable": detectable, "note": note, "verdict": verdicts.get(claim.id, default)}
        for claim in study.experiment.claims
    ]  # fmt: skip
    cost = pd.DataFrame({"row": list(study.labels), "relative": 1.5})
    return SimpleNamespace(verdicts=pd.DataFrame(lines), cost=cost)


def advised(study, verdicts, validation=None, **rest):
    statistics = judged(study, verdicts, **rest)
    means = dict.fromkeys(study.labels, 80.0) | (validation or {})
    found = Diagnosis(means, {}, [], gaining(study, statistics, means))
    return advice(study, statistics, found)


STAY = "stay with Joint training"


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (
            {},
            "Joint training holds no modality back by 1 point or more: "
            f"{STAY}, over which nothing gains 1 point or more.",
        ),
        (
            {"alone_accuracy_fou": OPEN, "greedy_joint": OPEN, "alone_probe_zer": OPEN},
            f"Joint training is not shown to hold a modality back: {STAY}, over which no gain is shown; "
            "these 10 seeds cannot tell whether joint training holds back fou and zer or whether there is a "
            "gain by Greedy, as the smallest differences that they find are of 1.2 points.",
        ),
        (
            {"alone_probe_pix": "reproduced", "alone_probe_mor": "reproduced, negligible"},
            "Joint training holds back pix (most of all pix by a linear probe, +2.0 [+1.0, +3.0] points "
            f"alone): {STAY}, over which nothing gains 1 point or more.",
        ),
        (
            {"greedy_joint": "reproduced", "mmpareto_joint": "reproduced, negligible"},
            "Joint training holds no modality back by 1 point or more: train with Greedy (+2.0 [+1.0, +3.0] "
            "points over Joint training, 1.5 times its passes).",
        ),
        ({"greedy_joint": "contradicted", "mmpareto_joint": "left out"}, "nothing gains 1 point or more."),
    ],
)
def test_each_rule(study, verdicts, words):
    assert advised(study, verdicts).endswith(words)


def test_validation_chooses_among_what_gains(study):
    both = {"greedy_joint": "reproduced", "mmpareto_joint": "reproduced"}
    told = "train with {} (+2.0 [+1.0, +3.0] points over Joint training, 1.5 times its passes), which "
    told += "validation, not a test, prefers to {}."
    assert told.format("MMPareto", "Greedy") in advised(study, both)  # equals stay in order
    assert told.format("Greedy", "MMPareto") in advised(study, both, {"greedy": 80.1})


def test_what_adds_to_another_remedy_has_to_gain_over_it(study):
    both = {"joint_star_joint": "reproduced", "inforeg_star_joint": "reproduced"}
    better = {"inforeg/star": 90.0}
    assert "train with Joint training* (" in advised(study, both, better)
    told = advised(study, {**both, "inforeg_star_joint_star": OPEN}, better)
    assert "whether there is a gain by InfoReg* over Joint training*," in told
    every = {**both, "inforeg_star_joint_star": "reproduced"}
    for verdicts in (every, {"inforeg_star_joint": "reproduced"}):
        assert "train with InfoReg* (" in advised(study, verdicts, better)


def test_too_few_seeds_say_nothing_else(study):
    why = "too few seeds: with n = 2 and 16 tests Holm's p cannot fall below 1 (10 seeds suffice)"
    told = advised(study, {}, default=OPEN, detectable=math.inf, note=why)
    assert told == f"Nothing can be said yet, for there are {why}."
    told = advised(study, {}, default="left out")
    assert told.startswith("Nothing can be said, for nothing could be tested")
