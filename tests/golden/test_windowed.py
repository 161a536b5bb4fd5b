"""Table 4: a method confined to the prime learning window of each modality, or to all but it.

The traces 1.0, 1.1 grow by 0.1 / 1.1 = 0.0909 > K = 0.04 and open a window; 1.0, 1.02 grow by 0.0196 and
leave it closed.
"""

import pytest
import torch

from inforeg.errors import UserError
from inforeg.regulation import InfoReg
from inforeg.regulation.window import Windows
from tests.conftest import make_config, make_spec, start

AUDIO, IMAGE = "audio", "image"
GROWS = {"trace/batch/audio": (1.0, 1.1), "trace/batch/image": (1.0, 1.02)}
FALLS = {"trace/batch/audio": (1.0, 1.02), "trace/batch/image": (1.0, 1.1)}


def third_epoch(name, traces, **settings):
    """A method at the start of its third epoch, after two epochs with these traces."""
    method, state = start(make_spec(name, **settings))
    for epoch in range(2):
        state.epoch = epoch
        method.on_epoch_start(state)
        method.on_epoch_end(state, {key: values[epoch] for key, values in traces.items()})
    state.epoch = 2
    method.on_epoch_start(state)
    return method, state


def gradients(method, state):
    """Of each encoder, as the optimiser would see them."""
    method.forward(state, state.train.batch(torch.arange(16, 32)))  # AGM compares with the batches before
    batch = state.train.batch(torch.arange(16))
    output = method.forward(state, batch)
    method.backward(state, method.losses(state, batch, output))
    method.on_gradients(state, batch, output)
    return {m: torch.cat([p.grad.flatten() for p in state.model.parameters_of(m)]) for m in (AUDIO, IMAGE)}


@pytest.mark.parametrize("name", ["ogm", "ogm_ge", "agm", "pmr"])
def test_only_what_is_active_is_adjusted(name):
    joint = gradients(*start(make_spec("joint")))
    adjusted = set()
    for traces, is_open, is_closed in ((GROWS, AUDIO, IMAGE), (FALLS, IMAGE, AUDIO)):
        always = gradients(*third_epoch(name, traces))
        prime = gradients(*third_epoch(name, traces, active="prime"))
        outside = gradients(*third_epoch(name, traces, active="outside_prime"))
        torch.testing.assert_close(prime[is_open], always[is_open], rtol=0, atol=0)
        torch.testing.assert_close(outside[is_closed], always[is_closed], rtol=0, atol=0)
        torch.testing.assert_close(prime[is_closed], joint[is_closed])
        torch.testing.assert_close(outside[is_open], joint[is_open])
        adjusted |= {m for m in (AUDIO, IMAGE) if not torch.allclose(always[m], joint[m])}
    assert adjusted  # else nothing was compared


@pytest.mark.parametrize(("active", "acts"), [("always", True), ("prime", False), ("outside_prime", False)])
def test_the_first_two_epochs_are_neither_inside_nor_outside(active, acts):
    method, state = start(make_spec("ogm", active=active))
    for _ in range(2):
        method.on_epoch_start(state)
        assert method.acts_on(AUDIO) == acts
        method.on_epoch_end(state, {f"trace/batch/{m}": 1.0 for m in (AUDIO, IMAGE)})
    method.on_epoch_start(state)
    assert method.acts_on(AUDIO) == (active != "prime")  # a flat trace closes the window


@pytest.mark.parametrize(
    ("active", "epochs", "acts"),
    [
        ("prime", 2, {AUDIO: True, IMAGE: False}),
        ("outside_prime", 2, {AUDIO: False, IMAGE: True}),
        ("always", 2, {AUDIO: True, IMAGE: True}),
        ("always", 1, {AUDIO: False, IMAGE: False}),  # Algorithm 1 records two epochs first
        ("outside_prime", 1, {AUDIO: False, IMAGE: False}),
    ],
)
def test_inforeg_pulls_where_it_is_active(active, epochs, acts):
    weights = {m: torch.nn.Parameter(torch.zeros(1)) for m in (AUDIO, IMAGE)}
    regulation = InfoReg({m: [w] for m, w in weights.items()}, beta=0.0, active=active)
    for epoch in range(epochs):
        regulation.open_epoch()
        regulation.close_epoch({m: GROWS[f"trace/batch/{m}"][epoch] for m in weights})
    regulation.open_epoch()
    assert {m: regulation.acts_on(m) for m in weights} == acts
    for leader in weights:
        for weight in weights.values():
            weight.data.fill_(0.5)
            weight.grad = torch.zeros(1)
        # The leader is sure of class 0, the other undecided; with beta = 0 alpha is 1, so the pull is w - 0.
        sure, unsure = torch.tensor([[4.0, 0.0]]), torch.tensor([[0.0, 0.0]])
        shares = {m: sure if m == leader else unsure for m in weights}
        regulation.apply(shares, torch.tensor([0]))
        for m, weight in weights.items():
            assert weight.grad.item() == (0.5 if m == leader and acts[m] else 0.0)


def test_windows_are_saved_and_belong_to_their_modalities():
    windows = Windows((AUDIO, IMAGE), 0.04, "single")
    for audio, image in ((1.0, 1.0), (1.1, 1.02)):
        windows.add({AUDIO: audio, IMAGE: image})
    again = Windows((AUDIO, IMAGE), 0.04, "single")
    again.load_state_dict(windows.state_dict())
    again.decide()
    assert again.open == {AUDIO: True, IMAGE: False}
    with pytest.raises(UserError, match=r"of the modalities \['audio', 'image'\], not \['audio'\]"):
        Windows((AUDIO,), 0.04, "single").load_state_dict(windows.state_dict())
    with pytest.raises(UserError, match="time of regulation 'prim'; did you mean 'prime'"):
        InfoReg({m: [torch.nn.Parameter(torch.zeros(1))] for m in (AUDIO, IMAGE)}, active="prim")


@pytest.mark.parametrize("name", ["ogm", "inforeg"])
@pytest.mark.parametrize(("estimate", "opens"), [("batch", AUDIO), ("sample", IMAGE)])
def test_windows_hang_on_the_estimate_that_the_run_names(name, estimate, opens):
    """The batch estimate grows for audio, that of single samples for image."""
    config = make_config(training={"trace": estimate})
    method, state = start(make_spec(name, config=config, active="prime"))
    grows = {AUDIO: "batch", IMAGE: "sample"}
    for epoch in range(2):
        method.on_epoch_start(state)
        traces = {
            f"trace/{kind}/{m}": 1.0 + epoch * (kind == grows[m]) for m in grows for kind in grows.values()
        }
        method.on_epoch_end(state, traces)
    state.drain()
    method.on_epoch_start(state)
    assert state.drain() == {f"window/{m}": float(m == opens) for m in grows}
