import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.iprm import disagreement, slerp
from tests.conftest import make_spec, start


def test_slerp_of_a_right_angle():
    mixed = slerp(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([0.25, 0.75]))
    assert mixed[0].tolist() == pytest.approx(
        [2 * math.sin(math.pi / 8), math.sin(3 * math.pi / 8)], rel=1e-5
    )


def test_slerp_of_one_direction_is_linear():
    mixed = slerp(torch.tensor([[2.0, 0.0]]), torch.tensor([[4.0, 0.0]]), torch.tensor([0.25, 0.75]))
    assert mixed[0].tolist() == pytest.approx([3.5, 0], abs=1e-3)


def test_weights_follow_the_divergence_from_the_joint_prediction():
    joint = torch.zeros(1, 2)
    unimodal = {"a": torch.tensor([[math.log(3), 0.0]]), "b": torch.tensor([[0.0, math.log(9)]])}
    # KL((1/2, 1/2) || (p, 1 - p)) = -ln(4 p (1 - p)) / 2
    divergences = [-math.log(4 * p * (1 - p)) / 2 for p in (0.75, 0.1)]
    found = disagreement(Output({}, joint, unimodal)).tolist()
    assert found == pytest.approx([d / sum(divergences) for d in divergences], rel=1e-5)
    agreeing = {"a": joint, "b": joint}
    assert disagreement(Output({}, joint, agreeing)).tolist() == [0.5, 0.5]


def test_weights_are_smoothed_and_used_at_once_without_a_second_encoder_pass():
    method, state = start(make_spec("iprm", alpha=0.75))
    batch = state.train.batch(torch.arange(8))
    features = state.model.encode(batch.inputs)
    probe = disagreement(state.model.fuse(features))
    with state.cost:
        output = method.forward(state, batch)
    weights = state.model.fusion.weights
    torch.testing.assert_close(weights, 0.75 * torch.tensor([0.5, 0.5]) + 0.25 * probe)
    torch.testing.assert_close(output.logits, state.model.fusion.joint(slerp(*features.values(), weights)))
    assert state.cost.forward == {"audio": 8, "image": 8}
    assert weights.requires_grad is False
