"""Every method trains on sequences with a length, or says why not; every probe examines the runs."""

import math

import pytest
import torch

from inforeg.batch import counted
from inforeg.data.split import Data, Held
from inforeg.methods.shared.supports import supports
from inforeg.probes.restore import restore
from inforeg.registry import PROBES
from inforeg.runspec import RunConfig
from tests.conftest import make_config, make_spec
from tests.contract.cases import CASES, spec_of

STEPS, CHANNELS, CLASSES = 6, 3, 4
SMALL = {"width": 4, "depth": 1, "heads": 2, "features": 4}
UNFIT = {"greedy": "an encoder has no intermediate depth at which branches could be joined"}


def sequences(padding: float) -> Data:
    """Values and words that tell their class in each step, of any length from none on."""

    def split(size: int, seed: int) -> Held:
        generator = torch.Generator().manual_seed(seed)
        target = torch.arange(size) % CLASSES
        length = torch.randint(STEPS + 1, (size,), generator=generator)
        values = torch.randn(size, STEPS, CHANNELS, generator=generator)
        values[..., 0] += target[:, None]
        tokens = 1 + target[:, None] + CLASSES * torch.randint(3, (size, STEPS), generator=generator)
        outside = ~counted(length, STEPS)
        values[outside], tokens[outside] = padding, int(padding)
        inputs = {
            "audio": {"values": values, "length": length},
            "image": {"tokens": tokens, "length": length},
        }
        return Held(inputs, target)

    return Data(tuple("abcd"), split(48, 0), split(24, 1), split(40, 2))


WORDS = {
    "text_transformer": {**SMALL, "vocabulary": 16},
    "word_average": {"width": 4, "features": 4, "vocabulary": 16},
}


def config(words: str = "text_transformer") -> RunConfig:
    encoders = {
        "audio": {"kind": "sequence_transformer", **SMALL, "dropout": 0.1},
        "image": {"kind": words, **WORDS[words]},
    }
    training = {"epochs": 3, "trace": "sample", "trace_samples": 16}
    plain = make_config(training=training)
    return RunConfig.model_validate({**plain.model_dump(), "encoders": encoders})


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("case", [case for case in CASES if case[1] == "default"], ids=lambda case: case[0])
def test_every_method_trains_whatever_the_padding_holds(run, case, words):
    spec = spec_of(case, config(words))
    supported, reason = supports(spec)
    if not supported:
        assert UNFIT[case[0]] == reason
        return
    found = [
        (run(spec, sequences(padding), root=f"padding {padding}") / "metrics.jsonl").read_text()
        for padding in (0.0, 7.0)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("name", PROBES.classes)
def test_every_probe_examines_them(run, name):
    spec, data = make_spec(config=config()), sequences(7.0)
    answer = PROBES.get(name)().examine(restore(spec, run(spec, data), data))
    assert all(map(math.isfinite, answer.metrics.values()))
    assert answer.metrics or answer.columns
