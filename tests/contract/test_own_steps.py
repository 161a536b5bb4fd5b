"""The loop owns the step: what methods do to gradients and parameters goes through the state."""

import inspect
from pathlib import Path

import pytest

from inforeg import methods
from inforeg.registry import METHODS
from inforeg.testing.hooks import own_steps

MODULES = {
    **{path.stem: path for path in Path(methods.__path__[0]).rglob("*.py")},
    **{name: Path(inspect.getfile(cls)) for name, cls in METHODS.classes.items()},
}


@pytest.mark.parametrize("module", MODULES)
def test_methods_step_through_the_state(module):
    assert own_steps(MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "losses['joint'].backward()",
        "state.optimizer.step()",
        "optimizer.zero_grad()",
        "state.model.encoders.zero_grad()",
        "torch.autograd.grad(loss, parameters)",
        "from torch.autograd import grad",
        "from torch import autograd",
        "from torch.func import grad",
        "torch.func.grad(f)",
    ],
)
def test_steps_past_the_state_are_found(source):
    assert own_steps(source)


def test_what_goes_through_the_state_is_not():
    assert not own_steps(
        "state.zero(); self.backward(state, losses); super().step(state, batch); state.update()"
    )
