"""The method `inforeg` in the engine is the loop of the README, bit for bit."""

import pytest
import torch
import torch.nn.functional as F

from inforeg import InfoReg
from inforeg.engine.loop import fit
from inforeg.registry import METHODS
from inforeg.regulation import ReleasedInfoReg
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start

TRAINING = {"epochs": 7, "decay_at": 1.0}
STAR = {"unimodal_weight": 1.0}

# Settings of the method and what a user would write instead.
CASES = {
    "default": ({}, {}),
    "other numbers": (
        {"beta": 0.3, "threshold": 0.4, "criterion": "released", "weight": 2.0},
        {"beta": 0.3, "threshold": 0.4, "criterion": "released", "weight": 2.0},
    ),
    "rate": ({"form": "rate"}, {"form": "rate"}),
    "always": ({"active": "always"}, {"active": "always"}),
    "outside_prime": ({"active": "outside_prime"}, {"active": "outside_prime"}),
    "star": (STAR, {}),
    "released": (
        {**STAR, "definition": "released", "threshold": 0.05},
        {"reference": "audio"},
    ),
    "released, another strength": (
        {**STAR, "definition": "released", "threshold": 0.3, "leader_strength": 0.4},
        {"reference": "audio", "reference_strength": 0.4, "threshold": 0.3},
    ),
    "released, another leader": (
        {**STAR, "definition": "released", "threshold": 0.05, "leader": "image", "other_strength": 0.7},
        {"reference": "image", "other_strength": 0.7},
    ),
}
cases = pytest.mark.parametrize(("settings", "options"), CASES.values(), ids=CASES)


def begun(**settings):
    return start(make_spec("inforeg", config=make_config(training=TRAINING), **settings))


def by_the_engine(**settings):
    """Weights, and Tr(F) of each modality, which the windows hang on."""
    method, state = begun(**settings)
    fit(state, method, make_data().test, Unrecorded())
    return state.model.state_dict(), method.state_dict()["_regulation"]["history"]


def by_hand(unimodal_weight=0.0, **options):
    """The same from the same model, batches and optimiser, in a loop of one's own."""
    _, state = begun()
    model, optimizer, batches = state.model, state.optimizer, METHODS.build("joint", {})
    make = ReleasedInfoReg if "reference" in options else InfoReg
    regulation = make(model.encoders, **options)
    for state.epoch in range(TRAINING["epochs"]):
        with regulation.epoch():
            for index in batches.sampler(state, state.train):
                batch = state.train.batch(index)
                output = model(batch.inputs)
                loss = F.cross_entropy(output.logits, batch.target)
                if unimodal_weight:
                    for logits in output.unimodal.values():
                        loss = loss + unimodal_weight * F.cross_entropy(logits, batch.target)
                model.zero_grad()
                loss.backward()
                regulation.regulate(output.unimodal, batch.target)
                optimizer.step()
    return model.state_dict(), regulation.history


@cases
def test_the_adapter_is_the_loop_of_the_readme(settings, options):
    weights, history = by_the_engine(**settings)
    star = settings.get("unimodal_weight", 0.0)
    expected, traces = by_hand(star, **options)
    assert history == traces
    assert equal(weights, expected)
    assert not equal(weights, by_hand(star, weight=0.0)[0])  # it regulates, or nothing was compared


def equal(one, other):
    return all(torch.equal(one[name], other[name]) for name in other)
