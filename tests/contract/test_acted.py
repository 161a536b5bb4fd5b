"""A method that may leave gradients alone says in which steps it did not: `acted` in its rows."""

import pytest
import torch

from inforeg.engine.loop import _traces, _train_epoch
from inforeg.methods import agm
from inforeg.methods.inforeg import InfoRegMethod
from inforeg.methods.shared.supports import supports
from inforeg.methods.shared.windowed import Windowed
from inforeg.registry import METHODS
from tests.conftest import Unrecorded, make_config, make_spec, start
from tests.contract.cases import CASES, THREE, TWO, rows, spec_of

SAYING = [case for case in CASES if issubclass(METHODS.get(case[0]), Windowed | InfoRegMethod)]
saying = pytest.mark.parametrize("case", SAYING, ids=lambda case: "/".join(case[:2]))


@saying
@pytest.mark.parametrize("modalities", [TWO, THREE], ids=len)
def test_every_epoch_says_the_share_of_steps_in_which_it_acted(trained, case, modalities):
    spec = spec_of(case, make_config(modalities))
    if not supports(spec)[0]:
        return  # the released codes know two modalities
    for row in rows(trained(spec).folder):
        shares = [row[f"acted/{m}"] for m in modalities]
        assert max(shares) <= row["acted"] <= min(1.0, sum(shares))
        assert 5 * row["acted"] == pytest.approx(round(5 * row["acted"]))  # five batches


def gradients(state):
    return {m: [g.clone() for g in state.gradients(m)] for m in state.model.modalities}


def differs(one, other):
    return {m: not all(map(torch.equal, one[m], other[m])) for m in one}


def pulled(state, terms):
    """Which encoders the terms beside the joint loss reach."""
    extra = [term for name, term in terms.items() if name.startswith(("prototype/", "entropy"))]
    parts = {m: state.model.parameters_of(m) for m in state.model.modalities}
    if not extra:
        return dict.fromkeys(parts, False)
    found = {
        m: torch.autograd.grad(sum(extra), part, retain_graph=True, allow_unused=True)
        for m, part in parts.items()
    }
    return {m: any(g is not None and bool(g.any()) for g in part) for m, part in found.items()}


def watch(method, state, monkeypatch):
    """By step, what the method says that it changed, and what it did change."""
    said, seen = [], []
    edit, lose = method.on_gradients, method.losses

    def on_gradients(state, batch, output):
        before = gradients(state)
        edit(state, batch, output)
        seen.append(differs(before, gradients(state)))

    def losses(state, batch, output):
        terms = lose(state, batch, output)
        seen.append(pulled(state, terms))
        return terms

    changed = {"losses": losses} if method.name == "pmr" else {"on_gradients": on_gradients}
    for name, hook in changed.items():
        monkeypatch.setattr(method, name, hook)
    monkeypatch.setattr(
        state, "log_acted", lambda flags: said.append({m: bool(flags.get(m, False)) for m in TWO})
    )
    return said, seen


SHORT = {"ogm": {"end": 3}, "ogm_ge": {"end": 3}}


# In AGM's code the factors act inside the backward pass: below.
@pytest.mark.parametrize(
    "case", [c for c in SAYING if c[:2] != ("agm", "released")], ids=lambda c: "/".join(c[:2])
)
def test_what_a_method_says_that_it_changed_it_changed(monkeypatch, case):
    method, state = start(spec_of(case, make_config(training={"epochs": 6}), **SHORT.get(case[0], {})))
    said, seen = watch(method, state, monkeypatch)
    for state.epoch in range(6):
        row = _train_epoch(state, method, Unrecorded())
        row |= _traces(state)
        method.on_epoch_end(state, row)
    assert len(said) == 6 * 5
    assert said == seen
    flags = {flag for step in said for flag in step.values()}
    assert flags == {True, False}  # else a constant would pass


@pytest.mark.parametrize(("alpha", "largest", "acted"), [(0.0, 0.0, 0), (0.0, 2.0, 1), (1.5, 0.0, 1)])
def test_agm_as_its_code_has_it_acts_by_its_factors_and_by_clipping(monkeypatch, alpha, largest, acted):
    monkeypatch.setattr(agm, "_largest", lambda head: torch.tensor(largest))
    method, state = start(make_spec("agm", "released", alpha=alpha))
    for first in (0, 16):  # the first batch is level with its past, which is itself
        state.drain()
        method.step(state, state.train.batch(torch.arange(first, first + 16)))
    assert state.drain()["acted"] == acted
