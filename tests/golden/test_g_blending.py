import pytest
import torch

from inforeg.data.base import Data
from inforeg.methods.g_blending import blend
from tests.conftest import make_config, make_data, make_spec, poisoned, start


def test_weights_by_hand():
    # (L^T, L^V) before and after: gains 0.4 and 0.2, growth of the gap 0.2 and 0.1
    losses = {"joint": (1.0, 1.1, 0.4, 0.7), "audio": (1.0, 1.0, 0.7, 0.8)}
    ratios = {"joint": 0.4 / 0.2**2, "audio": 0.2 / 0.1**2}
    total = sum(ratios.values())
    assert blend(losses) == pytest.approx({name: ratio / total for name, ratio in ratios.items()})


def test_a_loss_that_does_not_generalise_has_no_weight_and_equal_ones_where_none_does():
    useful, useless = (1.0, 1.0, 0.5, 0.8), (1.0, 1.0, 0.2, 1.2)
    assert blend({"joint": useful, "audio": useless}) == {"joint": 1, "audio": 0}
    assert blend({"joint": useless, "audio": useless}) == {"joint": 0.5, "audio": 0.5}


def test_no_overfitting_divides_by_nothing():
    weights = blend({"joint": (1.0, 1.0, 0.5, 0.5), "audio": (1.0, 1.0, 0.8, 0.8)})
    assert weights == pytest.approx({"joint": 0.5 / 0.7, "audio": 0.2 / 0.7})


def begun(data=None, **settings):
    config = make_config(training={"epochs": 4})
    return start(make_spec("g_blending", config=config, **settings), data)


def test_losses_are_weighed():
    method, state = begun()
    method._weights = {"joint": 0.5, "audio": 0.25, "image": 0.0}
    batch = state.train.batch(torch.arange(8))
    output = method.forward(state, batch)
    terms = method.losses(state, batch, output)
    audio = -output.unimodal["audio"].log_softmax(1)[range(8), batch.target].mean()
    assert terms["audio"].item() == pytest.approx(0.25 * audio.item())
    assert terms["image"].item() == 0


def test_trials_see_neither_validation_nor_held_out_samples_and_leave_the_model_alone():
    data = make_data()
    blind = Data(data.classes, data.train, poisoned(data.val), poisoned(data.test))
    weights = []
    for each in (data, blind):
        method, state = begun(each, held_out=0.25)
        before = {name: value.clone() for name, value in state.model.state_dict().items()}
        method.on_epoch_start(state)
        assert all(torch.equal(before[name], value) for name, value in state.model.state_dict().items())
        assert (len(method._unseen), len(method._seen)) == (20, 60)
        weights.append(method._weights)
    assert weights[0] == weights[1]
    assert sum(weights[0].values()) == pytest.approx(1)
    together = torch.cat([method._seen.inputs["audio"], method._unseen.inputs["audio"]])
    assert sorted(together.sum(1).tolist()) == sorted(data.train.inputs["audio"].sum(1).tolist())


def test_a_unimodal_trial_runs_its_own_encoder_alone():
    method, state = begun(held_out=0.25)
    with state.cost:
        trial = method._trial(state, "audio")
    assert list(trial.encoders) == ["audio"]
    assert state.cost.forward == state.cost.backward == {"audio": 4 * 60, "image": 0}
    assert state.cost.steps == 4 * 4
    start_head = state.model.fusion.heads["audio"].weight
    assert trial.fusion.heads["audio"].weight.shape == start_head.shape
    assert not torch.equal(trial.fusion.heads["audio"].weight, start_head)


@pytest.mark.parametrize(("super_epoch", "blended"), [(1.0, [0]), (0.5, [0, 2])])
def test_offline_once_online_per_super_epoch(monkeypatch, super_epoch, blended):
    method, state = begun(super_epoch=super_epoch)
    seen = []
    monkeypatch.setattr(method, "_blend", lambda state: seen.append(state.epoch) or {"joint": 1.0})
    for state.epoch in range(4):
        method.on_epoch_start(state)
    assert seen == blended
