"""The synthetic benchmark against its own theory."""

from math import sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch

from inforeg.data.sets.synthetic import CLASSES, Synthetic, orthogonal_accuracy
from inforeg.suite.project import Project

Phi = NormalDist().cdf


def test_no_signal_is_chance() -> None:
    assert orthogonal_accuracy(0.0, 8) == pytest.approx(1 / 8)


def test_two_classes_are_a_threshold() -> None:
    # The difference of two unit Gaussians has deviation sqrt 2: right where it exceeds -r.
    assert orthogonal_accuracy(1.3, 2) == pytest.approx(Phi(1.3 / sqrt(2)))


def test_strong_signal_is_certain() -> None:
    assert orthogonal_accuracy(12.0, 8) == pytest.approx(1.0)


def test_separation_by_hand() -> None:
    # tau 0.5: alone r = a / sqrt(1.25). Jointly Sigma = [[1.25, .25], [.25, 1.25]] with the inverse
    # [[1.25, -.25], [-.25, 1.25]] / 1.5, so for a = (2, 1) the weights are (2.25, .75) / 1.5 = (1.5, .5)
    # and r² = 2 * 1.5 + 1 * .5 = 3.5.
    benchmark = Synthetic(signal=(2.0, 1.0), shared=0.5)
    assert benchmark.weights()["joint"].tolist() == pytest.approx([1.5, 0.5])
    accuracy = benchmark.bayes_accuracy()
    assert accuracy["first"] == pytest.approx(orthogonal_accuracy(2 / sqrt(1.25), CLASSES))
    assert accuracy["second"] == pytest.approx(orthogonal_accuracy(1 / sqrt(1.25), CLASSES))
    assert accuracy["joint"] == pytest.approx(orthogonal_accuracy(sqrt(3.5), CLASSES))


def test_modality_that_only_repeats_the_noise_still_helps() -> None:
    # With strong shared noise and a weak second signal its weight is negative: it serves to subtract noise.
    benchmark = Synthetic(signal=(2.0, 0.1), shared=2.0)
    assert benchmark.weights()["joint"][1] < 0
    assert benchmark.bayes_accuracy()["joint"] > benchmark.bayes_accuracy()["first"]


@pytest.mark.parametrize(
    ("signal", "shared"), [((3.0, 3.0), 0.7), ((3.0, 1.5), 0.7), ((2.0, 2.5), 0.0), ((2.0, 0.5), 1.5)]
)
def test_monte_carlo_of_the_bayes_rule_agrees_with_the_closed_form(
    signal: tuple[float, float], shared: float
) -> None:
    benchmark = Synthetic(signal=signal, shared=shared)
    latents, target = benchmark.latents(200_000)
    expected = benchmark.bayes_accuracy()
    for view, guess in benchmark.bayes_predictions(latents).items():
        # Standard error at most 0.11 points; the draws are fixed, so this never flickers.
        assert 100 * np.mean(guess == target) == pytest.approx(100 * expected[view], abs=0.3)


def test_the_rule_is_the_most_probable_class_of_the_full_density() -> None:
    benchmark = Synthetic(signal=(1.5, 2.0), shared=0.8)
    latents, _ = benchmark.latents(64)
    # log p(u | y) by the covariance of all 16 class entries, without the rule's algebra.
    covariance = np.kron(np.eye(2) + 0.64, np.eye(CLASSES))
    inverse = np.linalg.inv(covariance)
    seen = np.concatenate([latents["first"][:, :CLASSES], latents["second"][:, :CLASSES]], axis=1)
    log_density = np.empty((64, CLASSES))
    for label in range(CLASSES):
        hot = np.eye(CLASSES)[label]
        apart = seen - np.concatenate([1.5 * hot, 2.0 * hot])
        log_density[:, label] = -0.5 * np.einsum("ni,ij,nj->n", apart, inverse, apart)
    assert np.array_equal(benchmark.bayes_predictions(latents)["joint"], log_density.argmax(1))


def test_latents_have_the_stated_moments() -> None:
    latents, target = Synthetic(signal=(3.0, 2.0), shared=0.7).latents(100_000)
    first, second = latents["first"], latents["second"]
    assert first[target == 3].mean(0)[:CLASSES] == pytest.approx(3.0 * np.eye(CLASSES)[3], abs=0.05)
    assert second[target == 3].mean(0)[:CLASSES] == pytest.approx(2.0 * np.eye(CLASSES)[3], abs=0.05)
    apart = first[:, 0] - 3.0 * (target == 0), second[:, 0] - 2.0 * (target == 0)
    assert np.cov(*apart) == pytest.approx(np.array([[1.49, 0.49], [0.49, 1.49]]), abs=0.03)
    rest = np.concatenate([first[:, CLASSES:], second[:, CLASSES:]], axis=1)
    assert np.cov(rest.T) == pytest.approx(np.eye(32), abs=0.03)


def test_slowness_divides_the_second_modality_alone(tmp_path: Path) -> None:
    plain, slow = (Synthetic(slowness=rho).load(tmp_path) for rho in (1.0, 4.0))
    assert torch.equal(plain.train.inputs["first"], slow.train.inputs["first"])
    assert torch.allclose(plain.train.inputs["second"] / 4, slow.train.inputs["second"])


def test_identity_keeps_the_axes_and_rotation_turns_them(tmp_path: Path) -> None:
    benchmark = Synthetic(maps="identity", slowness=1.0)
    latents, _ = benchmark.latents(1800 + 600 + 2000)
    loaded = benchmark.load(tmp_path).train.inputs["first"].numpy()
    raw = latents["first"][:1800]
    assert loaded == pytest.approx((raw - raw.mean(0)) / raw.std(0), abs=1e-5)
    turned = Synthetic(slowness=1.0).load(tmp_path).train.inputs["first"].numpy()
    assert abs(np.corrcoef(raw[:, 0], turned[:, 0])[0, 1]) < 0.9


def test_sizes_and_shapes(tmp_path: Path) -> None:
    data = Synthetic().load(tmp_path)
    assert [len(split) for split in (data.train, data.val, data.test)] == [1800, 600, 2000]
    assert data.shape("first") == data.shape("second") == (24,)
    assert torch.bincount(data.test.target).tolist() == [250] * 8


def test_splits_do_not_repeat_samples(tmp_path: Path) -> None:
    data = Synthetic().load(tmp_path)
    rows = torch.cat([split.inputs["first"] for split in (data.train, data.val, data.test)])
    assert len(torch.unique(rows, dim=0)) == 4400


def test_the_experiment_states_the_closed_form() -> None:
    caption = Project(Path(__file__).parents[3]).experiment("table7").caption
    best = Synthetic().bayes_accuracy()
    assert f"{100 * best['first']:.1f} % through each modality alone" in caption
    assert f"{100 * best['joint']:.1f} % through both" in caption
