"""What every method promises of its hooks, while they are called and as they are written."""

import ast
import inspect
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook

from inforeg.batch import Batch, Output
from inforeg.engine import loop, plugins
from inforeg.methods.base import Method
from inforeg.methods.shared.state import TrainState
from inforeg.registry import METHODS
from inforeg.regulation.trace import FisherTrace
from inforeg.testing.cases import Case, Trainings
from inforeg.testing.promises import require
from inforeg.testing.toy import WIDTH, equal, fitted, make_data, start, untrained


def check_chance(case: Case, trainings: Trainings) -> None:
    """The global source of chance has no say; the encoders here draw nothing themselves."""
    found = []
    for seed in (1, 2):
        with patch.object(loop, "derive", lambda *names, seed=seed: seed):  # else the loop would hide it
            found.append(fitted(case.spec({"epochs": 3}), make_data(case.modalities)))
    require(
        equal(*found),
        "what else draws numbers changes what it trains; give its draws a generator, as `stream` or "
        "`state.generators` makes them.",
    )


def check_training_mode(case: Case, trainings: Trainings) -> None:
    """Every step is in training mode, whatever it asks of its model in between."""
    modes: list[bool] = []

    def watch(method: Method) -> Any:
        step = method.step

        def spy(state: TrainState, batch: Batch) -> dict[str, Tensor]:
            modes.extend(module.training for module in state.model.modules())
            return step(state, batch)

        return patch.object(method, "step", spy)

    fitted(case.spec({"epochs": 3}), make_data(case.modalities), watch)
    require(all(modes), "it leaves its model in evaluation mode; call `state.model.train()` after asking it.")


def check_trace(case: Case, trainings: Trainings) -> None:
    """Tr(F) is of what the losses ask for: it is taken before gradients are edited."""
    data = make_data(case.modalities)
    method, state = start(case.spec(), data, untrained(data))
    seen = []

    def edit(state: TrainState, batch: Batch, output: Output) -> None:
        plain = FisherTrace({m: state.model.parameters_of(m) for m in state.model.modalities})
        plain.add()
        seen.append((state.trace.sums(), plain.sums()))
        for parameter in state.model.parameters():
            parameter.grad = None

    with patch.object(method, "on_gradients", edit):
        method.on_epoch_start(state)
        first = list(method.sampler(state, state.train))[:1]
        for index in first:
            method.step(state, method.on_batch(state, state.train.batch(index)))
    own = type(method).step is not Method.step
    kept = all({m: measured[m] for m in plain} == plain and any(plain.values()) for measured, plain in seen)
    require(
        kept and (own or len(seen) == len(first)),
        "its step() takes Tr(F) of other gradients than the losses ask for; call `state.trace.add()` between "
        "backward() and on_gradients().",
    )


def check_bf16(case: Case, trainings: Trainings) -> None:
    """Under bf16 encoders run in it wherever they are trained; losses and parameters are in float32."""
    passes: list[bool] = []
    losses: set[torch.dtype] = set()
    backward = TrainState.backward

    def seen(module: nn.Module, inputs: Any) -> None:
        first = isinstance(module, nn.Linear) and module.in_features == WIDTH  # of any encoder's layers
        if first and torch.is_grad_enabled():
            passes.append(torch.is_autocast_enabled("cpu"))

    def kept(state: TrainState, terms: dict[str, Tensor], **options: Any) -> Any:
        losses.update(term.dtype for term in terms.values())
        return backward(state, terms, **options)

    with patch.object(TrainState, "backward", kept), register_module_forward_pre_hook(seen):
        weights = fitted(case.spec({"epochs": 3, "precision": "bf16"}), make_data(case.modalities))
    require(
        all(passes),
        "under bf16 it trains an encoder in float32; wrap what it computes in `state.autocast()`.",
    )
    found = losses | {value.dtype for value in weights.values() if value.is_floating_point()}
    require(
        found <= {torch.float32},
        "under bf16 a loss or a parameter is not in float32; compute losses of `output.float()`.",
    )


OURS = {"self", "state", "step"}
"""A method, the state of its training, and inforeg.optim.step."""


def own_steps(source: str) -> list[str]:
    """What in a source takes gradients, clears them or steps without the state."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            direct = node.attr in {"backward", "step", "zero_grad"} and _owner(node.value) not in OURS
            if direct or node.attr == "autograd" or (node.attr == "func" and _owner(node.value) == "torch"):
                found.append(ast.unparse(node))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", None) or ""
            names = [f"{origin}.{alias.name}".strip(".") for alias in node.names]
            found += [name for name in names if name.startswith(("torch.autograd", "torch.func"))]
    return found


def _owner(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return "self" if isinstance(node.func, ast.Name) and node.func.id == "super" else ""
    return node.id if isinstance(node, ast.Name) else ""


def check_steps(case: Case, trainings: Trainings) -> None:
    """The loop owns the step: what is done to gradients and parameters goes through the state."""
    module = METHODS.get(case.method).__module__
    for name in sorted({module, *plugins.sources(case.spec())}):
        path = Path(inspect.getfile(sys.modules[name]))
        found = own_steps(path.read_text(encoding="utf-8"))
        require(
            not found,
            f"{path.name} has {found[:1]}; take gradients and steps by `state.zero`, `state.backward` and "
            "`state.update`, or by inforeg.optim.step.",
        )


def check_says(case: Case, trainings: Trainings) -> None:
    """It says what it is called, where it comes from and what each option is."""
    cls = METHODS.get(case.method)
    require(bool(cls.title), "it has no title; say how tables call it.")
    documented = cls.reference in (cls.__doc__ or "") and re.match(
        r"[A-Z].+, .*\b(19|20)\d\d\b", cls.reference
    )
    require(
        bool(documented),
        f"its reference {cls.reference!r} is not authors, title or venue, and year, or its class has no "
        "docstring; write both.",
    )
    own = {field.name for field in fields(cls)} - {field.name for field in fields(Method)}
    inherited = " ".join(base.__doc__ or "" for base in cls.__mro__)
    silent = sorted(name for name in own if f"{name}:" not in inherited)
    require(not silent, f"its docstring does not say what {', '.join(silent)} is; add it under Attributes.")
