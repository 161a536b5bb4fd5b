import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.arl import certainties
from tests.conftest import make_spec, start

HALF, SURE = math.log(2), -(0.9 * math.log(0.9) + 0.1 * math.log(0.1))  # entropies in nats


def unimodal():
    """Predictions (1/2, 1/2) and (9/10, 1/10) for two samples."""
    return {
        "audio": torch.zeros(2, 2),
        "image": torch.tensor([[math.log(9), 0.0], [0.0, math.log(9)]]),
    }


def expected(temperature):
    inverse = [1 / entropy for entropy in (HALF, SURE)]
    raised = [math.exp(temperature * each / sum(inverse)) for each in inverse]
    return [2 * value / sum(raised) for value in raised]


@pytest.mark.parametrize("temperature", [8.0, 0.5])
def test_weights_by_hand(temperature):
    assert certainties(unimodal(), temperature).tolist() == pytest.approx(expected(temperature), rel=1e-5)


def test_a_certain_prediction_divides_by_nothing():
    weights = certainties({"a": torch.tensor([[1e4, 0.0]]), "b": torch.zeros(1, 2)}, 8.0)
    # all of the certainty is a's: softmax of (8, 0)
    assert weights.tolist() == pytest.approx([2 / (1 + math.exp(-8)), 2 / (1 + math.exp(8))], rel=1e-3)


@pytest.mark.parametrize(("epoch", "scaled"), [(0, False), (1, True)])
def test_encoders_alone_are_scaled_from_the_start_on(epoch, scaled):
    method, state = start(make_spec("arl", start=0.2))  # epoch 1 of 5
    state.epoch = epoch
    for parameter in state.model.parameters():
        parameter.grad = torch.full_like(parameter, 3.0)
    batch = state.train.batch(torch.arange(2))
    method.on_gradients(state, batch, Output({}, torch.zeros(2, 2), unimodal()))
    factors = expected(8.0) if scaled else [1, 1]
    for modality, factor in zip(("audio", "image"), factors, strict=True):
        for gradient in state.gradients(modality):
            torch.testing.assert_close(gradient, torch.full_like(gradient, 3 * factor))
    assert all(torch.equal(p.grad, torch.full_like(p, 3.0)) for p in state.model.fusion.parameters())


def test_unimodal_losses_have_weight_four():
    method, state = start(make_spec("arl"))
    batch = state.train.batch(torch.arange(4))
    output = method.forward(state, batch)
    terms = method.losses(state, batch, output)
    picked = output.unimodal["audio"].log_softmax(1)[range(4), batch.target]
    assert terms["audio"].item() == pytest.approx(-4 * picked.mean().item(), rel=1e-5)
