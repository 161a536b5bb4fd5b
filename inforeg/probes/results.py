"""What probes leave: probe=NAME.json beside a run's other files, and a report beside the runs."""

import math
import re
from collections import Counter
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from inforeg.engine.contents import SUMMARY, Report
from inforeg.engine.finished import read_run
from inforeg.errors import UserError
from inforeg.files import sha256
from inforeg.probes.base import Probe
from inforeg.reading import read_json
from inforeg.registry import PROBES
from inforeg.runspec import RunSpec

RESULT = re.compile(r"probe=[^.]+\.json")


class Result(BaseModel):
    """probe=NAME.json: what a probe finds in the run, and by whom, where and of which summary it is made.

    A number is null where it is not finite.
    """

    model_config = ConfigDict(frozen=True)

    probe: str
    version: PositiveInt
    spec_sha256: str
    summary_sha256: str
    commit: str
    versions: dict[str, str]
    machine: dict[str, str]
    machine_sha256: str
    metrics: dict[str, float | None]
    columns: dict[str, list[Any]]
    seal: str

    @property
    def numbers(self) -> dict[str, float]:
        """The metrics, with NaN for those that are not finite."""
        return {name: math.nan if value is None else value for name, value in self.metrics.items()}


class Examined(Report):
    """probe=NAME.seeds=A-B.json beside the runs: these are examined, or have no model."""

    probe: str
    result_sha256: dict[NonNegativeInt, str]
    diverged: dict[NonNegativeInt, str]


def place(folder: Path, probe: str) -> Path:
    """Where the probe's result of the run in `folder` lies."""
    return folder / f"probe={probe}.json"


def read_result(folder: Path, spec: RunSpec, probe: type[Probe]) -> Result:
    """What the probe found in the finished run `spec` in `folder`.

    Raises:
        UserError: it is missing, damaged, or not of this run as it is now and this version of the probe.
    """
    path = place(folder, probe.name)
    again = (
        f"remove the probe={probe.name}.seeds=*.json in {folder.parent}, if there is one, and run the "
        "workflow again"
    )
    result = read_json(path, Result, again)
    if (result.probe, result.spec_sha256) != (probe.name, spec.digest()):
        raise UserError(f"{path} is of another run or probe; {again}.")
    if result.summary_sha256 != sha256(folder / SUMMARY):
        raise UserError(f"{path} is of another {SUMMARY} than is beside it; {again}.")
    if result.version != probe.version:
        raise UserError(
            f"{path} is by version {result.version} of the probe, which is now at {probe.version}; {again}."
        )
    return result


def check_results(root: Path) -> str:
    """Say in a line how many results of probes lie below `root`; the first that is damaged is an error.

    One of an earlier training, or of an earlier version of its probe, waits to be made anew.
    """
    found = sorted(root.rglob("probe=*.json"))
    states = Counter(_state(path) for path in found if RESULT.fullmatch(path.name))
    for path in found:
        if not RESULT.fullmatch(path.name):
            _check_report(path)
    return ", ".join(f"{states[state]} {state}" for state in ("examined", "outdated"))


_ANEW = "remove it and the probe=*.seeds=*.json in the directory above, and run the workflow again"
_NO_REPORT = "remove the probe=*.seeds=*.json, and run the workflow again"


def _state(path: Path) -> str:
    """Whether the result at `path`, once it is known to be as it was written, is of its run as it is now."""
    result, run = read_json(path, Result, _ANEW), read_run(path.parent)
    if run is None:
        raise UserError(f"{path} belongs to no run; remove it.")
    summary, probe = path.parent / SUMMARY, PROBES.classes.get(result.probe)
    stated = (result.spec_sha256, result.summary_sha256, result.version)
    now = (run.spec_sha256, summary.exists() and sha256(summary), probe and probe.version)
    return "examined" if stated == now else "outdated"


def _check_report(path: Path) -> None:
    """Raise a `UserError` if a result is not the one that the report at `path` names."""
    report = read_json(path, Examined, _NO_REPORT)
    first = read_run(path.parent / f"seed={min(report.summary_sha256)}")
    if first is None or first.spec_sha256 != report.spec_sha256:
        return  # an earlier spec left it behind
    for seed, stated in report.result_sha256.items():
        found = place(path.parent / f"seed={seed}", report.probe)
        if not found.exists():
            raise UserError(f"{found} is missing, which {path.name} names; {_NO_REPORT}.")
        if sha256(found) != stated:
            raise UserError(f"{found} is not the one that {path.name} names; {_NO_REPORT}.")
