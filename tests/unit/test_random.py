"""Named streams: pinned values, independence of each other and of the process."""

import os
import subprocess
import sys

import pytest
import torch

from inforeg.random import derive, numpy_stream, stream
from tests.conftest import make_spec, start


@pytest.mark.parametrize(
    ("seed", "names", "value"),
    [  # half of the first 16 hexadecimal digits of `printf '[0, "init", "audio"]' | sha256sum`, and so on
        (0, ("init", "audio"), 0x2E406DFD6A598785 // 2),
        (None, ("split", "mfeat"), 0xAC03FC55E0BEF21D // 2),
        (3, ("order", 7), 7662412400723202218),
    ],
)
def test_seeds_are_pinned(seed, names, value):
    assert derive(seed, *names) == value


def test_draws_are_pinned():
    draws = torch.randn(3, generator=stream(0, "init", "audio"))
    assert draws.tolist() == pytest.approx([-0.69443500, 1.48691022, 2.15639830])
    assert numpy_stream(0, "order").permutation(8).tolist() == [5, 6, 0, 2, 1, 7, 3, 4]


def test_every_part_of_a_name_matters():
    keys = [
        (0, "a", "b"),
        (1, "a", "b"),
        (None, "a", "b"),
        (0, "ab"),
        (0, "b", "a"),
        (0, "a"),
        (0, "a", 1),
        (0, "a", "1"),
    ]
    assert len({derive(*key) for key in keys}) == len(keys)
    assert all(0 <= derive(seed, "range") < 2**63 for seed in range(100))


def test_another_stream_changes_no_draw():
    alone = torch.rand(4, generator=stream(0, "order"))
    before = torch.get_rng_state()
    first = stream(0, "order")
    torch.rand(9, generator=stream(0, "method", "new"))
    numpy_stream(0, "augment").random(9)
    assert torch.equal(torch.rand(4, generator=first), alone)
    assert torch.equal(torch.get_rng_state(), before)  # the global generator is left alone


def test_streams_do_not_repeat_each_other():
    draws = torch.stack([torch.randn(2000, generator=stream(seed, "order")) for seed in range(4)])
    correlations = torch.corrcoef(draws) - torch.eye(4)
    assert correlations.abs().max() < 4 / 2000**0.5  # four standard errors


def test_hash_seed_does_not_matter():
    program = "import inforeg.random as r; print(r.derive(5, 'a', 2), r.numpy_stream(5, 'b').random())"
    other = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    elsewhere = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": other},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout == f"{derive(5, 'a', 2)} {numpy_stream(5, 'b').random()}\n"


def test_a_methods_source_of_chance_goes_on_within_an_epoch_and_begins_anew_in_the_next():
    _, state = start(make_spec("joint", seed=3))
    names = ("noise", "audio", 0)
    expected = torch.rand(6, generator=stream(3, "method", *names))
    found = [torch.rand(3, generator=state.generators("noise")["audio"]) for _ in range(2)]
    assert torch.equal(torch.cat(found), expected)
    alone = torch.rand(3, generator=state.generator("noise"))
    assert torch.equal(alone, torch.rand(3, generator=stream(3, "method", "noise", 0)))
    state.epoch = 1
    _, resumed = start(make_spec("joint", seed=3))
    resumed.epoch = 1
    new = [torch.rand(3, generator=each.generators("noise")["audio"]) for each in (state, resumed)]
    assert torch.equal(*new)
    assert not torch.equal(new[0], found[0])
