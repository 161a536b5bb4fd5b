"""TensorBoard reads what a run wrote."""

import json

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

from tests.conftest import make_spec


def test_every_epoch_is_there_once(run):
    folder = run(make_spec("joint"))
    (file,) = (folder / "tensorboard").iterdir()
    assert "tfevents" in file.name
    first, *events = EventFileLoader(str(file)).Load()
    assert first.file_version
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [event.step for event in events] == [row["epoch"] for row in rows]
    for event, row in zip(events, rows, strict=True):
        assert {value.tag for value in event.summary.value} == set(row) - {"epoch"}
