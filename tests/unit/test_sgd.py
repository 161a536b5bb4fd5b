"""SGD against torch's own, to the bit."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from inforeg.optim.sgd import SGD

SETTINGS = {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}


def weights():
    generator = torch.Generator().manual_seed(0)
    return [nn.Parameter(torch.randn(size, generator=generator)) for size in (3, 17)]


def step(optimizer, parameters, seed, *, without=None):
    generator = torch.Generator().manual_seed(seed)
    for place, parameter in enumerate(parameters):
        gradient = torch.randn(parameter.shape, generator=generator)
        parameter.grad = None if place == without else gradient
    optimizer.step()


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_it_is_that_of_torch_where_all_parameters_have_gradients(momentum):
    ours, theirs = weights(), weights()
    settings = SETTINGS | {"momentum": momentum}
    optimizers = SGD(ours, **settings), torch.optim.SGD(theirs, **settings, fused=True)
    for seed in range(4):
        for optimizer, parameters in zip(optimizers, (ours, theirs), strict=True):
            step(optimizer, parameters, seed)
    assert all(map(torch.equal, ours, theirs))


def test_a_first_gradient_may_come_late_and_one_may_be_left_out():
    parameters = weights()
    before = [p.detach().clone() for p in parameters]
    optimizer = SGD(parameters, **SETTINGS)
    step(optimizer, parameters, 0, without=1)
    assert torch.equal(parameters[1], before[1])
    step(optimizer, parameters, 1, without=0)
    first = parameters[1].grad + SETTINGS["weight_decay"] * before[1]
    torch.testing.assert_close(parameters[1].detach(), before[1] - SETTINGS["lr"] * first)


def test_a_resumed_one_goes_on_as_if_nothing_had_happened():
    whole, broken = weights(), weights()
    unbroken = SGD(whole, **SETTINGS)
    for seed in range(3):
        step(unbroken, whole, seed, without=1 if seed == 0 else None)
    optimizer = SGD(broken, **SETTINGS)
    step(optimizer, broken, 0, without=1)
    kept = optimizer.state_dict()
    assert list(kept["state"]) == [0]  # the other has had no gradient
    optimizer = SGD(broken, **SETTINGS)
    optimizer.load_state_dict(kept)
    for seed in (1, 2):
        step(optimizer, broken, seed)
    assert all(map(torch.equal, whole, broken))


def test_it_does_without_the_compiler():
    """To import it takes a second, in every job."""
    code = (
        "import sys, torch; from inforeg.optim.sgd import SGD; w = torch.nn.Parameter(torch.ones(1)); "
        "w.grad = torch.ones(1); SGD([w], 0.1, 0.9, 0.0).step(); sys.exit('torch._dynamo' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_it_goes_on_from_what_torchs_own_left():
    """As a run that an earlier version began."""
    ours, theirs = weights(), weights()
    former = torch.optim.SGD(theirs, **SETTINGS, fused=True)
    for seed in range(3):
        step(former, theirs, seed)
    with torch.no_grad():
        for parameter, before in zip(ours, theirs, strict=True):
            parameter.copy_(before)
    resumed = SGD(ours, **SETTINGS)
    resumed.load_state_dict(copy.deepcopy(former.state_dict()))  # as through a file
    for optimizer, parameters in ((former, theirs), (resumed, ours)):
        step(optimizer, parameters, 3)
    assert all(map(torch.equal, ours, theirs))
