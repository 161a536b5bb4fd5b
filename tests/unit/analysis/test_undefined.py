"""What is undefined, all being tied or little being there, is a dash, null or empty: never nan or inf."""

import json
import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from sweeps import BETTER, CLAIM, JOINT, contrasts, make_sweep, write_all
from test_figures import examined

from inforeg.analysis.figures.catalogue import FIGURES
from inforeg.analysis.statistics import across, paired
from inforeg.analysis.tables import words
from inforeg.probes.frames import csv
from inforeg.suite.experiment import Claim

ODD = re.compile(r"(?<![a-z])[+−-]?(nan|inf|infinity)(?![a-z])", re.IGNORECASE)

FLAT = [0.5] * 8
ROWS = ("joint", "inforeg", "ogm")
CLAIMS = [
    CLAIM,
    CLAIM | {"id": "gap", "metric": "imbalance_gap"},
    CLAIM | {"id": "alone", "metric": "accuracy/weakest", "better": "ogm"},
]

CASES = {
    "all rows and seeds tied": dict.fromkeys(
        [(b, r, "default") for b in ("alpha", "beta") for r in ROWS], FLAT
    ),
    "all rows tied": dict.fromkeys([(b, r, "default") for b in ("alpha", "beta") for r in ROWS], JOINT),
    "two seeds": {(b, r, "default"): JOINT[:2] for b in ("alpha", "beta") for r in ROWS},
    "one benchmark": {
        ("alpha", r, "default"): values for r, values in zip(ROWS, (JOINT, BETTER, FLAT), strict=True)
    },
    "constant differences": {
        ("alpha", r, "default"): [value + step for value in JOINT]
        for r, step in zip(ROWS, (0, 0.1, 0.2), strict=True)
    },
    "all right": dict.fromkeys([(b, r, "default") for b in ("alpha", "beta") for r in ROWS], [1.0] * 8),
    "all wrong": dict.fromkeys([(b, r, "default") for b in ("alpha", "beta") for r in ROWS], [0.0] * 8),
}


def make(tmp_path, accuracies, left_out=(), **settings):
    settings = {"figures": ["differences"], "claims": CLAIMS, "x_label": "dial"} | settings
    return examined(make_sweep(tmp_path / "made", accuracies, dict(left_out), **settings).study())


def written(study, folder):
    """Every text that the study's writers write, by file."""
    write_all(study, folder)
    files = [path for path in folder.rglob("*") if path.suffix not in {"", ".pdf", ".png", ".parquet"}]
    return {path.name: path.read_text() for path in files}


def odd(texts):
    return {name: found[0] for name, text in texts.items() if (found := ODD.search(text))}


@pytest.fixture
def drawn(monkeypatch):
    """What figures say, by figure, which is laid out and not saved."""
    said = {}

    def listen(figure, file, **_):
        if figure not in said:
            figure.draw_without_rendering()
            said[figure] = "\n".join(text.get_text() for text in figure.findobj(Text))

    monkeypatch.setattr(Figure, "savefig", listen)
    return said


@pytest.mark.parametrize("case", CASES)
def test_no_number_is_odd_in_any_text(case, tmp_path, drawn):
    texts = written(make(tmp_path, CASES[case]), tmp_path / "out")
    assert {name.split(".")[-1] for name in texts} == {"tex", "md", "html", "csv", "json"}
    assert odd(texts) == {}
    assert odd(drawn) == {}


@pytest.mark.parametrize("case", ["all rows and seeds tied", "two seeds"])
def test_no_number_is_odd_in_any_figure(case, tmp_path, drawn):
    study = make(tmp_path, CASES[case], figures=list(FIGURES))
    measured = {"gradients": 2, "measure": ["movement", "sample_trace"]}
    asked = {"contrasts": contrasts(study.experiment)}
    study = replace(study, experiment=study.experiment.model_copy(update=asked))
    compared = {
        name: config.model_copy(update={"training": config.training.model_copy(update=measured)})
        for name, config in study.benchmarks.items()
    }
    write_all(replace(study, benchmarks=compared), tmp_path)
    assert len(drawn) == len(FIGURES) + 1  # and that of the claims
    assert odd(drawn) == {}
    assert odd({path.name: path.read_text() for path in tmp_path.glob("figures/*.csv")}) == {}
    if case != "two seeds":
        assert any("Friedman p = 1)" in text for text in drawn.values())
        assert any("τ of the orders by validation and oracle —" in text for text in drawn.values())


def test_all_tied_is_p_1_and_says_why(tmp_path):
    study = make(tmp_path, CASES["all rows tied"])
    write_all(study, tmp_path)
    assert (
        "Friedman: chi-squared = —, p = 1 (all rows are tied on every benchmark). Nemenyi: mean ranks"
        in (tmp_path / "tables/mini.md").read_text()
    )
    ranks = json.loads((tmp_path / "statistics/mini.json").read_text())["across"]["ranks"]
    assert (ranks["statistic"], ranks["p"]) == (None, 1)
    assert {p for row in ranks["nemenyi"].values() for p in row.values()} == {1}
    assert set(ranks["mean_rank"].values()) == {2}


def test_claims_that_nothing_can_test_are_left_out(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT, ("alpha", "ogm", "default"): BETTER}
    study = make_sweep(tmp_path / "made", accuracies, {("inforeg", "alpha"): "diverges"}).study()
    rows = [
        *study.experiment.rows,
        study.experiment.rows[0].model_copy(update={"label": "I", "method": "inforeg"}),
    ]
    changed = {"rows": rows, "claims": [Claim(**CLAIM)]}
    study = replace(study, experiment=study.experiment.model_copy(update=changed))
    study.collected.provenance["left_out"] = [{"row": "inforeg", "benchmark": "alpha", "reason": "diverges"}]
    write_all(study, tmp_path)
    assert odd({path.name: path.read_text() for path in tmp_path.glob("*.*")}) == {}
    assert "of which 1 left out" in (tmp_path / "claims.md").read_text()


def test_a_single_value_has_no_spread_and_no_test():
    result = paired.paired([1.5])
    assert (result.n, result.difference, result.p) == (1, 1.5, 1)
    assert all(math.isnan(x) for x in (result.low, result.high, result.effect_size))
    assert words.mean_sd(70.46, math.nan).text == "70.5 ± —"
    assert across.interquartile_mean([[0.5], [0.7]]).value == pytest.approx(0.6)
    assert math.isnan(across.interquartile_mean([[0.5], [0.7]]).low)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_dash_or_an_empty_field(value):
    assert words.number(value, ".1f") == words.signed(value) == "—"
    assert csv(pd.DataFrame({"a": [value, 1.5]})) == "a\n\n1.5\n".replace("\n\n", '\n""\n')
