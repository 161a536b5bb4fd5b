"""TensorBoard event files."""

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter


class Tracker:
    """A run's scalars by epoch, under the names they have in metrics.jsonl.

    A resumed run writes its events anew, so that no epoch is there twice.

    Args:
        folder: made anew.
        history: rows of the epochs before.
    """

    def __init__(self, folder: Path, history: Iterable[Mapping[str, float]]) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.writer = EventFileWriter(str(folder))
        for row in history:
            self.add(row)

    def add(self, row: Mapping[str, float]) -> None:
        """Write one epoch's row."""
        values = [Summary.Value(tag=tag, simple_value=v) for tag, v in row.items() if tag != "epoch"]
        self.writer.add_event(Event(step=int(row["epoch"]), summary=Summary(value=values)))

    def close(self) -> None:
        """Flush to disk."""
        self.writer.close()
