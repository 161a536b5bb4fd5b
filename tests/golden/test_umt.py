import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.unimodal import Unimodal
from tests.conftest import make_data, make_spec, start, untrained


def test_distance_to_the_teachers_features_by_hand():
    data = make_data()
    method, state = start(make_spec("umt", weight=10.0), data, untrained(data))
    taught = torch.zeros(80, 2)
    taught[7] = torch.tensor([1.0, 1.0])
    method._teachers = Output({"audio": taught, "image": taught}, taught, {})
    batch = Batch({}, torch.tensor([0, 1]), torch.tensor([7, 3]))
    features = {"audio": torch.tensor([[2.0, 1.0], [0.0, 2.0]]), "image": taught[batch.index]}
    terms = method.losses(state, batch, Output(features, torch.zeros(2, 2), {}))
    # squares of audio: (1, 0) of sample 7 and (0, 4) of sample 3, four values
    assert terms["distillation/audio"].item() == pytest.approx(10 * 5 / 4)
    assert terms["distillation/image"].item() == 0
    assert terms["joint"].item() == pytest.approx(0.6931472)


def test_teachers_are_the_unimodal_runs_asked_once():
    data = make_data()
    spec = make_spec("umt")
    method, state = start(spec, data, untrained(data))
    assert [(run.method, run.variant, run.seed) for run in method.needs(spec)] == [
        ("unimodal", "audio", 0),
        ("unimodal", "image", 0),
    ]
    assert not method._teachers.features["audio"].requires_grad
    with state.cost:
        asked = Unimodal.answers(state, untrained(data))
    assert state.cost.forward == {"audio": 80, "image": 80}
    # an untrained teacher has the initial weights of the student's encoder
    torch.testing.assert_close(asked.features["audio"], state.model.encode(state.train.inputs)["audio"])
