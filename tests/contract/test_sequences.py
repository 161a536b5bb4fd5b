"""Every method trains on sequences with a length, or says why not; every probe examines the runs."""

import math

import pytest

from inforeg.methods.shared.supports import supports
from inforeg.probes.restore import restore
from inforeg.registry import METHODS, PROBES
from inforeg.testing.cases import cases_of
from inforeg.testing.streams import WORDS, check_padding, on_sequences, sequences

UNFIT = {"greedy": "an encoder has no intermediate depth at which branches could be joined"}


@pytest.mark.parametrize("method", METHODS.classes)
def test_every_method_trains_whatever_the_padding_holds(trainings, method):
    case = cases_of(method)[0]
    for words in WORDS:
        assert supports(on_sequences(case, words)) == (method not in UNFIT, UNFIT.get(method, ""))
    check_padding(case, trainings)


@pytest.mark.parametrize("name", PROBES.classes)
def test_every_probe_examines_them(run, name):
    spec, data = on_sequences(cases_of("joint")[0]), sequences(7.0)
    answer = PROBES.get(name)().examine(restore(spec, run(spec, data), data))
    assert all(map(math.isfinite, answer.metrics.values()))
    assert answer.metrics or answer.columns
