"""Samples that lack a modality pass no encoder."""

import pytest
import torch
from torch import nn

from inforeg.engine.train import blueprint
from inforeg.models.multimodal import MultimodalModel
from tests.conftest import make_data, make_spec

INPUTS = {m: make_data().train.inputs[m][:6] for m in ("audio", "image")}
ALL = torch.ones(6, dtype=torch.bool)


@pytest.fixture
def model() -> MultimodalModel:
    built = blueprint(make_spec(), make_data()).build()
    built.encoders["audio"] = nn.Sequential(built.encoders["audio"], nn.BatchNorm1d(5))
    return built


def test_each_sample_keeps_its_place(model):
    model.eval()
    present = torch.tensor([False, True, False, False, True, True])
    found, whole = model.encode_present(INPUTS, {"audio": present, "image": ALL}), model.encode(INPUTS)
    torch.testing.assert_close(found["audio"], whole["audio"] * present.unsqueeze(1))
    assert torch.equal(found["image"], whole["image"])


def test_batch_statistics_are_of_those_present(model):
    present = torch.tensor([False, True, False, False, True, True])
    model.encode_present(INPUTS, {"audio": present, "image": ALL})
    encoder, norm = model.encoders["audio"]
    mean = encoder(INPUTS["audio"][present]).mean(0)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean)  # PyTorch's momentum, from a mean of 0


@pytest.mark.parametrize("rows", [[], [4]])
def test_batch_normalisation_never_meets_a_sample_alone(model, rows):
    present = torch.isin(torch.arange(6), torch.tensor(rows))
    features = model.encode_present(INPUTS, {"audio": present, "image": ALL})["audio"]
    assert torch.equal(features.any(1), present)
    features.sum().backward()
    # A gradient of 0 rather than none: the optimiser goes on as for any other batch.
    assert all(p.grad is not None for p in model.parameters_of("audio"))


def test_a_batch_of_one_sample(model):
    model.eval()
    one = {m: values[:1] for m, values in INPUTS.items()}
    found = model.encode_present(one, {"audio": ~ALL[:1], "image": ALL[:1]})
    assert not found["audio"].any()
    assert found["image"].shape == (1, 5)
