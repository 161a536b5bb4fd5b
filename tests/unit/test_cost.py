import copy
import json

import pytest
import torch

from inforeg.data.base import Split
from inforeg.engine.train import blueprint
from inforeg.metrics.cost import Cost
from inforeg.models.multimodal import MultimodalModel
from inforeg.registry import METHODS
from tests.conftest import make_data, make_spec, start, untrained


@pytest.fixture
def model() -> MultimodalModel:
    return blueprint(make_spec(), make_data()).build()


def inputs(split: Split, size: int) -> dict[str, torch.Tensor]:
    return dict(split.batch(torch.arange(size)).inputs)


def test_counts_samples_that_pass_each_encoder(model):
    cost, train = Cost(model), make_data().train
    with cost:
        model(inputs(train, 7)).logits.sum().backward()
        with torch.no_grad():
            model.encoders["audio"](train.inputs["audio"][:3])
    assert cost.state_dict() == {
        "steps": 0,
        "forward": {"audio": 10, "image": 7},
        "backward": {"audio": 7, "image": 7},
    }
    assert cost.passes(samples=10, modalities=2) == {
        "steps": 0,
        "forward_passes": 17 / 20,
        "backward_passes": 14 / 20,
    }


def test_two_backward_passes_count_twice(model):
    cost, train = Cost(model), make_data().train
    with cost:
        output = model(inputs(train, 4))
        output.logits.sum().backward(retain_graph=True)
        output.unimodal["image"].sum().backward()
    assert cost.backward == {"audio": 4, "image": 8}


def test_counts_copies_and_other_optimisers_but_nothing_outside(model):
    cost, train = Cost(model), make_data().train
    model(inputs(train, 5)).logits.sum().backward()
    cost.stepped()
    assert cost.forward == cost.backward == {"audio": 0, "image": 0}
    with cost:
        copy.deepcopy(model)(inputs(train, 5))
        cost.stepped()
    assert (cost.steps, cost.forward) == (1, {"audio": 5, "image": 5})


def test_a_joint_run_passes_its_training_split_once_an_epoch(run):
    costs = json.loads((run(make_spec()) / "cost.json").read_text())
    assert (costs["steps"], costs["forward_passes"], costs["backward_passes"]) == (25, 5.0, 5.0)


# What a step passes through each encoder and how many optimiser steps it takes, as multiples of the batch:
# (forward, backward, steps); a method that is not named costs what joint training does, (1, 1, 1). That an
# input of zeros is encoded once adds one sample; what a sample lacks does not pass.
STEP = {
    "agm": ("1 + zero", "1", 1),
    "agm/released": ("1 + zero", "1 + zero", 1),  # the code's padded passes keep their graph
    "aug": ("1", "1", 2),  # a turn for each modality
    "mla": ("1", "1", 2),
    "mmpareto": ("1", "2", 1),  # the joint loss's gradients and the unimodal ones'
    "modality_dropout": ("present", "present", 1),
    "modality_valuation": ("present", "present", 1),
    "sample_valuation": ("present", "present", 1),
}
AMOUNT = {"1": 16, "2": 32, "1 + zero": 17}
BY_VARIANT = [
    (name, variant) for name, cls in METHODS.classes.items() for variant in ("default", *cls.variants)
]


@pytest.mark.parametrize(("name", "variant"), BY_VARIANT)
def test_a_step_passes_the_encoders_as_often_as_its_definition_needs(name, variant):
    data = make_data()
    settings = next(iter(METHODS.get(name).expand(tuple(data.train.inputs)).values()))
    method, state = start(make_spec(name, variant, **settings), data, untrained(data))
    state.epoch = 1 if name == "reconboost" else 0  # the rectification, which trains all
    method.on_epoch_start(state)
    index = next((index for index in method.sampler(state, state.train)), None)
    if index is None:
        assert name == "ensemble"
        return
    batch = method.on_batch(state, state.train.batch(index))
    fused, fuse = [], state.model.fuse
    state.model.fuse = lambda features: fused.append(features) or fuse(features)
    with state.cost:
        method.step(state, batch)
    forward, backward, steps = STEP.get(f"{name}/{variant}", STEP.get(name, ("1", "1", 1)))
    lacking = 16 - len(batch)  # of samples that are held out
    if forward == backward == "present":
        (features,) = fused
        present = {m: int(h.any(1).sum()) for m, h in features.items()}
        assert 0 < min(present.values()) < 16
        assert state.cost.forward == state.cost.backward == present
    else:
        assert set(state.cost.forward.values()) == {AMOUNT[forward] - lacking}
        assert set(state.cost.backward.values()) == {AMOUNT[backward] - lacking}
    assert state.cost.steps == steps


# A whole run of 5 epochs, in samples through both encoders: (steps, backward, forward without a backward
# pass); None where it depends on the data; a method that is not named costs what joint training does. There
# are 80 training and 40 validation samples in batches of 16, so that one pass is 160.
RUN = {
    "agm": (25, 800, 25 * 2),  # the zero inputs of 25 batches
    "aug": (50, 800, 0),
    "ensemble": (0, 0, 0),
    "g2d": (25, 800, 160),  # teachers, asked once
    # on 80 - 6 samples, 5 batches each epoch, the copies: joint, audio, image; then the losses of the model,
    # of the joint copy and of the two that have one encoder
    "g_blending": (25 + 3 * 25, 800 + 5 * (74 * 2 + 74 + 74), 160 + 160 + 80 + 80),
    # on 80 - 16 samples; from the second epoch on two gradients, of 16 samples each
    "lfm": (25, 5 * 64 * 2 + 4 * (16 + 16) * 2, 0),
    "mla": (50, 800, 0),
    "mmpareto": (25, 2 * 800, -800),  # two backward passes after one forward pass
    "modality_dropout": (25, None, 0),
    "modality_valuation": (None, None, 5 * 16 * 2),  # a fifth of the samples each epoch
    "mses": (None, None, None),
    "pmr": (25, 800, 4 * 8 * 2),  # a tenth of the samples each epoch until 2/3 of them are over
    # stages in epochs 0, 2, 4 of one encoder; before the later two the other one is asked once
    "reconboost": (25, 3 * 80 + 2 * 160, 2 * 80),
    "relearning": (25, 800, 3 * (80 + 40) * 2),  # three diagnoses
    "sample_valuation": (None, None, 5 * 160),
    "umt": (25, 800, 160),
    "unimodal": (25, 400, 0),
}


@pytest.mark.parametrize("name", METHODS.classes)
def test_a_run_passes_the_encoders_as_often_as_its_definition_needs(run, name):
    settings = next(iter(METHODS.get(name).expand(("audio", "image")).values()))
    costs = json.loads((run(make_spec(name, **settings)) / "cost.json").read_text())
    forward, backward = (round(160 * costs[f"{way}_passes"], 6) for way in ("forward", "backward"))
    found = (costs["steps"], backward, forward - backward)
    for value, expected in zip(found, RUN.get(name, (25, 800, 0)), strict=True):
        assert expected is None or value == expected
    assert costs["wall_seconds"] > costs["training_seconds"] > costs["reading_seconds"] > 0
    assert costs["peak_memory_mib"] > 0
