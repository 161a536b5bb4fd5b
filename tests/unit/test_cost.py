import copy
import json

import pytest
import torch

from inforeg.data.base import Split
from inforeg.engine.train import blueprint
from inforeg.metrics.cost import Cost
from inforeg.models.multimodal import MultimodalModel
from tests.conftest import make_data, make_spec


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
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    optimizer.register_step_post_hook(cost.step)
    optimizer.step()
    assert cost.forward == cost.backward == {"audio": 0, "image": 0}
    with cost:
        copy.deepcopy(model)(inputs(train, 5))
        optimizer.step()
    assert (cost.steps, cost.forward) == (1, {"audio": 5, "image": 5})


def test_a_joint_run_passes_its_training_split_once_an_epoch(run):
    costs = json.loads((run(make_spec()) / "cost.json").read_text())
    assert (costs["steps"], costs["forward_passes"], costs["backward_passes"]) == (25, 5.0, 5.0)
