"""The initial weights that a benchmark may ask for: the field's, or torch's own."""

import pytest
import torch
from torch import nn

from inforeg.engine.assembly import blueprint, built
from inforeg.registry import METHODS
from inforeg.runspec import RunConfig
from tests.conftest import make_data, make_spec


@pytest.fixture(scope="module")
def data():
    return make_data()


def model(data, initial, method="joint", seed=0, **settings):
    spec = make_spec(method, seed=seed, **settings)
    spec = spec.model_copy(update={"config": spec.config.model_copy(update={"initial_weights": initial})})
    return built(blueprint(spec, data), METHODS.build(method, spec.settings), data)


def linear_layers(module):
    return [layer for layer in module.modules() if isinstance(layer, nn.Linear)]


def test_torchs_own_are_uniform_within_the_root_of_the_inputs(data):
    ours = model(data, "torch")
    for layer in linear_layers(ours.encoders):
        bound = layer.in_features**-0.5
        assert 0.8 * bound < layer.weight.abs().max() <= bound
        assert 0 < layer.bias.abs().max() <= bound
    head = ours.fusion
    bound = sum(block.shape[1] for block in head.weights.values()) ** -0.5
    for values in (*head.weights.values(), head.bias):
        assert 0 < values.abs().max() <= bound
    assert all(block.abs().max() > 0.8 * bound for block in head.weights.values())


def test_the_fields_are_those_where_nothing_is_said(data):
    spec = make_spec("joint")
    assert spec.config.initial_weights == "paper"
    assert "initial_weights" not in spec.config.model_dump()
    assert all((layer.bias == 0).all() for layer in linear_layers(model(data, "paper")))


@pytest.mark.parametrize("method", sorted(METHODS.classes))
def test_every_layer_is_drawn_anew_and_from_the_seed(data, method):
    settings = next(iter(METHODS.get(method).expand(data.train.modalities).values()))
    torchs, again, fields = (model(data, name, method, **settings) for name in ("torch", "torch", "paper"))
    other = model(data, "torch", method, seed=1, **settings)
    for name, values in torchs.named_parameters():
        assert torch.equal(again.get_parameter(name), values)
        if values.unique().numel() > 1:  # batch norm's are ones and zeros
            assert not torch.equal(fields.get_parameter(name), values), name
            assert not torch.equal(other.get_parameter(name), values), name
        else:
            assert "norm" in name or fields.get_parameter(name).unique().numel() == 1


def test_a_modalitys_weights_are_the_same_for_all_methods(data):
    joint, unimodal = model(data, "torch"), model(data, "torch", "mmpareto")
    for name, values in joint.encoders.named_parameters():
        assert torch.equal(unimodal.encoders.get_parameter(name), values)


def test_another_name_is_refused():
    config = make_spec("joint").config.model_dump()
    with pytest.raises(ValueError, match="initial_weights"):
        RunConfig.model_validate({**config, "initial_weights": "ours"})
