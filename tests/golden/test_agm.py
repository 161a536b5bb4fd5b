import math

import pytest
import torch

from inforeg.data.base import Data, Held
from inforeg.methods.agm import Coalition, ahead, shapley
from tests.conftest import make_config, make_spec, start

AUDIO, IMAGE = "audio", "image"


def test_shapley_values_of_two_by_hand():
    worth = {
        Coalition({AUDIO}): torch.tensor(1.0),
        Coalition({IMAGE}): torch.tensor(4.0),
        Coalition({AUDIO, IMAGE}): torch.tensor(7.0),
    }
    # o_a = (f(A, V) - f(0, V) + f(A, 0)) / 2
    values = {m: v.item() for m, v in shapley(worth, [AUDIO, IMAGE]).items()}
    assert values == {AUDIO: (7 - 4 + 1) / 2, IMAGE: (7 - 1 + 4) / 2}


def test_shapley_values_of_three_by_hand_sum_to_the_whole():
    worths = {"a": 1.0, "b": 2.0, "c": 0.0, "ab": 5.0, "ac": 1.0, "bc": 4.0, "abc": 9.0}
    worth = {Coalition(names): torch.tensor(value) for names, value in worths.items()}
    values = {m: v.item() for m, v in shapley(worth, ["a", "b", "c"]).items()}
    # a: 1/3 f(a) + 1/6 (f(ab) - f(b)) + 1/6 (f(ac) - f(c)) + 1/3 (f(abc) - f(bc))
    assert values["a"] == pytest.approx(1 / 3 + 3 / 6 + 1 / 6 + 5 / 3)
    assert sum(values.values()) == pytest.approx(9)


def test_ahead_is_above_one_for_the_modality_with_the_lower_loss():
    assert ahead(torch.tensor([0.5, 1.5])).tolist() == pytest.approx([math.e, 1 / math.e])
    assert ahead(torch.tensor([1.0, 2.0, 3.0])).tolist() == pytest.approx([math.exp(1.5), 1, math.exp(-1.5)])


def logits(loss):
    """Of two classes, the first of them true with this cross-entropy."""
    p = math.exp(-loss)
    return torch.tensor([[math.log(p / (1 - p)), 0.0]])


def coefficients(method, *losses):
    """kappa of a batch with these losses of audio and image."""
    values = dict(zip((AUDIO, IMAGE), map(logits, losses), strict=True))
    return [k.item() for k in method._coefficients(values, torch.tensor([0])).values()]


def exponentials(alpha, tau, r):
    """exp(alpha (e^tau - e^r)) of the modality that is ahead by tau and r, and of the other."""
    return [math.exp(alpha * (math.exp(sign * tau) - math.exp(sign * r))) for sign in (1, -1)]


def test_coefficients_compare_a_batch_with_the_running_mean():
    method, _ = start(make_spec("agm", alpha=2.0))
    assert coefficients(method, 0.4, 0.8) == pytest.approx([1, 1])  # the mean is the batch itself
    # S = (0.3, 1.0): tau_a = exp(0.7), r_a = exp(1.0)
    assert coefficients(method, 0.2, 1.2) == pytest.approx(exponentials(2, 0.7, 1.0), rel=1e-4)
    # S = (1.2, 2.0) / 3, of three batches that count the same: tau_a = exp(0.8 / 3), r_a = exp(-0.6)
    assert coefficients(method, 0.6, 0.0001) == pytest.approx(exponentials(2, 0.8 / 3, -0.5999), rel=1e-3)


def test_released_compares_it_with_the_batches_before():
    method, _ = start(make_spec("agm", "released", alpha=2.0))
    # S = (0, 0): tau = 1, r_a = exp(0.4)
    assert coefficients(method, 0.4, 0.8) == pytest.approx(exponentials(2, 0.0, 0.4), rel=1e-4)
    # S = (0.4, 0.8): tau_a = exp(0.4), r_a = exp(1.0)
    assert coefficients(method, 0.2, 1.2) == pytest.approx(exponentials(2, 0.4, 1.0), rel=1e-4)
    # S = (0.3, 1.0)
    assert coefficients(method, 0.6, 0.5) == pytest.approx(exponentials(2, 0.7, -0.1), rel=1e-4)


def test_the_exponent_and_the_loss_are_capped():
    method, _ = start(make_spec("agm", alpha=1.0))
    method._batches, method._means = 10**6, torch.tensor([0.0, 18.0])
    found = method._coefficients(
        {AUDIO: torch.tensor([[50.0, 0.0]]), IMAGE: torch.tensor([[0.0, 0.0]])}, torch.tensor([0])
    )
    assert found[AUDIO].item() == pytest.approx(math.exp(10), rel=1e-3)
    method, _ = start(make_spec("agm"))
    method._coefficients({AUDIO: torch.tensor([[-500.0, 0.0]]), IMAGE: torch.zeros(1, 2)}, torch.tensor([0]))
    assert method._means[0].item() == pytest.approx(-math.log(1e-8))


def linear(variant):
    """h = w x + c with w = 1, c = 0.1 (audio), w = 2, c = -0.2 (image); z = (h_a + h_i, 0)."""
    encoder = {"kind": "mlp", "hidden": [], "features": 1}
    config = make_config()
    config = config.model_validate({**config.model_dump(), "encoders": {AUDIO: encoder, IMAGE: encoder}})
    split = Held({AUDIO: torch.tensor([[1.0]]), IMAGE: torch.tensor([[0.5]])}, torch.tensor([0]))
    spec = make_spec("agm", variant, config=config)
    method, state = start(spec, Data(("a", "b"), split, split, split))
    values = {
        "encoders.audio.0.weight": 1.0,
        "encoders.audio.0.bias": 0.1,
        "encoders.image.0.weight": 2.0,
        "encoders.image.0.bias": -0.2,
    }
    with torch.no_grad():
        for name, parameter in state.model.named_parameters():
            parameter.fill_(values.get(name, 0.0))
        for weights in state.model.fusion.weights.values():
            weights[0] = 1.0
    return method, state


@pytest.mark.parametrize("variant", ["default", "released"])
def test_scores_are_of_shapley_values(variant, monkeypatch):
    """f(A,V) = 1.1 + 0.8, f(A,0) = 1.1 - 0.2, f(0,V) = 0.1 + 0.8: not the slices 1.1, 0.8."""
    method, state = linear(variant)
    seen = {}
    monkeypatch.setattr(method, "_coefficients", lambda values, target: seen.update(values) or {})
    method.forward(state, state.train.batch(torch.tensor([0])))
    assert {m: value[0].tolist() for m, value in seen.items()} == {
        AUDIO: pytest.approx([(1.9 - 0.9 + 0.9) / 2, 0]),
        IMAGE: pytest.approx([(1.9 - 0.9 + 0.9) / 2, 0]),
    }


@pytest.mark.parametrize("variant", ["default", "released"])
def test_gradients_by_hand(variant, monkeypatch):
    """With graph, dL/dtheta = g (k_a + k_v)/2 df(A,V) + g (k_a - k_v)/2 (df(A,0) - df(0,V)), METHODS 2.10."""
    method, state = linear(variant)
    kappa = {AUDIO: torch.tensor(1.6), IMAGE: torch.tensor(0.4)}
    monkeypatch.setattr(method, "_coefficients", lambda values, target: kappa)
    batch = state.train.batch(torch.tensor([0]))
    output = method.forward(state, batch)
    assert output.logits[0].tolist() == pytest.approx([1.1 + 0.8, 0], abs=1e-6)
    terms = method.losses(state, batch, output)
    method.backward(state, terms)
    if variant == "default":
        method.on_gradients(state, batch, output)
    g = math.exp(1.9) / (1 + math.exp(1.9)) - 1  # dL/dz_0
    found = dict(state.model.named_parameters())
    mean, half = (1.6 + 0.4) / 2, (1.6 - 0.4) / 2
    if variant == "default":
        weight, bias = 1.6 * g, 1.6 * g
    else:
        # df(A,V)/dw_a = df(A,0)/dw_a = x_a, df(0,V)/dw_a = 0; df/dc_a = 1 in all three
        weight, bias = g * (mean + half), g * mean
    assert found["encoders.audio.0.weight"].grad.item() == pytest.approx(weight, rel=1e-5)
    assert found["encoders.audio.0.bias"].grad.item() == pytest.approx(bias, rel=1e-5)
    image = 0.4 * g if variant == "default" else g * (mean - half)
    assert found["encoders.image.0.weight"].grad.item() == pytest.approx(0.5 * image, rel=1e-5)
    if variant == "default":  # the head has the plain gradient: g h_m, and -g h_m of the other class
        assert found["fusion.weights.audio"].grad.flatten().tolist() == pytest.approx([1.1 * g, -1.1 * g])
        assert found["fusion.weights.image"].grad.flatten().tolist() == pytest.approx([0.8 * g, -0.8 * g])


@pytest.mark.parametrize(("value", "clipped"), [(0.9, False), (1.0, False), (1.1, True), (-1.1, True)])
def test_large_head_gradients_are_clipped_as_in_the_code(value, clipped):
    """One element of the head's that is large is enough; the encoders' are not asked."""
    method, state = linear("released")
    batch = state.train.batch(torch.tensor([0]))
    output = method.forward(state, batch)
    for parameter in state.model.parameters():
        parameter.grad = torch.full_like(parameter, 0.5)
    state.model.encoders[IMAGE][0].weight.grad.fill_(3.0)
    state.model.fusion.weights[AUDIO].grad[1] = value
    before = math.sqrt(sum(p.grad.square().sum().item() for p in state.model.parameters()))
    method.on_gradients(state, batch, output)
    norm = math.sqrt(sum(p.grad.square().sum().item() for p in state.model.parameters()))
    assert norm == pytest.approx(1 if clipped else before, rel=1e-4)


def test_without_the_code_nothing_is_clipped():
    method, state = linear("default")
    batch = state.train.batch(torch.tensor([0]))
    output = method.forward(state, batch)
    for parameter in state.model.parameters():
        parameter.grad = torch.full_like(parameter, 7.0)
    method.on_gradients(state, batch, output)  # kappa is 1 in the first batch
    assert all((p.grad == 7).all() for p in state.model.parameters())


@pytest.mark.parametrize(("variant", "backward"), [("default", 8), ("released", 9)])
def test_a_zero_input_is_one_sample_encoded_once(variant, backward):
    method, state = start(make_spec("agm", variant))
    with state.cost:
        method.step(state, state.train.batch(torch.arange(8)))
    assert state.cost.forward == {AUDIO: 9, IMAGE: 9}
    assert state.cost.backward == {AUDIO: backward, IMAGE: backward}
    assert all(encoder.training for encoder in state.model.encoders.values())


@pytest.mark.parametrize("variant", ["default", "released"])
def test_the_zero_input_leaves_the_batch_statistics_alone(variant):
    method, state = start(make_spec("agm", variant))
    batch = state.train.batch(torch.arange(8))
    plain = state.model.encoders[AUDIO](batch.inputs[AUDIO]).detach()
    norm = torch.nn.BatchNorm1d(5)
    state.model.encoders[AUDIO].append(norm)
    method.step(state, batch)
    assert norm.num_batches_tracked == 1
    torch.testing.assert_close(norm.running_mean, 0.1 * plain.sum(0) / 8)  # from 0, with momentum 0.1
