"""A run's directory: opened, resumed, finished."""

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from inforeg import machine
from inforeg.config import RunSpec
from inforeg.engine import checkpoint
from inforeg.engine.selection import Selection
from inforeg.engine.tracking import Tracker
from inforeg.errors import DIVERGED, DivergenceError, UserError
from inforeg.files import PART, json_text, naming, replacing, write_json, write_text

RUN, SUMMARY, COST, METRICS = "run.json", "summary.json", "cost.json", "metrics.jsonl"
PREDICTIONS, MODEL, CHECKPOINT, EVENTS = "predictions.parquet", "model.pt", "last.ckpt", "tensorboard"
FILES = (SUMMARY, METRICS, PREDICTIONS, MODEL, COST, CHECKPOINT, RUN)
"""What a run leaves, in the order in which it is discarded: while run.json is there, it is known as a run."""


class Record:
    """What a run leaves behind, in `folder`.

    run.json comes first and holds the spec; summary.json comes last and means done. All but cost.json and
    tensorboard/ are the same bytes for the same spec, commit and machine.

    Args:
        folder: the run's directory.
        spec: what is being trained.
        replace: a run of another spec in `folder` is discarded; otherwise that is an error.
    """

    def __init__(self, folder: Path, spec: RunSpec, *, replace: bool = False) -> None:
        self.folder, self.spec = folder, spec
        self.history: list[dict[str, float]] = []
        self.seconds = {"training": 0.0, "evaluation": 0.0}
        self.tracker: Tracker | None = None
        if not replace:
            check_spec(folder, spec, "choose another directory, or delete this one")
        for part in folder.glob(f".*{PART}"):  # of an attempt that was killed while it wrote
            part.unlink()
        before = read_spec(folder)
        if before != spec.model_dump(mode="json"):
            for name in (*FILES, EVENTS):
                if before is None and (folder / name).exists():
                    raise UserError(f"{folder / name} belongs to no run; choose another directory.")
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
            write_json(
                folder / RUN,
                {"spec": spec.model_dump(mode="json"), "spec_sha256": spec.digest(), **provenance()},
            )

    @property
    def done(self) -> bool:
        """Whether the run is finished; one whose summary was damaged since is not.

        Raises:
            DivergenceError: it is finished, and diverged.
        """
        try:
            summary = json.loads((self.folder / SUMMARY).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        check_finite(summary)
        return True

    def resume(self) -> dict[str, Any] | None:
        """The state saved after the last whole epoch, or None at the start; opens the logs."""
        state: dict[str, Any] | None = checkpoint.resume(self.folder / CHECKPOINT)
        if state is not None:
            self.history, self.seconds = state["history"], state["seconds"]
        write_text(self.folder / METRICS, "".join(map(_line, self.history)))
        self.tracker = Tracker(self.folder / EVENTS, self.history)
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
        """Add to the seconds spent on each part of the work."""
        for part, spent in seconds.items():
            self.seconds[part] += spent

    def save(self, state: Mapping[str, Any]) -> None:
        """Save what `resume` gives back."""
        log = {"history": self.history, "seconds": self.seconds}
        checkpoint.save(self.folder / CHECKPOINT, {**state, **log})

    def finish(
        self,
        selection: Selection,
        targets: Mapping[str, torch.Tensor],
        summary: Mapping[str, Any],
        cost: Mapping[str, float],
    ) -> None:
        """Write the results; summary.json, the last, makes the run done."""
        checkpoint.save(self.folder / MODEL, selection.weights)
        with replacing(self.folder / PREDICTIONS) as beside:
            pq.write_table(predictions(selection, targets), beside)
        write_json(self.folder / COST, dict(cost))
        self._conclude(summary)

    def fail(self, reason: DivergenceError) -> None:
        """Write why there are no results; this too makes the run done, since it would diverge again."""
        self._conclude({DIVERGED: str(reason)})

    def _conclude(self, summary: Mapping[str, Any]) -> None:
        spec = {"spec": self.spec.model_dump(mode="json"), "spec_sha256": self.spec.digest()}
        write_json(self.folder / SUMMARY, {**spec, **summary})
        (self.folder / CHECKPOINT).unlink(missing_ok=True)


def check_finite(summary: Mapping[str, Any]) -> None:
    """Raise `DivergenceError` if `summary` is of a run that diverged."""
    if DIVERGED in summary:
        raise DivergenceError(summary[DIVERGED])


def predictions(selection: Selection, targets: Mapping[str, torch.Tensor]) -> pa.Table:
    """One row per rule, split and sample: index, target, prediction, log-probability of the true class."""
    tables = []
    for name, rule in selection.rules.items():
        for split, logits in rule.logits.items():
            target = targets[split]
            true = logits.log_softmax(1).gather(1, target.unsqueeze(1)).squeeze(1)
            columns = {
                "selection": pa.array([name] * len(target)).dictionary_encode(),
                "split": pa.array([split] * len(target)).dictionary_encode(),
                "index": pa.array(range(len(target)), pa.int32()),
                "target": pa.array(target.numpy(), pa.int32()),
                "prediction": pa.array(logits.argmax(1).numpy(), pa.int32()),
                "log_probability": pa.array(true.numpy()),
            }
            tables.append(pa.table(columns))
    return pa.concat_tables(tables).unify_dictionaries()


def read_spec(folder: Path) -> dict[str, Any] | None:
    """The spec in a run's run.json as plain JSON, or None where there is no run."""
    path = folder / RUN
    try:
        spec: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["spec"]
        return dict(spec)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} is damaged; choose another directory, or delete this run.") from None


def check_spec(folder: Path, spec: RunSpec, remedy: str) -> None:
    """Raise a `UserError` with the first difference and `remedy` if `folder` holds a run of another spec."""
    before, now = read_spec(folder), spec.model_dump(mode="json")
    if before is not None and before != now:
        old, new = _flat(before), _flat(now)
        key = next(key for key in sorted(old | new) if old.get(key) != new.get(key))
        raise UserError(
            f"{folder} holds a run with another spec ({key} = {old.get(key)!r} there, {new.get(key)!r} "
            f"here); {remedy}."
        )


def provenance() -> dict[str, Any]:
    """Commit of the working directory, and versions and machine of what computes the numbers."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            capture_output=True,
            text=True,
            check=False,
        )
        commit = described.stdout.strip() or "unknown"
    except OSError:
        commit = "unknown"
    packages = ("inforeg", "torch", "numpy", "scipy")
    return {
        "commit": commit,
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in packages}},
        "machine": machine.facts(),
    }


def _line(row: Mapping[str, float]) -> str:
    return json_text(row) + "\n"


def _flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
