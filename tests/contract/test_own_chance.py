"""A method's chance comes from streams of its own, so that what else draws numbers has no say."""

import pytest
import torch

from inforeg.engine.loop import fit
from inforeg.registry import METHODS
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start, untrained


@pytest.mark.parametrize("name", METHODS.classes)
def test_the_global_source_of_chance_has_no_say(name, monkeypatch):
    """These encoders draw nothing themselves; that the loop seeds the global source would hide it."""
    data, found = make_data(), []
    settings = next(iter(METHODS.get(name).expand(tuple(data.train.inputs)).values()))
    spec = make_spec(name, config=make_config(training={"epochs": 3}), **settings)
    monkeypatch.setattr(torch, "manual_seed", lambda seed: None)
    for seed in (1, 2):
        torch.default_generator.manual_seed(seed)
        method, state = start(spec, data, untrained(data))
        fit(state, method, data.test, Unrecorded())
        found.append(state.model.state_dict())
    assert all(torch.equal(value, found[1][key]) for key, value in found[0].items())
