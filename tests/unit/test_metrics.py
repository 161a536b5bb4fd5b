"""Every metric against a case by hand and, where scikit-learn has it, against that."""

import math

import pytest
import torch
from sklearn import metrics as reference
from torch import Tensor

from inforeg.errors import UserError
from inforeg.metrics import base
from inforeg.metrics.base import Metric, metric_of, metrics, title_of
from inforeg.metrics.calibration import CALIBRATION_ERROR
from inforeg.metrics.classification import ACCURACY, BALANCED_ACCURACY, CROSS_ENTROPY, MACRO_F1
from inforeg.metrics.ranking import AUROC, MEAN_AVERAGE_PRECISION

TARGET = torch.tensor([0, 0, 0, 1, 1, 2])
PREDICTED = torch.tensor([0, 0, 1, 1, 2, 2])


def sure(predicted: Tensor, classes: int = 3) -> Tensor:
    """Logits whose largest are of `predicted`."""
    return torch.nn.functional.one_hot(predicted, classes).float()


def of(*probabilities: list[float]) -> Tensor:
    """Logits with these probabilities, a row a sample."""
    return torch.tensor(probabilities, dtype=torch.float64).log()


def test_accuracy_by_hand():
    assert ACCURACY(sure(PREDICTED), TARGET) == pytest.approx(4 / 6)
    assert ACCURACY(sure(TARGET), TARGET) == 1.0
    assert ACCURACY(sure((TARGET + 1) % 3), TARGET) == 0.0


def test_balanced_accuracy_by_hand():
    # Recall 2 of 3, 1 of 2, 1 of 1; a fourth class, of which there is no sample, does not count.
    for classes in (3, 4):
        assert BALANCED_ACCURACY(sure(PREDICTED, classes), TARGET) == pytest.approx((2 / 3 + 1 / 2 + 1) / 3)


def test_macro_f1_by_hand():
    # class 0: TP 2, FP 0, FN 1; class 1: TP 1, FP 1, FN 1; class 2: TP 1, FP 1, FN 0
    assert MACRO_F1(sure(PREDICTED), TARGET) == pytest.approx((4 / 5 + 1 / 2 + 2 / 3) / 3)
    # A class neither present nor predicted counts as 0.
    assert MACRO_F1(sure(TARGET, 4), TARGET) == pytest.approx(3 / 4)


def test_cross_entropy_by_hand():
    logits = of([0.5, 0.3, 0.2], [0.1, 0.8, 0.1])
    assert CROSS_ENTROPY(logits, torch.tensor([0, 2])) == pytest.approx(-(math.log(0.5) + math.log(0.1)) / 2)


RANKED = of([0.8, 0.1, 0.1], [0.3, 0.4, 0.3], [0.3, 0.4, 0.3], [0.5, 0.3, 0.2])
CLASSES = torch.tensor([0, 0, 1, 2])


def test_auroc_by_hand():
    # 0.8, 0.3 of class 0 against 0.3, 0.5 of the rest; 0.4 against 0.1, 0.4, 0.3; 0.2 against 0.1, 0.3, 0.3.
    assert AUROC(RANKED, CLASSES) == pytest.approx((2.5 / 4 + 2.5 / 3 + 1 / 3) / 3)


def test_auroc_of_two_classes_is_that_of_the_second():
    scores = of([0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8])
    assert AUROC(scores, torch.tensor([0, 0, 1, 1])) == pytest.approx(3 / 4)


def test_mean_average_precision_by_hand():
    # From above: 0.8 (a hit), 0.5, both of 0.3 (one hit); both of 0.4 (one hit); both of 0.3, 0.2 (a hit).
    by_class = [1 / 2 + 1 / 2 * 2 / 4, 1 / 2, 1 / 3]
    assert MEAN_AVERAGE_PRECISION(RANKED, CLASSES) == pytest.approx(sum(by_class) / 3)


def test_calibration_error_by_hand():
    # In the bin (8/15, 9/15]: 0.55 right, 0.6 wrong; in (12/15, 13/15]: 0.85 right.
    logits = of([0.55, 0.45], [0.4, 0.6], [0.85, 0.15])
    expected = (abs(1 - (0.55 + 0.6)) + abs(1 - 0.85)) / 3
    assert CALIBRATION_ERROR(logits, torch.tensor([0, 0, 0])) == pytest.approx(expected)


def test_the_most_sure_belong_to_the_last_bin_and_an_edge_to_the_bin_below():
    logits = torch.tensor([[1000.0, 0.0, 0.0, 0.0, 0.0], [0.0] * 5])  # confidences 1 and 3/15
    assert CALIBRATION_ERROR(logits, torch.tensor([0, 1])) == pytest.approx(0.2 / 2)


@pytest.mark.parametrize("classes", [2, 7])
@pytest.mark.parametrize("seed", range(5))
def test_against_scikit_learn(seed: int, classes: int):
    generator = torch.Generator().manual_seed(seed)
    target = torch.arange(60) % classes
    # Rounded, so that scores tie.
    logits = (2 * torch.randn(60, classes, generator=generator) + sure(target, classes)).round()
    probability, predicted = logits.double().softmax(1), logits.argmax(1)
    one_hot = sure(target, classes).int()
    for metric, expected in {
        ACCURACY: reference.accuracy_score(target, predicted),
        BALANCED_ACCURACY: reference.balanced_accuracy_score(target, predicted),
        MACRO_F1: reference.f1_score(target, predicted, average="macro"),
        CROSS_ENTROPY: reference.log_loss(target, probability),
        AUROC: reference.roc_auc_score(
            target, probability[:, 1] if classes == 2 else probability, multi_class="ovr"
        ),
        MEAN_AVERAGE_PRECISION: reference.average_precision_score(one_hot, probability),
    }.items():
        assert metric(logits, target) == pytest.approx(expected, rel=1e-6), metric.name


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::sklearn.exceptions.UndefinedMetricWarning")
@pytest.mark.parametrize("seed", range(3))
def test_a_class_without_samples_against_scikit_learn(seed: int):
    generator = torch.Generator().manual_seed(seed)
    classes, target = 4, torch.arange(30) % 3  # the last class is never true
    logits = torch.randn(30, classes, generator=generator)
    probability, predicted = logits.double().softmax(1), logits.argmax(1)
    one_hot = sure(target, classes).int()
    labels = list(range(classes))
    f1 = reference.f1_score(target, predicted, labels=labels, average="macro", zero_division=0.0)
    assert MACRO_F1(logits, target) == pytest.approx(f1)
    recall = reference.balanced_accuracy_score(target, predicted)
    assert BALANCED_ACCURACY(logits, target) == pytest.approx(recall)
    precision = reference.average_precision_score(one_hot, probability)
    assert MEAN_AVERAGE_PRECISION(logits, target) == pytest.approx(precision)
    assert math.isnan(AUROC(logits, target))


def test_a_metric_says_how_it_is_called_and_which_way_it_is_better():
    assert [metric_of(name).unit.name for name in ("accuracy/audio", "loss", "imbalance_gap")] == [
        "%",
        "nats",
        "points",
    ]
    assert metric_of("accuracy").unit.difference == "points"
    lower = {name for name, metric in metrics().items() if not metric.higher_is_better}
    lost = {"lost_dropped", "lost_noise", "lost_masking"}
    assert lower == {"loss", "calibration_error", "imbalance_gap", "probe_gap", *lost}
    assert title_of("mean_average_precision/weakest") == "mean average precision of the weakest modality"
    assert (ACCURACY.rank(0.2), CROSS_ENTROPY.rank(0.2), ACCURACY.rank(math.nan)) == (0.2, -0.2, -math.inf)


def test_a_metric_that_is_not_there_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="There is no metric 'auroch'; did you mean 'auroc'"):
        metric_of("auroch/audio")


def test_two_metrics_of_one_name_are_refused(monkeypatch):
    monkeypatch.setattr(base, "OTHER", Metric("auroc", "another"), raising=False)
    with pytest.raises(UserError, match="Two metrics are named 'auroc'; rename one of them"):
        base._metrics.__wrapped__(())
