"""Only methods that say so look at the validation split while they train."""

from dataclasses import replace

import pytest
import torch

from inforeg.data.sets.synthetic import Synthetic
from inforeg.engine.loop import fit
from inforeg.methods.shared.supports import supports
from inforeg.registry import METHODS
from tests.conftest import Unrecorded, make_config, make_data, make_split, start, untrained
from tests.contract.cases import TWO, cases, spec_of


def trained(case, val):
    data = replace(make_data(TWO), val=val)
    method, state = start(spec_of(case, make_config()), data, untrained(data))
    fit(state, method, data.test, Unrecorded())
    return torch.cat([parameter.detach().flatten() for parameter in state.model.parameters()])


@cases
def test_another_validation_split_gives_the_same_weights(case):
    first, other = (trained(case, make_split(TWO, 40, seed)) for seed in (1, 7))
    assert torch.equal(first, other) or METHODS.get(case[0]).asks_validation


@pytest.mark.parametrize("name", METHODS.classes)
def test_where_there_is_no_validation_split_those_that_ask_it_are_left_out(name, monkeypatch):
    spec = spec_of((name, "default", next(iter(METHODS.get(name).expand(TWO).values()))), make_config())
    monkeypatch.setattr(Synthetic, "validates", False)
    asks = METHODS.get(name).asks_validation
    assert supports(spec) == ((False, REASON) if asks else (True, ""))


REASON = "it asks the validation split while it trains, and the benchmark has none of its own"
