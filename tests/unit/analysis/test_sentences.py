"""Sentences that go round about the method, and what their claims have found over all benchmarks."""

import json
import math

import pytest
from pydantic import ValidationError
from sweeps import BETTER, CLAIM, JOINT, make_sweep
from test_pooled import found, make_study, verdicts

from inforeg.analysis.report.outputs import write_claims, write_document
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.tables.sentences import lines_of, tables, told
from inforeg.suite.workflow import Sentence

SENTENCE = {"text": "improves by 2.3-4.1 %", "source": "a summary", "claims": {"mini": ["claim0"]}}


def lines(effects, points=(2.3, 4.1), **settings):
    """The only line of a sentence on a claim with these effects on four benchmarks."""
    sentence = Sentence.model_validate(SENTENCE | {"points": points})
    study = make_study(**settings)
    return lines_of([sentence], {"mini": study.experiment}, [(study, found(study, verdicts(effects)))])


@pytest.mark.parametrize(
    ("effects", "finding"),
    [
        # Student's t(3) at 0.975, 3.18, times s / 2: ± 0.2 ± 0.1 ± 0.1 ± 0.1 ± 0.1 ± 8.9.
        ([0.1, -0.1, 0.2, 0.0], "neither above nor below 0; falls short of 2.3 to 4.1 points"),
        ([2.9, 3.0, 3.1, 3.0], "above 0; meets 2.3 to 4.1 points"),
        ([0.9, 1.0, 1.1, 1.0], "above 0; falls short of 2.3 to 4.1 points"),
        ([4.9, 5.0, 5.1, 5.0], "above 0; goes beyond 2.3 to 4.1 points"),
        ([-2.9, -3.0, -3.1, -3.0], "below 0; falls short of 2.3 to 4.1 points"),
        ([9, -3, 6, 0], "neither above nor below 0; meets 2.3 to 4.1 points"),
    ],
)
def test_the_interval_is_set_against_0_and_against_what_is_said(effects, finding):
    assert [line.finding for line in lines(effects)] == [finding]


def test_without_points_only_0_counts():
    assert lines([2.9, 3.0, 3.1, 3.0], points=None)[0].finding == "above 0"


def test_the_table_has_a_line_for_each_claim_below_its_sentence():
    (table,) = tables([*lines([1, 2, 3, 6]), *lines([1, 2, 3, 6], points=None)])
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["“improves by 2.3-4.1 %” (a summary)", "", "", "", ""],
        [
            "InfoReg beats joint training",
            "+3.0 [−0.4, +6.4]",
            "neither above nor below 0; meets 2.3 to 4.1 points",
            "○ inconclusive",
            "4 / 0",
        ],
        ["“improves by 2.3-4.1 %” (a summary)", "", "", "", ""],
        [
            "InfoReg beats joint training",
            "+3.0 [−0.4, +6.4]",
            "neither above nor below 0",
            "○ inconclusive",
            "4 / 0",
        ],
    ]
    assert tables([]) == told([]) == []


def test_an_experiment_that_was_not_made_says_what_makes_it():
    study = make_study()
    unmade = lines_of([Sentence.model_validate(SENTENCE)], {"mini": study.experiment}, [])
    assert [cell.text for cell in tables(unmade)[0].rows[1]] == [
        "InfoReg beats joint training", "—", "not made; snakemake --cores all mini makes it", "—", "—",
    ]  # fmt: skip
    (line,) = told(unmade)
    assert (line["effect"], line["verdict"], line["finding"]) == (None, None, unmade[0].finding)


def test_too_few_data_sets_are_counted():
    (line,) = lines([1, -1, 2, 0], data=dict.fromkeys(("alpha", "beta", "gamma", "delta"), "one"))
    assert line.finding == "not pooled"
    assert [cell.text for cell in tables([line])[0].rows[1][1:]] == [
        "—",
        "not pooled",
        "counts only",
        "2 / 1",
    ]


def test_a_method_that_never_acted_bounds_nothing_and_breaks_nothing():
    study = make_study()
    statistics = found(study, verdicts([0] * 4, errors=(0,) * 4))
    (line,) = lines_of([Sentence.model_validate(SENTENCE)], {"mini": study.experiment}, [(study, statistics)])
    assert math.isinf(line.found["high"])
    assert tables([line])[0].rows[1][1].text == "+0.0 [—, —]"
    assert told([line])[0]["high"] is None


def test_the_claims_begin_with_them(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "inforeg", "default"): BETTER}
    study = make_sweep(tmp_path, accuracies, {}, claims=[CLAIM]).study()
    results = [(study, compute(study))]
    sentence = Sentence.model_validate(SENTENCE | {"claims": {"mini": ["better"]}})
    write_claims(results, tmp_path, lines_of([sentence], {"mini": study.experiment}, results))
    for name in ("claims.md", "claims.tex", "claims.html"):
        text = (tmp_path / name).read_text()
        assert text.index("improves by 2.3-4.1") < text.index("The claims over all benchmarks")
    (line,) = json.loads((tmp_path / "claims.json").read_text())["sentences"]
    assert (line["text"], line["claim"], line["above"], line["verdict"]) == (
        SENTENCE["text"], "better", 1, "counts only",
    )  # fmt: skip
    odd = Sentence.model_validate(SENTENCE | {"text": "улучшает"})
    said = lines_of(
        [odd.model_copy(update={"claims": {"mini": ["better"]}})], {"mini": study.experiment}, results
    )
    write_document(results, tmp_path, said=said)
    assert (tmp_path / "paper.tex").read_text().startswith("% !TEX program = xelatex")


@pytest.mark.parametrize("points", [[4.1, 2.3], [1.0], [1.0, 2.0, 3.0], [math.nan, 1.0]])
def test_points_are_a_range(points):
    with pytest.raises(ValidationError, match="points"):
        Sentence.model_validate(SENTENCE | {"points": points})
