"""What InfoReg for one's own loop refuses."""

import pytest
import torch
from torch import nn

from inforeg import InfoReg, Monitor
from inforeg.errors import UserError
from inforeg.regulation import ReleasedInfoReg
from tests.unit.test_regulation import PAIR, TARGET, TRIPLE, encoders, opened, shares, single_weights


def test_one_modality_is_an_error():
    with pytest.raises(UserError, match="two or more modalities"):
        InfoReg({"audio": nn.Linear(2, 2)})


def test_encoders_without_parameters_are_an_error():
    with pytest.raises(UserError, match="no parameters"):
        InfoReg({m: nn.Identity() for m in PAIR})


def test_encoders_and_logits_without_names_are_an_error():
    with pytest.raises(UserError, match="InfoReg is given list; give a dict of encoders by modality"):
        InfoReg([nn.Linear(2, 2), nn.Linear(2, 2)])
    regulation = InfoReg(nn.ModuleDict(encoders(PAIR)))
    with pytest.raises(UserError, match="come as list; give a dict"), regulation.epoch():
        regulation.regulate(list(shares(0.8, 0.2).values()), TARGET)


@pytest.mark.parametrize("setting", ["beta", "threshold", "weight"])
def test_negative_settings_are_an_error(setting):
    with pytest.raises(UserError, match=f"{setting} = -1 is negative; give 0 or more"):
        InfoReg(encoders(PAIR), **{setting: -1})


def test_a_target_that_is_no_class_index_is_an_error():
    regulation = InfoReg(encoders(PAIR))
    with (
        pytest.raises(UserError, match=r"float32 of the shape \(1,\); give class indices"),
        regulation.epoch(),
    ):
        regulation.regulate(shares(0.8, 0.2), torch.zeros(1))


@pytest.mark.parametrize("kind", [InfoReg, Monitor])
def test_a_batch_before_its_backward_pass_is_an_error(kind):
    refused = pytest.raises(UserError, match="No encoder has a gradient; call `backward` first")
    with refused, kind(encoders(PAIR)).epoch() as epoch:
        (epoch.regulate if kind is InfoReg else epoch.measure)(shares(0.8, 0.2), TARGET)


@pytest.mark.parametrize("kind", [InfoReg, Monitor])
def test_encoders_that_are_all_frozen_need_no_backward_pass(kind):
    frozen = nn.ModuleDict(encoders(PAIR)).requires_grad_(False)
    with kind(frozen).epoch() as epoch:
        (epoch.regulate if kind is InfoReg else epoch.measure)(shares(0.8, 0.2), TARGET)


def test_settings_are_seen_in_the_representation():
    assert repr(InfoReg(encoders(PAIR))) == (
        "InfoReg(audio, video, beta=0.9, active='prime', form='pull', weight=1.0)"
    )


def test_unknown_criterion_offers_the_nearest():
    with pytest.raises(UserError, match=r"window criterion 'singel'; did you mean 'single'\?"):
        InfoReg(encoders(PAIR), criterion="singel")


def test_unknown_form_offers_the_nearest():
    with pytest.raises(UserError, match=r"'pul'; did you mean 'pull'\?"):
        InfoReg(encoders(PAIR), form="pul")


def test_logits_of_a_missing_modality_are_an_error_from_the_first_batch():
    regulation = InfoReg(encoders(PAIR))
    with pytest.raises(UserError, match="video"), regulation.epoch():
        regulation.regulate(shares(0.8, names=["audio"]), TARGET)


def test_regulating_outside_an_epoch_is_an_error():
    weights = single_weights(PAIR)
    regulation = opened(weights)
    regulation.close_epoch()
    with pytest.raises(UserError, match=r"with regulation\.epoch\(\)"):
        regulation.regulate(shares(0.9, 0.5), TARGET)


def test_before_the_first_epoch_nothing_is_regulated_and_nothing_has_been():
    regulation = InfoReg(encoders(PAIR))
    with pytest.raises(UserError, match=r"with regulation\.epoch\(\)"):
        regulation.regulate(shares(0.9, 0.5), TARGET)
    assert (regulation.acted, regulation.skipped) == (0.0, 0)
    assert regulation.close_epoch({"audio": 1.0, "video": 1.0}) == {"audio": 0.0, "video": 0.0}


def test_state_of_other_modalities_is_an_error():
    regulation = opened(single_weights(PAIR))
    state = InfoReg(encoders(("audio", "text"))).state_dict()
    with pytest.raises(UserError, match=r"\['audio', 'text'\], not \['audio', 'video'\]"):
        regulation.load_state_dict(state)
    assert regulation.state_dict()["history"]["audio"] == [1.0, 2.0]


def test_released_knows_two_modalities_and_its_reference():
    with pytest.raises(UserError, match="two modalities"):
        ReleasedInfoReg(encoders(TRIPLE), reference="audio")
    with pytest.raises(UserError, match=r"modality 'vido'; did you mean 'video'\?"):
        ReleasedInfoReg(encoders(PAIR), reference="vido")
