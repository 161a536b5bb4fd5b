import math

import pytest
import torch

from inforeg.batch import Batch, Output
from tests.conftest import make_config, make_spec, start

BATCH = Batch({}, torch.tensor([0]), torch.tensor([0]))


def begun(variant="default", **settings):
    """Two epochs a stage: audio trains in epochs 0 and 1, all in 2 and 3, image in 4 and 5, then all."""
    config = make_config(training={"epochs": 8})
    return start(make_spec("reconboost", variant, config=config, stage=0.25, **settings))


def test_stages_take_turns_and_the_optimiser_starts_anew():
    method, state = begun()
    turns = []
    for state.epoch in range(8):
        state.optimizer.state[state.model.fusion.boost]["momentum_buffer"] = torch.ones(())
        method.on_epoch_start(state)
        turns.append((method._learner, not state.optimizer.state))
    assert turns == [
        ("audio", True),
        ("audio", False),
        (None, True),
        (None, False),
        ("image", True),
        ("image", False),
        (None, True),
        (None, False),
    ]


def test_first_stage_is_the_weighted_cross_entropy():
    method, state = begun(w1=5.0)
    method.on_epoch_start(state)
    terms = method.losses(state, BATCH, Output({}, torch.empty(0), {"audio": torch.tensor([[0.0, 0.0]])}))
    assert {name: term.item() for name, term in terms.items()} == {
        "residual": pytest.approx(5 * math.log(2) / 2)  # the mean is over two classes
    }


def test_a_later_stage_by_hand():
    method, state = begun(w1=5.0, w2=2.0, alpha=0.5)
    state.epoch = 4
    method.on_epoch_start(state)
    method._others, method._before = torch.tensor([[0.75, 0.25]]), torch.tensor([[0.9, 0.1]])
    logits = torch.tensor([[math.log(3 / 2), 0.0]])  # p = (0.6, 0.4)
    terms = method.losses(state, BATCH, Output({}, torch.empty(0), {"image": logits}))
    assert terms["residual"].item() == pytest.approx(-(5 - 2 * 0.75) * math.log(0.6) / 2, rel=1e-5)
    assert terms["agreement"].item() == pytest.approx(0.5 * (0.3**2 + 0.3**2) / 2, rel=1e-5)


@pytest.mark.parametrize(("variant", "expected"), [("default", -0.5 * 0.3 * 0.24), ("released", None)])
def test_agreement_has_a_gradient(variant, expected):
    """Mistake 3: the released code detaches both sides, so the term moves nothing."""
    method, state = begun(variant, alpha=0.5)
    state.epoch = 4
    method.on_epoch_start(state)
    method._others, method._before = torch.tensor([[0.5, 0.5]]), torch.tensor([[0.9, 0.1]])
    logits = torch.tensor([[math.log(3 / 2), 0.0]], requires_grad=True)
    term = method.losses(state, BATCH, Output({}, torch.empty(0), {"image": logits}))["agreement"]
    if expected is None:
        assert not term.requires_grad
        return
    term.backward()
    # d/dz_0 of alpha (d_0^2 + d_1^2) / 2, d = p - p_before = (-0.3, 0.3), dp_0/dz_0 = 0.24 = -dp_1/dz_0
    assert logits.grad[0, 0].item() == pytest.approx(expected * 2, rel=1e-4)


def test_those_at_rest_are_asked_once_a_stage_and_do_not_move():
    method, state = begun()
    state.epoch = 4
    with state.cost:
        method.on_epoch_start(state)
        assert state.cost.forward == {"audio": 80, "image": 0}
        asked = method._others.clone()
        for index in (range(16), range(16, 32)):
            method.step(state, state.train.batch(torch.tensor(index)))
    assert state.cost.forward == {"audio": 80, "image": 32}
    assert state.gradients("audio") == []
    assert torch.equal(method._others, asked)
    audio = state.model.encoders["audio"](state.train.inputs["audio"])
    _, fresh = begun()
    assert torch.equal(audio, fresh.model.encoders["audio"](state.train.inputs["audio"]))
    torch.testing.assert_close(asked.sum(1), torch.ones(80))


def test_rectification_trains_everything_on_the_boosted_sum():
    method, state = begun()
    state.epoch = 2
    method.on_epoch_start(state)
    batch = state.train.batch(torch.arange(8))
    with torch.no_grad():
        state.model.fusion.boost.fill_(0.5)
    output = method.forward(state, batch)
    torch.testing.assert_close(output.logits, 0.5 * (output.unimodal["audio"] + output.unimodal["image"]))
    terms = method.losses(state, batch, output)
    assert list(terms) == ["rectification"]
    method.backward(state, terms)
    assert all(parameter.grad is not None for parameter in state.model.parameters())


@pytest.mark.parametrize(("epoch", "rest"), [(4, ["audio", "image"]), (6, ["image", "text"])])
def test_the_others_are_boosted_and_the_last_learner_is_agreed_with(epoch, rest):
    """Stages and rectifications of one epoch: audio, all, image, all, text, all, audio."""
    config = make_config(("audio", "image", "text"), training={"epochs": 8})
    method, state = start(make_spec("reconboost", config=config, stage=0.125))
    state.model.fusion.boost.data.fill_(0.5)
    state.epoch = epoch
    method.on_epoch_start(state)
    with torch.no_grad():
        logits = [state.model.fusion.head(state.model.encoders[m](state.train.inputs[m])) for m in rest]
    torch.testing.assert_close(method._others, torch.softmax(0.5 * (logits[0] + logits[1]), 1))
    torch.testing.assert_close(method._before, torch.softmax(logits[1], 1))
