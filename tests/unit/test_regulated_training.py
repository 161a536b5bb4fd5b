"""InfoReg in whole training loops: resumed, switched off, and over modules or parameters."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from inforeg import InfoReg

PAIR = ("audio", "video")


class Late(nn.Module):
    """Two-layer encoders whose outputs are the shares of the logits."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.encoders = nn.ModuleDict(
            {m: nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)) for m in PAIR}
        )

    def forward(self, inputs):
        return {m: encoder(inputs[m]) for m, encoder in self.encoders.items()}


def fresh():
    model = Late()
    return model, torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)


def batches():
    """Three batches of six samples; audio is the louder modality."""
    generator = torch.Generator().manual_seed(1)
    for _ in range(3):
        inputs = {
            m: torch.randn(6, 4, generator=generator) * scale for m, scale in zip(PAIR, (2, 1), strict=True)
        }
        yield inputs, torch.arange(6) % 3


def step(model, optimizer, inputs, target):
    """Backward; the caller takes the optimiser's step."""
    unimodal = model(inputs)
    optimizer.zero_grad()
    F.cross_entropy(sum(unimodal.values()), target).backward()
    return unimodal


def regulated(model, optimizer, regulation, epochs=6):
    """The loop of the class's docstring; the weights at the end."""
    for _ in range(epochs):
        with regulation.epoch():
            for inputs, target in batches():
                regulation.regulate(step(model, optimizer, inputs, target), target)
                optimizer.step()
    return {name: value.clone() for name, value in model.state_dict().items()}


def trained(**options):
    model, optimizer = fresh()
    regulation = InfoReg(model.encoders, **options)
    return regulated(model, optimizer, regulation), regulation.state_dict()


def unregulated():
    model, optimizer = fresh()
    for _ in range(6):
        for inputs, target in batches():
            step(model, optimizer, inputs, target)
            optimizer.step()
    return model.state_dict()


def equal(left, right):
    return all(torch.equal(value, right[name]) for name, value in left.items())


def test_resumed_from_state_dict_equals_unbroken():
    unbroken, state = trained()
    assert not equal(unbroken, unregulated())  # there is something to lose
    model, optimizer = fresh()
    first, resumed = InfoReg(model.encoders), InfoReg(model.encoders)
    regulated(model, optimizer, first, epochs=3)
    saved = first.state_dict()
    resumed.load_state_dict(saved)
    assert equal(regulated(model, optimizer, resumed, epochs=3), unbroken)
    assert resumed.state_dict() == state
    assert {len(past) for past in saved["history"].values()} == {3}  # loading took a copy


@pytest.mark.parametrize(
    "nothing",
    [{"weight": 0.0}, {"beta": 0.0, "weight": 0.0}, {"form": "rate", "beta": 0.0}],
    ids=["pull without weight", "pull without weight and beta", "rate without beta"],
)
def test_switched_off_is_bit_identical_to_no_regulation(nothing):
    plain = unregulated()
    off, state = trained(**nothing)
    assert equal(off, plain)
    on = {key: value for key, value in nothing.items() if key == "form"}
    assert not equal(trained(**on)[0], plain)
    assert {len(past) for past in state["history"].values()} == {6}  # it went on measuring


def test_encoders_may_be_modules_or_parameters():
    model, optimizer = fresh()
    mixed = {"audio": model.encoders["audio"], "video": model.encoders["video"].parameters()}
    assert equal(regulated(model, optimizer, InfoReg(mixed)), trained()[0])


def steps_that_changed(model, optimizer, regulation):
    """Of the loop of the docstring, in which steps a gradient was changed."""
    changed = []
    for _ in range(6):
        with regulation.epoch():
            for inputs, target in batches():
                unimodal = step(model, optimizer, inputs, target)
                before = [p.grad.clone() for p in model.parameters()]
                regulation.regulate(unimodal, target)
                pairs = zip(before, model.parameters(), strict=True)
                changed.append(not all(torch.equal(g, p.grad) for g, p in pairs))
                optimizer.step()
    return changed


@pytest.mark.parametrize("options", [{}, {"form": "rate"}, {"active": "always"}], ids=str)
def test_acted_is_the_share_of_steps_in_which_a_gradient_was_changed(options):
    """A pull is nothing in an epoch's first step, where the weights are those of its start."""
    model, optimizer = fresh()
    regulation = InfoReg(model.encoders, **options)
    changed = steps_that_changed(model, optimizer, regulation)
    assert regulation.acted == sum(changed) / len(changed)
    assert 0 < regulation.acted < 1
    resumed = InfoReg(model.encoders)
    resumed.load_state_dict(regulation.state_dict())
    assert resumed.acted == regulation.acted
    resumed.load_state_dict({"history": regulation.history})  # of before there was a count
    assert resumed.acted == 0


@pytest.mark.parametrize(
    "nothing", [{"weight": 0.0}, {"form": "rate", "beta": 0.0}, {"threshold": 1.0}], ids=str
)
def test_what_changes_no_gradient_never_acted(nothing):
    model, optimizer = fresh()
    regulation = InfoReg(model.encoders, **nothing)
    assert not any(steps_that_changed(model, optimizer, regulation))
    assert regulation.acted == 0
