"""A step as the loop means it: Tr(F) is of what the losses ask for, and the model is in training mode."""

import pytest

from inforeg.engine.loop import fit
from inforeg.methods.base import Method
from inforeg.registry import METHODS
from inforeg.regulation.trace import FisherTrace
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start, untrained


@pytest.mark.parametrize("name", METHODS.classes)
def test_the_trace_is_taken_before_gradients_are_edited(name, monkeypatch):
    data = make_data()
    settings = next(iter(METHODS.get(name).expand(tuple(data.train.inputs)).values()))
    method, state = start(make_spec(name, **settings), data, untrained(data))
    seen = []

    def edit(state, batch, output):
        plain = FisherTrace({m: state.model.parameters_of(m) for m in state.model.modalities})
        plain.add()
        seen.append((state.trace.sums(), plain.sums()))
        for parameter in state.model.parameters():
            parameter.grad = None

    monkeypatch.setattr(method, "on_gradients", edit)
    method.on_epoch_start(state)
    first = list(method.sampler(state, state.train))[:1]
    for index in first:
        method.step(state, method.on_batch(state, state.train.batch(index)))
    if type(method).step is Method.step:
        assert len(seen) == len(first)
    for measured, plain in seen:
        assert {m: measured[m] for m in plain} == plain
        assert any(plain.values())


@pytest.mark.parametrize("name", METHODS.classes)
def test_every_step_is_in_training_mode(name, monkeypatch):
    """Whatever a method asks of its model in between, in evaluation mode."""
    data, step, modes = make_data(), METHODS.get(name).step, []
    settings = next(iter(METHODS.get(name).expand(tuple(data.train.inputs)).values()))
    spec = make_spec(name, config=make_config(training={"epochs": 3}), **settings)
    method, state = start(spec, data, untrained(data))

    def spy(state, batch):
        modes.extend(module.training for module in state.model.modules())
        return step(method, state, batch)

    monkeypatch.setattr(method, "step", spy)
    fit(state, method, data.test, Unrecorded())
    assert all(modes)
