"""Eq. 8-10 of InfoReg and the imbalance gap, by hand."""

import math

import pytest
import torch

from inforeg.metrics.imbalance import gap
from inforeg.regulation.scores import confidences, discrepancy, scores


def logits(*probabilities):
    """Two-class logits of samples of class 1 whose true class has the given probabilities."""
    return torch.tensor([[0.0, math.log(p / (1 - p))] for p in probabilities])


def test_scores_are_mean_log_probabilities():
    target = torch.tensor([1, 1])
    computed = scores({"a": logits(3 / 4, 1 / 3), "b": logits(1 / 2, 1 / 8)}, target)
    assert computed.tolist() == pytest.approx([math.log(1 / 4) / 2, math.log(1 / 16) / 2], rel=1e-6)


def test_scores_read_the_true_class_of_each_sample():
    flat = torch.tensor([[math.log(2), math.log(3), math.log(5)]] * 3)
    computed = scores({"a": flat, "b": flat.flip(1)}, torch.tensor([0, 1, 1]))
    expected = [(math.log(0.2) + 2 * math.log(0.3)) / 3, (math.log(0.5) + 2 * math.log(0.3)) / 3]
    assert computed.tolist() == pytest.approx(expected, rel=1e-6)


def test_confidences_are_sums_of_probabilities():
    target = torch.tensor([1, 1])
    computed = confidences({"a": logits(3 / 4, 1 / 3), "b": logits(1 / 2, 1 / 8)}, target)
    assert computed.tolist() == pytest.approx([13 / 12, 5 / 8], rel=1e-6)


def test_confidences_read_the_true_class_of_each_sample():
    flat = torch.tensor([[math.log(2), math.log(3), math.log(5)]] * 3)
    computed = confidences({"a": flat, "b": flat.flip(1), "c": flat}, torch.tensor([0, 1, 1]))
    assert computed.tolist() == pytest.approx([0.2 + 2 * 0.3, 0.5 + 2 * 0.3, 0.2 + 2 * 0.3], rel=1e-6)


@pytest.mark.parametrize(
    ("score", "delta"),
    [
        ([-1.0, -3.0], [2.0, 0.0]),
        ([-3.0, -1.0], [0.0, 2.0]),
        ([-2.0, -2.0], [0.0, 0.0]),
        ([-1.0, -2.0, -4.0], [2.0, 2.0, 0.0]),  # mean(1, 3), 2, none
        ([-4.0, -1.0, -4.0], [0.0, 3.0, 0.0]),  # equals do not lead each other
        ([-1.0, -1.0, -2.0], [1.0, 1.0, 0.0]),  # the equal one is left out of the mean
        ([0.0, -1.0, -3.0, -8.0], [4.0, 4.5, 5.0, 0.0]),  # mean(1, 3, 8), mean(2, 7), 5
    ],
)
def test_discrepancy(score, delta):
    assert discrepancy(score) == delta


def test_gap():
    assert gap([0.5, 0.9, 0.6]) == pytest.approx(0.4)
    assert gap(iter([0.7, 0.7])) == 0.0
