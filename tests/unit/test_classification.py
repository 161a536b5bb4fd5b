"""Accuracy and macro-F1 against counts by hand and scikit-learn."""

import pytest
import torch
from sklearn import metrics

from inforeg.metrics.classification import accuracy, macro_f1

TARGET = torch.tensor([0, 0, 0, 1, 1, 2])
PREDICTED = torch.tensor([0, 0, 1, 1, 2, 2])


def test_accuracy_by_hand():
    assert accuracy(PREDICTED, TARGET) == pytest.approx(4 / 6)
    assert accuracy(TARGET, TARGET) == 1.0
    assert accuracy((TARGET + 1) % 3, TARGET) == 0.0


def test_macro_f1_by_hand():
    # class 0: TP 2, FP 0, FN 1; class 1: TP 1, FP 1, FN 1; class 2: TP 1, FP 1, FN 0
    assert macro_f1(PREDICTED, TARGET, 3) == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)


def test_class_neither_present_nor_predicted_counts_as_zero():
    assert macro_f1(TARGET, TARGET, 4) == pytest.approx(3 / 4)


@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed):
    generator = torch.Generator().manual_seed(seed)
    classes = 7
    target = torch.randint(classes - 1, (60,), generator=generator)  # the last class is never true
    predicted = torch.where(torch.rand(60, generator=generator) < 0.6, target, target.flip(0))
    expected = metrics.f1_score(
        target, predicted, labels=list(range(classes)), average="macro", zero_division=0.0
    )
    assert macro_f1(predicted, target, classes) == pytest.approx(expected, rel=1e-12)
    assert accuracy(predicted, target) == pytest.approx(metrics.accuracy_score(target, predicted))
