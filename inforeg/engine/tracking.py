"""TensorBoard event files."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


class Tracker:
    """A run's scalars by epoch, under the names they have in metrics.jsonl.

    It writes as it is told, without a thread of its own. A resumed run writes its events anew, so that no
    epoch is there twice.

    Args:
        folder: made if need be; what else lies there is left alone.
        history: rows of the epochs before.
    """

    def __init__(self, folder: Path, history: Iterable[Mapping[str, float]]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "events.out.tfevents.0.inforeg"
        path.unlink(missing_ok=True)
        self.file = path.open("xb")
        self.writer = RecordWriter(self.file)
        self._write(Event(file_version="brain.Event:2"))
        for row in history:
            self.add(row)

    def add(self, row: Mapping[str, float]) -> None:
        """Write one epoch's row."""
        values = [Summary.Value(tag=tag, simple_value=v) for tag, v in row.items() if tag != "epoch"]
        self._write(Event(step=int(row["epoch"]), summary=Summary(value=values)))

    def _write(self, event: Event) -> None:
        event.wall_time = time.time()
        self.writer.write(event.SerializeToString())
        self.writer.flush()

    def close(self) -> None:
        """Close the file."""
        self.file.close()
