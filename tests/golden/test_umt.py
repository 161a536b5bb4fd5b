import pytest
import torch

from inforeg.batch import Batch, Output
from inforeg.methods.teachers import ask_teachers
from tests.conftest import make_data, make_spec, start, untrained
from tests.golden.test_baselines import LR, one_feature


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
        asked = ask_teachers(state, untrained(data))
    assert state.cost.forward == {"audio": 80, "image": 80}
    # an untrained teacher has the initial weights of the student's encoder
    torch.testing.assert_close(asked.features["audio"], state.model.encode(state.train.inputs)["audio"])


def test_an_update():
    """Features of both are 1, the audio teacher's is 3: a pull of 2 lambda (1 - 3) beside the joint -1/2."""
    method, state = one_feature("umt", weight=0.25)
    taught = {"audio": torch.tensor([[3.0]]), "image": torch.tensor([[1.0]])}
    method._teachers = Output(taught, torch.empty(0), {})
    method.step(state, state.train.batch(torch.tensor([0])))
    found = dict(state.model.named_parameters())
    assert found["encoders.audio.0.weight"].item() == pytest.approx(1 + LR * (1 / 2 + 0.25 * 2 * 2))
    assert found["encoders.image.0.weight"].item() == pytest.approx(2 - LR / 4)
    assert found["fusion.weights.audio"].flatten().tolist() == pytest.approx([1 + LR / 2, -LR / 2])


def test_teachers_have_their_trained_weights():
    data = make_data()
    shifted = {"encoders.audio.2.bias": 1.0, "fusion.heads.audio.bias": 2.0}

    def trained(run):
        return {name: w + shifted.get(name, 0.0) for name, w in untrained(data)(run).items()}

    asked = []
    for weights in (untrained(data), trained):
        _, state = start(make_spec("umt"), data, weights)
        asked.append(ask_teachers(state, weights))
    torch.testing.assert_close(asked[1].features["audio"], asked[0].features["audio"] + 1)
    assert torch.equal(asked[1].features["image"], asked[0].features["image"])
    assert not torch.allclose(asked[1].unimodal["audio"], asked[0].unimodal["audio"])
