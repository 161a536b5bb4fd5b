import math

import pytest
import torch

from inforeg.batch import Output
from inforeg.methods.iprm import agreement
from inforeg.models.heads import slerp
from tests.conftest import make_spec, start


def test_slerp_of_a_right_angle_is_of_unit_features():
    mixed = slerp(torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([0.25, 0.75]))
    assert mixed[0].tolist() == pytest.approx([math.sin(math.pi / 8), math.sin(3 * math.pi / 8)], rel=1e-5)


def test_slerp_of_one_direction_stays_there():
    mixed = slerp(torch.tensor([[2.0, 0.0]]), torch.tensor([[4.0, 0.0]]), torch.tensor([0.25, 0.75]))
    assert mixed[0].tolist() == pytest.approx([1, 0], abs=1e-3)


def test_the_modality_nearer_to_the_joint_prediction_weighs_more():
    joint = torch.zeros(1, 2)
    unimodal = {"a": torch.tensor([[math.log(3), 0.0]]), "b": torch.tensor([[0.0, math.log(9)]])}
    # KL((p, 1 - p) || (1/2, 1/2)) = ln 2 + p ln p + (1 - p) ln(1 - p)
    near, far = (math.log(2) + p * math.log(p) + (1 - p) * math.log(1 - p) for p in (0.75, 0.9))
    found = agreement(Output({}, joint, unimodal)).tolist()
    assert found == pytest.approx([far / (near + far), near / (near + far)], rel=1e-5)
    agreeing = {"a": joint, "b": joint}
    assert agreement(Output({}, joint, agreeing)).tolist() == [0.5, 0.5]


def test_probes_are_smoothed_and_training_is_not_without_a_second_encoder_pass():
    method, state = start(make_spec("iprm", alpha=0.75))
    batch = state.train.batch(torch.arange(8))
    fusion = state.model.fusion
    fusion.weights.copy_(torch.tensor([0.3, 0.7]))
    features = state.model.encode(batch.inputs)
    probe = agreement(fusion(features))
    with state.cost:
        output = method.forward(state, batch)
    assert state.cost.forward == {"audio": 8, "image": 8}
    torch.testing.assert_close(output.logits, fusion.joint(slerp(*features.values(), probe)))
    torch.testing.assert_close(fusion.weights, 0.75 * torch.tensor([0.3, 0.7]) + 0.25 * probe)
    assert fusion.weights.requires_grad is False


def test_the_answer_is_the_sum_of_all_three_logits():
    method, _ = start(make_spec("iprm"))
    unimodal = {"audio": torch.tensor([[1.0, 2.0]]), "image": torch.tensor([[10.0, 20.0]])}
    assert method.predict(Output({}, torch.tensor([[100.0, 200.0]]), unimodal)).tolist() == [[111, 222]]


def linear(layer, features):
    rows = zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
    return [sum(w * x for w, x in zip(row, features, strict=True)) + b for row, b in rows]


def softmax(logits):
    raised = [math.exp(z) for z in logits]
    return [r / sum(raised) for r in raised]


def interpolated(units, weights):
    angle = math.acos(sum(a * b for a, b in zip(*units, strict=True)))
    scale = [math.sin(w * angle) / math.sin(angle) for w in weights]
    return [scale[0] * a + scale[1] * b for a, b in zip(*units, strict=True)]


def test_an_update_of_the_joint_head():
    """(p - y) times the interpolated features, the probe's lambda being 1/2 each, in lists."""
    method, state = start(make_spec("iprm"))
    batch = state.train.batch(torch.tensor([3]))
    fusion = state.model.fusion
    features = {m: h[0].tolist() for m, h in state.model.encode(batch.inputs).items()}
    units = [[x / math.sqrt(sum(v * v for v in h)) for x in h] for h in features.values()]
    own = [softmax(linear(fusion.heads[m], h)) for m, h in features.items()]
    joint = softmax(linear(fusion.joint, interpolated(units, [0.5, 0.5])))
    first, second = (sum(q * math.log(q / p) for q, p in zip(each, joint, strict=True)) for each in own)
    mixed = interpolated(units, [second / (first + second), first / (first + second)])
    before = fusion.joint.weight.tolist()
    answer = softmax(linear(fusion.joint, mixed))
    method.step(state, batch)
    training = state.spec.config.training
    for c, row in enumerate(before):
        error = answer[c] - (c == batch.target.item())
        moved = [
            w - training.lr * (error * x + training.weight_decay * w) for w, x in zip(row, mixed, strict=True)
        ]
        assert fusion.joint.weight[c].tolist() == pytest.approx(moved, abs=1e-6)
