"""A run's directory: opened, resumed, finished."""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from inforeg.batch import Batch
from inforeg.engine import checkpoint, device, predictions, tracking
from inforeg.engine.contents import (
    CHECKPOINT,
    COST,
    EVENTS,
    FILES,
    METRICS,
    MODEL,
    PREDICTIONS,
    RESULTS,
    RUN,
    SUMMARY,
    Summary,
)
from inforeg.engine.finished import check_finite, check_sources, check_spec, finished, read_run
from inforeg.engine.plugins import sources
from inforeg.engine.provenance import provenance
from inforeg.engine.selection import Selection
from inforeg.errors import DIVERGED, DivergenceError, UserError, warn
from inforeg.files import PART, json_text, naming, sealed, sha256, write_json, write_text
from inforeg.runspec import MACHINE, Machine, RunSpec


class Record:
    """What a run leaves behind, in `folder`.

    run.json comes first and holds the spec; summary.json comes last, states the SHA-256 of the others and
    means done. All but cost.json and tensorboard/ are the same bytes for the same spec, commit and machine.

    Args:
        folder: the run's directory.
        spec: what is being trained.
        machine: where it is computed; an interrupted run of another machine starts again, and says so.
        replace: discard a run of another spec in `folder`, or a damaged one; otherwise that is an error.
    """

    def __init__(
        self, folder: Path, spec: RunSpec, machine: Machine = MACHINE, *, replace: bool = False
    ) -> None:
        self.folder, self.spec, self.machine = folder, spec, machine
        self.history: list[dict[str, float]] = []
        self.seconds = {"training": 0.0, "evaluation": 0.0, "reading": 0.0}
        self.tracker: tracking.Tracker | None = None
        self._saved = time.monotonic()
        self.summary: Summary | None = None
        if not check_place(folder, spec, replace=replace):
            try:
                check_spec(folder, spec, "the run is discarded and trained again")
            except UserError as another:
                warn(str(another))
            self._begin()
        elif (folder / SUMMARY).exists():
            self._open(replace)
        else:
            self._start_again_elsewhere()
        ours = "|".join(map(re.escape, FILES))
        for part in folder.glob(f".*{PART}"):  # of an attempt that was killed while it wrote
            if re.fullmatch(rf"\.({ours})\.\d+{re.escape(PART)}", part.name):
                part.unlink()

    def _begin(self) -> None:
        """Remove what is there of a run, but replace run.json: it makes the folder known as a run's."""
        for name in FILES:
            if name != RUN:
                (self.folder / name).unlink(missing_ok=True)
        (self.folder / EVENTS / tracking.FILE).unlink(missing_ok=True)
        origin = {**provenance(), **device.stated(self.machine)}
        write_json(self.folder / RUN, sealed({**_described(self.spec), **origin}))

    def _start_again_elsewhere(self) -> None:
        """Discard an interrupted run of another machine: its bits would be half of one, half of the other."""
        run = read_run(self.folder)
        if run is not None and (where := device.elsewhere(run, self.machine)):
            if (self.folder / CHECKPOINT).exists():
                warn(f"{self.folder} was interrupted {where}: it starts again from the first epoch.")
            self._begin()

    def _open(self, replace: bool) -> None:
        """Read the finished run; with `replace` one that is damaged is discarded, and that is said."""
        if not replace:
            self.summary = finished(self.folder, self.spec)
            return
        try:
            self.summary = finished(self.folder, self.spec, "the run is discarded and trained again")
        except UserError as damage:
            warn(str(damage))
            self._begin()

    @property
    def done(self) -> bool:
        """Whether the run is finished.

        Raises:
            DivergenceError: it is finished, and diverged.
        """
        if self.summary is not None:
            check_finite(self.summary)
        return self.summary is not None

    def resume(self) -> dict[str, Any] | None:
        """The state saved last, or None at the start; opens the logs."""
        state: dict[str, Any] | None = checkpoint.resume(self.folder / CHECKPOINT, self.spec.digest())
        if state is not None:
            self.history, self.seconds = state["history"], self.seconds | state["seconds"]
        write_text(self.folder / METRICS, "".join(map(_line, self.history)))
        self.tracker = tracking.Tracker(self.folder / EVENTS, self.spec, self.history)
        return state

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, *reason: object) -> None:
        """Close the logs, also of an interrupted run: the next attempt may be in the same process."""
        if self.tracker:
            self.tracker.close()
            self.tracker = None

    def append(self, row: dict[str, float]) -> None:
        """Log one epoch's row."""
        self.history.append(row)
        if self.tracker:
            self.tracker.add(row)
        with naming(self.folder / METRICS), (self.folder / METRICS).open("a", encoding="utf-8") as file:
            file.write(_line(row))

    def count(self, **seconds: float) -> None:
        """Add to the seconds spent on each part of the work; `reading` is a part of `training`."""
        for part, spent in seconds.items():
            self.seconds[part] += spent

    def reading(self, batches: Iterator[Batch]) -> Iterator[Batch]:
        """`batches`, with the seconds counted until each is there."""
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            self.seconds["reading"] += time.perf_counter() - started
            if batch is None:
                return
            yield batch

    @property
    def due(self) -> bool:
        """Whether it is time for a checkpoint: a kill loses no more than what was trained since the last."""
        return time.monotonic() - self._saved >= self.machine.checkpoint_seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Save what `resume` gives back."""
        self._saved = time.monotonic()
        log = {"history": self.history, "seconds": self.seconds}
        checkpoint.keep(self.folder / CHECKPOINT, {**state, **log}, self.spec.digest())

    def finish(
        self,
        selection: Selection,
        targets: Mapping[str, torch.Tensor],
        ids: Mapping[str, torch.Tensor],
        summary: Mapping[str, Any],
        cost: Mapping[str, float],
    ) -> None:
        """Write the results; summary.json, the last, makes the run done.

        Args:
            selection: the epochs kept.
            targets: class indices (N,) of the held-out splits.
            ids: of their samples in the data set, where it states them.
            summary: what summary.json says beside the spec.
            cost: what cost.json says.
        """
        checkpoint.save(self.folder / MODEL, selection.weights)
        predictions.write(self.folder / PREDICTIONS, selection, targets, ids)
        write_text(self.folder / METRICS, "".join(map(_line, self.history)))
        kept = selection.rules["val"]
        tracking.conclude(self.folder / EVENTS, kept.epoch, kept.metrics)
        conclude(self.folder, self.spec, RESULTS, summary, cost)

    def fail(self, reason: DivergenceError) -> None:
        """Write why there are no results; this too makes the run done, since it would diverge again."""
        found = {name for name in (RUN, METRICS) if (self.folder / name).exists()}
        tracking.conclude(self.folder / EVENTS)
        conclude(self.folder, self.spec, found, {DIVERGED: str(reason)})


def check_place(folder: Path, spec: RunSpec, *, replace: bool) -> bool:
    """Whether `folder` holds the run `spec`, finished or not.

    Raises:
        UserError: it holds something else, unless that is a run of another spec to `replace`; or a plug-in
            of the run was edited since.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is no directory; choose another one.")
    if (run := read_run(folder)) is None:
        for name in (*FILES, EVENTS):
            if (folder / name).exists():
                raise UserError(f"{folder / name} belongs to no run; choose another directory.")
        return False
    if run.spec == spec.model_dump(mode="json"):
        check_sources(folder, run.sources, spec)
        return True
    if not replace:
        check_spec(folder, spec, "choose another directory, or delete the run, as --discard does")
    return False


def conclude(
    folder: Path,
    spec: RunSpec,
    files: Iterable[str],
    summary: Mapping[str, Any],
    cost: Mapping[str, float] | None = None,
) -> None:
    """Make the run `spec`, whose `files` are in `folder`, a finished one."""
    if cost is not None:
        write_json(folder / COST, sealed({"spec_sha256": spec.digest(), **cost}))
    stated = {name: sha256(folder / name) for name in files}
    write_json(folder / SUMMARY, sealed({**_described(spec), "files": stated, **summary}))
    (folder / CHECKPOINT).unlink(missing_ok=True)


def write_report(path: Path, first: RunSpec, summaries: Mapping[int, str]) -> None:
    """Write the report on runs that differ from `first` in their seed, by which it has their `summaries`."""
    stated = {str(seed): summary for seed, summary in summaries.items()}
    write_json(path, sealed({"summary_sha256": stated, "spec_sha256": first.digest()}))


def _described(spec: RunSpec) -> dict[str, Any]:
    return {"spec": spec.model_dump(mode="json"), "spec_sha256": spec.digest(), "sources": sources(spec)}


def _line(row: Mapping[str, float]) -> str:
    return json_text(row) + "\n"
