"""Courses of training beside those of the reference, and the separation of classes: paired, by hand."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sweeps import BETTER, JOINT, draw, make_sweep

from inforeg.analysis.statistics.compare import weakest
from inforeg.analysis.statistics.courses import courses
from inforeg.analysis.statistics.paired import mean_interval
from inforeg.analysis.statistics.separation import separations


def found_on(study, **values):
    lines = courses(study, {name: weakest(study, name) for name in study.benchmarks})
    for column, value in values.items():
        lines = lines[lines[column] == value]
    return lines


def test_differences_are_paired_by_seed_in_every_epoch(study):
    gains = 100 * (np.array(BETTER) - np.array(JOINT))
    low, high = mean_interval(gains)
    lines = found_on(study, benchmark="alpha", row="inforeg", quantity="accuracy", modality="all")
    assert lines["epoch"].to_list() == [0, 1, 2]
    for line in lines.to_dict("records"):
        assert line["n"] == 8
        assert (line["low"], line["mean"], line["high"]) == pytest.approx((71, 73.375, 76))
        expected = (23 / 8, low, high)
        assert (line["difference"], line["ci_low"], line["ci_high"]) == pytest.approx(expected)


def test_traces_are_compared_by_their_geometric_mean_factor(study):
    line = found_on(study, benchmark="alpha", row="inforeg", quantity="trace", modality="audio", epoch=2)
    factors = np.array(BETTER) / np.array(JOINT)
    low, high = mean_interval(np.log(factors))
    assert line["mean"].item() == pytest.approx(3 * np.mean(BETTER))
    assert line["difference"].item() == pytest.approx(np.prod(factors) ** (1 / 8))
    assert (line["ci_low"].item(), line["ci_high"].item()) == pytest.approx((math.exp(low), math.exp(high)))


def test_a_trace_of_nothing_has_no_factor(study):
    epochs = study.collected.epochs
    nothing = epochs["metric"].str.startswith("trace/batch/audio") & (epochs["seed"] == 0)
    changed = epochs.assign(value=epochs["value"].mask(nothing, 0.0))
    study = replace(study, collected=replace(study.collected, epochs=changed))
    line = found_on(study, benchmark="alpha", row="inforeg", quantity="trace", modality="audio", epoch=0)
    assert line["low"].item() == 0
    assert line["difference"].item() == pytest.approx(np.prod(np.divide(BETTER, JOINT)[1:]) ** (1 / 7))


def test_the_reference_has_no_difference_and_may_be_alone(study, tmp_path):
    assert found_on(study, row="joint")["difference"].isna().all()
    alone = make_sweep(tmp_path, {("alpha", "joint", "default"): JOINT}, {}).study()
    assert found_on(alone)["difference"].isna().all()
    figure, _ = draw("regulation", alone)
    assert len(figure.axes) == 4


def test_a_row_of_several_variants_is_shown_by_its_best(study):
    assert set(found_on(study, row="unimodal", benchmark="alpha")["modality"]) == {"all", "audio"}


def test_separations_are_of_the_weakest_modality_with_paired_differences(study):
    # The fake silhouette is half a point less than the accuracy, and the share of neighbours the accuracy.
    found = separations(study).set_index(["benchmark", "row", "metric"])
    line = found.loc["alpha", "inforeg", "silhouette"]
    assert line["mean"] == pytest.approx(0.23375)
    assert line["difference"] == pytest.approx(0.02875)
    low, high = mean_interval(np.array(BETTER) - 0.5)
    assert (line["ci_low"], line["ci_high"]) == pytest.approx((low, high))
    low, high = mean_interval(np.array(BETTER) - JOINT)
    assert (line["difference_low"], line["difference_high"]) == pytest.approx((low, high))
    line = found.loc["alpha", "joint", "neighbour"]
    assert line["mean"] == pytest.approx(70.5)
    assert pd.isna(line["difference"])
