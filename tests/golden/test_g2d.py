import math

import pytest
import torch

from inforeg.batch import Batch, Output
from tests.conftest import make_data, make_spec, start, untrained


@pytest.fixture
def begun():
    data = make_data()
    return start(make_spec("g2d", end=0.4), data, untrained(data))  # epochs 0 and 1 of 5


def logits(*probabilities: float) -> torch.Tensor:
    return torch.tensor([[math.log(p / (1 - p)), 0.0] for p in probabilities])


def test_both_distillations_by_hand(begun):
    method, state = begun
    taught = torch.tensor([[7.0] * 4, [1.0] * 4, [1.0] * 4])
    method._teachers = Output({"audio": taught}, torch.empty(0), {"audio": logits(0.2, 0.9, 0.7)})
    batch = Batch({}, torch.tensor([0, 0]), torch.tensor([2, 1]))
    output = Output({"audio": torch.zeros(2, 4)}, torch.zeros(2, 2), {"audio": logits(0.6, 0.5)})
    terms = method.losses(state, batch, output)
    pairs = [(0.7, 0.6), (0.9, 0.5)]  # teacher and student, of which the mean is taken
    divergence = sum(t * math.log(t / p) + (1 - t) * math.log((1 - t) / (1 - p)) for t, p in pairs) / 2
    assert terms["divergence/audio"].item() == pytest.approx(divergence, rel=1e-5)
    assert terms["distillation/audio"].item() == 1
    assert terms["joint"].item() == pytest.approx(math.log(2))


@pytest.mark.parametrize(("epoch", "waits"), [(1, "image"), (2, None)])
def test_the_surest_teachers_modality_waits_in_its_weights(begun, epoch, waits):
    method, state = begun
    state.epoch = epoch
    taught = {"audio": logits(0.6, 0.9, 0.9), "image": logits(0.8, 0.1, 0.8)}
    method._teachers = Output({}, torch.empty(0), taught)
    for parameter in state.model.parameters():
        parameter.grad = torch.ones_like(parameter)
    # class 0: audio 1.5 of 2, image 1.6 of 2; the student has no say
    batch = Batch({}, torch.tensor([0, 0]), torch.tensor([0, 2]))
    student = {"audio": logits(0.99, 0.99), "image": logits(0.01, 0.01)}
    method.on_gradients(state, batch, Output({}, torch.zeros(2, 2), student))
    for name, parameter in state.model.named_parameters():
        stopped = waits is not None and name.startswith(f"encoders.{waits}.") and name.endswith("weight")
        assert torch.equal(parameter.grad, torch.full_like(parameter, 0.0 if stopped else 1.0)), name


def test_nobody_waits_for_an_equally_sure_teacher(begun):
    method, state = begun
    certain = torch.tensor([[200.0, 0.0]])
    method._teachers = Output({}, torch.empty(0), {"audio": certain, "image": certain - 1})
    for parameter in state.model.parameters():
        parameter.grad = torch.ones_like(parameter)
    batch = Batch({}, torch.tensor([0]), torch.tensor([0]))
    method.on_gradients(state, batch, Output({}, torch.zeros(1, 2), {}))
    assert all((p.grad == 1).all() for p in state.model.parameters())
