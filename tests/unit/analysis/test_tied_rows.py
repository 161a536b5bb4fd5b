"""Rows whose numbers are equal but for rounding: no table, figure or choice tells them apart."""

import pandas as pd
import pytest
from sweeps import AUDIO, JOINT, compared, draw, make_sweep

from inforeg.analysis.statistics.compare import best_variants, differences, weakest
from inforeg.analysis.statistics.compute import compute
from inforeg.analysis.statistics.costs import efficient
from inforeg.analysis.tables import main_table


@pytest.fixture
def tied(tmp_path):
    """Joint, and two rows that differ from it in their last bits."""
    accuracies = {("alpha", key, "default"): JOINT for key in ("joint", "inforeg", "ogm")}
    study = make_sweep(tmp_path, accuracies, {}).study()
    runs = study.collected.runs
    moved = {"inforeg": 1 + 4e-16, "ogm": 1 - 4e-16}
    runs["value"] *= runs["row"].map(moved).fillna(1)
    return study


def test_rounding_is_no_difference(tied):
    lines = compared(tied).set_index("row").loc[["inforeg", "ogm"]]
    assert lines["difference"].tolist() == [0, 0]
    assert lines["p"].tolist() == [1, 1]
    gap = differences(pd.Series([0.9 - 0.7, 0.5]), pd.Series([0.8 - 0.6, 0.25]))
    assert gap.tolist() == [0, 0.25]


def test_all_of_equals_are_best(tied):
    table = main_table.main_table(tied, compute(tied))
    assert [row[1].style for row in table.rows] == ["best"] * 3


def test_of_equal_variants_the_first_is_taken(tmp_path):
    accuracies = {("alpha", "joint", "default"): JOINT}
    accuracies |= {("alpha", "unimodal", modality): AUDIO for modality in ("audio", "video")}
    runs = make_sweep(tmp_path, accuracies, {}).study().collected.runs
    runs.loc[runs["variant"] == "video", "value"] *= 1 + 4e-16
    assert best_variants(runs).set_index("row").loc["unimodal", "variant"] == "audio"


def test_of_equal_modalities_the_first_is_the_weakest(tied):
    runs = tied.collected.runs
    runs.loc[runs["metric"] == "accuracy/video", "value"] *= 1 - 4e-16
    assert weakest(tied, "alpha") == "audio"


def test_no_point_is_beaten_by_rounding():
    cost, value = pd.Series([1.0, 1 - 1e-15, 2.0]), pd.Series([0.3, 0.1 + 0.2, 0.3])
    assert efficient(cost, value, lower=False).tolist() == [True, True, False]


def test_the_order_of_equals_is_no_disagreement(tied):
    runs = tied.collected.runs
    runs.loc[runs["row"] == "ogm", "value"] -= 0.1
    runs.loc[(runs["row"] == "inforeg") & (runs["selection"] == "last"), "value"] *= 1 - 8e-16
    _, numbers = draw("selection", tied)
    # Under both, ogm is last and the others are tied.
    assert numbers.query("rule == 'last'")["tau"].tolist() == pytest.approx([1, 1, 1])
