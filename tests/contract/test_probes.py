"""What every probe promises, one's own too."""

import json
from collections import Counter

import pytest

from inforeg.probes.frames import COLUMNS, RUN
from inforeg.probes.restore import restore
from inforeg.registry import PROBES
from tests.conftest import make_data, make_spec

every_probe = pytest.mark.parametrize("name", PROBES.classes)


@every_probe
def test_an_answer_is_plain_the_same_every_time_and_fills_its_frame(run, name):
    probe, spec, data = PROBES.get(name)(), make_spec(), make_data()
    folder = run(spec, data)
    answer = probe.examine(restore(spec, folder, data))
    assert answer == probe.examine(restore(spec, folder, data))
    assert json.loads(json.dumps([answer.metrics, answer.columns])) == [answer.metrics, answer.columns]
    assert {metric.partition("/")[0] for metric in answer.metrics} <= {"val", "test"}
    assert len({len(column) for column in answer.columns.values()}) <= 1
    expected = COLUMNS[probe.frame][len(RUN) :] if probe.frame else []
    assert list(answer.columns) == expected
    assert answer.metrics or answer.columns


@every_probe
def test_a_run_is_left_as_it_was(run, name):
    spec, data = make_spec(), make_data()
    folder = run(spec, data)
    restored = restore(spec, folder, data)
    weights = {key: value.clone() for key, value in restored.model.state_dict().items()}
    PROBES.get(name)().examine(restored)
    assert not restored.model.training
    assert all(value.equal(weights[key]) for key, value in restored.model.state_dict().items())


def test_no_two_probes_fill_one_frame():
    frames = Counter(probe.frame for probe in PROBES.classes.values() if probe.frame)
    assert set(frames.values()) <= {1}
