"""OGM's coefficients and what OGM and OGM-GE do to the gradients."""

import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.ogm import coefficients
from tests.conftest import make_config, make_spec, start

AHEAD, BEHIND = "audio", "image"


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ([6.0, 3.0], [1 - math.tanh(0.3 * 2), 1.0]),
        ([3.0, 4.5], [1.0, 1 - math.tanh(0.3 * 1.5)]),
        ([3.0, 3.0], [1.0, 1.0]),  # nobody leads
        ([2.0, 6.0, 4.0], [1.0, 1 - math.tanh(0.3 * 3), 1 - math.tanh(0.3 * 2)]),
    ],
)
def test_coefficients(score, expected):
    assert coefficients(torch.tensor(score), 0.3).tolist() == pytest.approx(expected, rel=1e-6)


def unimodal():
    """Two-class shares of two samples of class 0: probabilities summing to 3/2 and 3/4, so that rho = 2."""
    pairs = {AHEAD: (0.75, 0.75), BEHIND: (0.5, 0.25)}
    return {m: torch.tensor([[math.log(p / (1 - p)), 0.0] for p in pair]) for m, pair in pairs.items()}


def modulated(method, epoch=0, width=8, **settings):
    """Gradients before and after the method's hook, by parameter name."""
    config = make_config()
    encoder = config.encoders[AHEAD].model_copy(update={"hidden": [width]})
    config = config.model_copy(update={"encoders": dict.fromkeys((AHEAD, BEHIND), encoder)})
    plugin, state = start(make_spec(method, config=config, **settings))
    state.epoch, model = epoch, state.model
    generator = torch.Generator().manual_seed(7)
    for parameter in model.parameters():
        parameter.grad = torch.randn(parameter.shape, generator=generator)
    before = {name: p.grad.clone() for name, p in model.named_parameters()}
    shares = unimodal()
    batch = state.train.batch(torch.arange(2))
    batch.target.zero_()
    plugin.on_epoch_start(state)
    plugin.on_gradients(state, batch, Output({}, sum(shares.values()), shares))
    return before, {name: p.grad for name, p in model.named_parameters()}


def test_leader_is_damped_in_its_weights_alone():
    before, after = modulated("ogm", alpha=0.4)
    damped = {name for name in before if name.startswith(f"encoders.{AHEAD}.") and name.endswith("weight")}
    assert len(damped) == 2
    for name, gradient in after.items():
        factor = 1 - math.tanh(0.4 * 2) if name in damped else 1.0
        torch.testing.assert_close(gradient, factor * before[name])


@pytest.mark.parametrize(("epoch", "acts"), [(1, False), (2, True), (4, True), (5, False)])
def test_modulation_is_on_from_start_to_end(epoch, acts):
    before, after = modulated("ogm", epoch=epoch, start=2, end=4)
    name = f"encoders.{AHEAD}.0.weight"
    assert torch.equal(after[name], before[name]) is not acts


def test_ogm_ge_adds_noise_as_wide_as_the_gradient_before_scaling():
    before, after = modulated("ogm_ge", width=600, alpha=2.0)
    for modality, factor in ((AHEAD, 1 - math.tanh(2.0 * 2)), (BEHIND, 1.0)):
        for layer in (0, 2):
            name = f"encoders.{modality}.{layer}.weight"
            gradient = before[name]
            noise = (after[name] - factor * gradient) / gradient.std()
            error = 1 / noise.numel() ** 0.5
            assert noise.numel() >= 3000
            assert noise.std().item() == pytest.approx(1.0, abs=4 * error)  # not the scaled one: 0.0007
            assert noise.mean().item() == pytest.approx(0.0, abs=4 * error)
            together = torch.stack([noise.flatten(), gradient.flatten()])
            assert abs(torch.corrcoef(together)[0, 1].item()) < 4 * error


def test_ogm_ge_leaves_biases_and_head_alone_and_draws_from_its_own_stream():
    before, after = modulated("ogm_ge")
    for name, gradient in before.items():
        is_weight = name.startswith("encoders.") and name.endswith("weight")
        assert torch.equal(after[name], gradient) is not is_weight
    torch.manual_seed(99)
    again = modulated("ogm_ge")[1]
    assert all(torch.equal(gradient, after[name]) for name, gradient in again.items())
    other = modulated("ogm_ge", epoch=1)[1]
    assert not torch.equal(other[f"encoders.{AHEAD}.0.weight"], after[f"encoders.{AHEAD}.0.weight"])


def test_the_deviation_of_the_noise_is_of_a_sample():
    """1 and 4 have variance 4.5 about their mean, not 2.25."""
    method, _ = start(make_spec("ogm_ge"))
    drawn = torch.randn(2, generator=torch.Generator().manual_seed(3))
    method._noise = {AHEAD: torch.Generator().manual_seed(3)}
    gradient = torch.tensor([1.0, 4.0])
    method.modulate(AHEAD, [gradient], torch.tensor(0.5))
    torch.testing.assert_close(gradient, torch.tensor([0.5, 2.0]) + 4.5**0.5 * drawn)
