"""Augmentation is the same from mapped files, with any number of readers and after a kill."""

import pytest

from inforeg.engine.record import Record
from inforeg.runspec import Machine
from inforeg.testing.methods import same_weights
from inforeg.testing.streams import jittered, mapped
from tests.conftest import make_data, make_spec
from tests.contract.cases import TWO


@pytest.mark.parametrize("readers", [0, 1, 4])
def test_augmentation_survives_readers_and_interruptions(run, tmp_path, monkeypatch, readers):
    spec, data = make_spec("inforeg"), jittered(make_data(TWO))
    plain = run(spec, make_data(TWO), root="plain")
    expected = run(spec, data, root="held")
    assert not same_weights(plain, expected)
    save = Record.save

    def interrupt(record, snapshot):
        save(record, snapshot)
        raise KeyboardInterrupt

    files, machine = mapped(data, tmp_path), Machine(readers=readers, checkpoint_seconds=0)
    monkeypatch.setattr(Record, "save", interrupt)
    for _ in range(spec.config.training.epochs):
        with pytest.raises(KeyboardInterrupt):
            run(spec, files, root="mapped", machine=machine)
    monkeypatch.setattr(Record, "save", save)
    assert same_weights(run(spec, files, root="mapped", machine=machine), expected)
