"""TensorBoard event files."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import IO

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.summary.writer.record_writer import RecordWriter

from inforeg.engine.contents import flat
from inforeg.files import json_text
from inforeg.runspec import RunSpec

FILE = "events.out.tfevents.0.inforeg"

SELECTED = "selected"
"""Begins the tags of the metrics that a run reports, at the epoch that validation selects."""


class Tracker:
    """A run's scalars by epoch, under the names they have in metrics.jsonl, after what tells it from others.

    It writes as it is told, without a thread of its own. A resumed run writes its events anew, so that no
    epoch is there twice.

    Args:
        folder: made if need be; what else lies there is left alone.
        spec: of the run.
        history: rows of the epochs before.
    """

    def __init__(self, folder: Path, spec: RunSpec, history: Iterable[Mapping[str, float]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / FILE
        path.unlink(missing_ok=True)
        self.file = path.open("xb")
        _write(self.file, Event(file_version="brain.Event:2"))
        _write(self.file, _started(spec))
        for row in history:
            self.add(row)

    def add(self, row: Mapping[str, float]) -> None:
        """Write one epoch's row."""
        _write(self.file, _scalars(int(row["epoch"]), {k: value for k, value in row.items() if k != "epoch"}))

    def close(self) -> None:
        """Close the file."""
        self.file.close()


def conclude(folder: Path, epoch: int = 0, metrics: Mapping[str, float] = MappingProxyType({})) -> None:
    """Add the `metrics` of the selected `epoch` to the closed file in `folder`; a run without any failed."""
    path = folder / FILE
    if not path.exists():  # it failed before its first epoch
        return
    with path.open("ab") as file:
        if metrics:
            _write(file, _scalars(epoch, {f"{SELECTED}/{name}": value for name, value in metrics.items()}))
        status = api_pb2.STATUS_SUCCESS if metrics else api_pb2.STATUS_FAILURE
        end = SessionEndInfo(status=status, end_time_secs=time.time())
        _write(file, _of_view(metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=end)))


def hyperparameters(spec: RunSpec) -> dict[str, bool | float | str]:
    """What tells the run from others, named as for `inforeg train --set`; lists as JSON."""
    identity = spec.model_dump(mode="json", include={"benchmark", "method", "variant", "seed"})
    values = flat({**spec.settings, **spec.config.model_dump(mode="json"), **identity})
    return {
        name: value if isinstance(value, bool | int | float | str) else json_text(value)
        for name, value in values.items()
        if value is not None
    }


def _started(spec: RunSpec) -> Event:
    """The run's hyperparameters, of all of which TensorBoard makes its list.

    An `Experiment`, which is such a list, is left out: of several it takes the first, and that of one method
    lacks the settings of others.
    """
    info = SessionStartInfo(group_name=spec.digest(), start_time_secs=time.time())
    for name, value in hyperparameters(spec).items():
        kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        setattr(info.hparams[name], f"{kind}_value", value)
    return _of_view(metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=info))


def _of_view(tag: str, content: HParamsPluginData) -> Event:
    """What the HParams view reads, which is in the metadata of a tensor that says nothing."""
    described = metadata.create_summary_metadata(content)
    value = Summary.Value(tag=tag, metadata=described, tensor=metadata.NULL_TENSOR)
    return Event(summary=Summary(value=[value]))


def _scalars(step: int, values: Mapping[str, float]) -> Event:
    written = [Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()]
    return Event(step=step, summary=Summary(value=written))


def _write(file: IO[bytes], event: Event) -> None:
    event.wall_time = time.time()
    RecordWriter(file).write(event.SerializeToString())
    file.flush()
