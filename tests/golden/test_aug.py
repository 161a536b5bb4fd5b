import math

import pytest
import torch

from inforeg.batch import Batch, Output
from tests.conftest import make_spec, start

LINEAR = 4  # classes of the toy data


def softmax(values):
    raised = [math.exp(value) for value in values]
    return [value / sum(raised) for value in raised]


def test_loss_and_gradients_of_two_heads_by_hand():
    method, state = start(make_spec("aug", residual=0.5))
    fusion = state.model.fusion
    fusion.active[0] = 2
    first, second = [1.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]
    for head, values in zip(fusion.heads["audio"], (first, second), strict=False):
        torch.nn.init.zeros_(head.weight)
        with torch.no_grad():
            head.bias.copy_(torch.tensor(values))
    batch = Batch({}, torch.tensor([0]), torch.tensor([0]))
    output = state.model.fuse({"audio": torch.zeros(1, 5)})
    loss = method.loss(state, batch, output)
    whole = softmax([a + b for a, b in zip(first, second, strict=True)])
    alone = softmax(first)
    own = (-math.log(alone[0]) - math.log(whole[0])) / 2
    assert loss.item() == pytest.approx(-math.log(whole[0]) + 0.5 * own, rel=1e-5)
    loss.backward()
    truth = [1, 0, 0, 0]
    # the first head sees the sum and itself, the second the sum and its own loss on top of the first
    for head, inner in zip(fusion.heads["audio"], (alone, whole), strict=False):
        wanted = [w - y + 0.25 * (p - y) for w, p, y in zip(whole, inner, truth, strict=True)]
        assert head.bias.grad.tolist() == pytest.approx(wanted, rel=1e-4, abs=1e-6)
    assert all(head.bias.grad is None for head in list(fusion.heads["audio"])[2:])


def test_answer_is_the_mean_of_the_active_heads_sums():
    _, state = start(make_spec("aug"))
    fusion = state.model.fusion
    fusion.active[1] = 3
    h = torch.ones(1, 5)
    output = fusion({"audio": h, "image": h})
    image = sum(head(h) for head in list(fusion.heads["image"])[:3])
    audio = fusion.heads["audio"][0](h)
    torch.testing.assert_close(output.unimodal["image"], image)
    torch.testing.assert_close(output.logits, (audio + image) / 2)


@pytest.mark.parametrize(
    ("scores", "active"), [([-0.2, -0.9], [1, 2]), ([-0.9, -0.2], [2, 1]), ([-0.5, -0.5], [2, 2])]
)
def test_the_weaker_modality_gets_a_head(scores, active):
    method, state = start(make_spec("aug", additions=5))  # one an epoch
    metrics = {f"train/score/{m}": score for m, score in zip(("audio", "image"), scores, strict=True)}
    method.on_epoch_end(state, metrics)
    assert state.model.fusion.active.tolist() == active
    state.epoch = 4  # the last: nobody would train it
    method.on_epoch_end(state, metrics)
    assert state.model.fusion.active.tolist() == active


def test_additions_are_spread_over_the_epochs():
    method, state = start(make_spec("aug", additions=2))
    counts = []
    for state.epoch in range(4):
        method.on_epoch_end(state, {"train/score/audio": -1.0, "train/score/image": -0.5})
        counts.append(state.model.fusion.count("audio"))
    assert counts == [1, 1, 2, 2]


def test_merged_gradients_are_those_of_all_turns():
    method, state = start(make_spec("aug"))
    batch = state.train.batch(torch.arange(6))
    method.step(state, batch)
    assert all(state.gradients(m) for m in ("audio", "image"))
    assert isinstance(state.model.fuse({"audio": torch.zeros(1, 5)}), Output)
