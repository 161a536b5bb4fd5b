"""Under bf16 encoders run in it wherever they are trained, and losses and parameters are in float32."""

import pytest
import torch
from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from inforeg.engine.loop import fit
from inforeg.methods.shared.state import TrainState
from inforeg.methods.shared.supports import supports
from inforeg.registry import FUSIONS
from tests.conftest import WIDTH, Unrecorded, make_config, make_data, start, untrained
from tests.contract.cases import TWO, cases, spec_of


@cases
@pytest.mark.parametrize("fusion", FUSIONS.classes)
def test_bf16(case, fusion, monkeypatch):
    spec = spec_of(case, make_config(TWO, fusion=fusion, training={"epochs": 3, "precision": "bf16"}))
    if not supports(spec)[0]:
        return  # that it may is tested under concat
    passes, losses = [], []
    backward = TrainState.backward

    def seen(module, inputs):
        first = isinstance(module, nn.Linear) and module.in_features == WIDTH  # of any encoder's layers
        if first and torch.is_grad_enabled():
            passes.append(torch.is_autocast_enabled("cpu"))

    def kept(state, terms, **options):
        losses.extend(term.dtype for term in terms.values())
        return backward(state, terms, **options)

    data = make_data()
    method, state = start(spec, data, untrained(data))
    monkeypatch.setattr(TrainState, "backward", kept)
    with register_module_forward_pre_hook(seen):
        fit(state, method, data.test, Unrecorded())
    assert all(passes)
    assert set(losses) <= {torch.float32}
    assert {p.dtype for p in state.model.parameters()} == {torch.float32}
