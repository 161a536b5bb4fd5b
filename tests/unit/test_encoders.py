"""Where an encoder's initial weights come from."""

import torch
from torch import nn

from inforeg.models.encoders.base import Encoder
from inforeg.random import stream


class Given(Encoder):
    """A linear encoder that comes with a weight of 2; its second layer's is drawn by the encoder itself."""

    name, rank, features = "given", 1, 1
    own_weights = True

    def network(self, shape):
        first = nn.Linear(*shape, 3)
        nn.init.constant_(first.weight, 2.0)
        return nn.Sequential(first, nn.Linear(3, 1))

    stage_widths, stages = (3,), list


class Drawn(Given):
    own_weights = False


def built(cls, seed):
    return cls().build((4,), stream(seed, "init", "audio")).state_dict()


def test_an_encoder_keeps_weights_of_its_own_if_it_says_so():
    assert (built(Given, 0)["0.weight"] == 2).all()
    assert not (built(Drawn, 0)["0.weight"] == 2).any()


def test_what_an_encoder_draws_is_the_seeds():
    before = torch.random.get_rng_state()
    again, other = built(Given, 0), built(Given, 1)
    assert torch.equal(built(Given, 0)["1.weight"], again["1.weight"])
    assert not torch.equal(other["1.weight"], again["1.weight"])
    assert torch.equal(torch.random.get_rng_state(), before)
