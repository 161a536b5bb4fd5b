"""The loop owns the step: what methods do to gradients and parameters goes through the state."""

import ast
import inspect
from pathlib import Path

import pytest

from inforeg import methods
from inforeg.registry import METHODS

MODULES = {
    **{path.stem: path for path in Path(methods.__path__[0]).rglob("*.py")},
    **{name: Path(inspect.getfile(cls)) for name, cls in METHODS.classes.items()},
}
OURS = {"self", "state", "step"}  # a method, the state of its training, and inforeg.optim.step


def owner(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return "self" if isinstance(node.func, ast.Name) and node.func.id == "super" else ""
    return node.id if isinstance(node, ast.Name) else ""


def own_steps(source: str) -> list[str]:
    """What in a source takes gradients, clears them or steps without the state."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            direct = node.attr in {"backward", "step", "zero_grad"} and owner(node.value) not in OURS
            if direct or node.attr == "autograd" or (node.attr == "func" and owner(node.value) == "torch"):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None) or ""
            names = [f"{origin}.{alias.name}".strip(".") for alias in node.names]
            found += [name for name in names if name.startswith(("torch.autograd", "torch.func"))]
    return found


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
