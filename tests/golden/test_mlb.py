"""MLB: the coefficients, what they scale, and one update, by hand."""

import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.mlb import coefficients
from tests.conftest import make_spec, start

AHEAD, BEHIND = "audio", "image"


@pytest.mark.parametrize(
    ("score", "alpha", "beta", "expected"),
    [
        ([6.0, 3.0], 0.5, 2.0, [1 + math.tanh(0.5 * -0.5), 1 + math.tanh(0.5 * 1)]),
        (
            [6.0, 3.0],
            0.5,
            10.0,
            [1 + math.tanh(0.5 * -0.5), 1 + 9 * math.tanh(0.5 * 1)],
        ),  # beta only speeds up
        ([6.0, 3.0], 0.5, 1.0, [1 + math.tanh(0.5 * -0.5), 1.0]),
        ([3.0, 3.0], 0.5, 10.0, [1.0, 1.0]),  # in balance
        # r = (6 + 4)/2 / 2, (2 + 4)/2 / 6, (2 + 6)/2 / 4
        ([2.0, 6.0, 4.0], 0.3, 5.0, [1 + 4 * math.tanh(0.3 * 1.5), 1 + math.tanh(0.3 * -0.5), 1.0]),
        ([0.0, 3.0], 0.5, 4.0, [4.0, 1 - math.tanh(0.5)]),
        ([0.0, 0.0], 0.5, 4.0, [1.0, 1.0]),
    ],
)
def test_coefficients(score, alpha, beta, expected):
    assert coefficients(torch.tensor(score), alpha, beta).tolist() == pytest.approx(expected, rel=1e-6)


def answers():
    """Own heads' logits of two samples of class 0: probabilities summing to 3/2 and 3/4."""
    pairs = {AHEAD: (0.75, 0.75), BEHIND: (0.5, 0.25)}
    return {
        m: torch.tensor([[math.log(3 * p / (1 - p)), 0.0, 0.0, 0.0] for p in pair])
        for m, pair in pairs.items()
    }


def test_an_update():
    plugin, state = start(make_spec("mlb", alpha=0.5, beta=3.0))
    before = {name: p.detach().clone() for name, p in state.model.named_parameters()}
    for parameter in state.model.parameters():
        parameter.grad = torch.ones_like(parameter)
    batch = state.train.batch(torch.arange(2))
    batch.target.zero_()
    plugin.on_gradients(state, batch, Output({}, torch.zeros(2, 4), answers()))
    state.optimizer.step()
    factors = {AHEAD: 1 + math.tanh(0.5 * (0.5 - 1)), BEHIND: 1 + 2 * math.tanh(0.5 * (2 - 1))}
    training = state.spec.config.training
    for name, parameter in state.model.named_parameters():
        part, _, rest = name.partition(".")
        # weights and biases alike of the encoder; heads, the modality's own too, keep their gradient
        factor = factors[rest.split(".")[0]] if part == "encoders" else 1.0
        expected = before[name] - training.lr * (factor + training.weight_decay * before[name])
        torch.testing.assert_close(parameter.detach(), expected)


@pytest.mark.parametrize("weight", [1.0, 0.25])
def test_losses_are_the_joint_and_the_own_heads(weight):
    plugin, state = start(make_spec("mlb", unimodal_weight=weight))
    unimodal = answers()
    batch = state.train.batch(torch.arange(2))
    batch.target.zero_()
    losses = plugin.losses(state, batch, Output({}, torch.zeros(2, 4), unimodal))
    expected = {
        "joint": math.log(4),
        AHEAD: -weight * math.log(0.75),
        BEHIND: -weight * (math.log(0.5) + math.log(0.25)) / 2,
    }
    assert {name: loss.item() for name, loss in losses.items()} == pytest.approx(expected, rel=1e-6)


def test_scores_come_from_own_heads_which_are_no_shares():
    plugin, state = start(make_spec("mlb"))
    output = plugin.forward(state, state.train.batch(torch.arange(3)))
    assert not torch.allclose(sum(output.unimodal.values()), output.logits)
