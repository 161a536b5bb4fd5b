"""Finished runs with numbers that a test chooses."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

from inforeg.engine.contents import METRICS, MODEL, PREDICTIONS, RESULTS, RUN, SUMMARY
from inforeg.engine.plugins import sources
from inforeg.engine.record import conclude
from inforeg.files import sealed, sha256, write_json
from inforeg.probes.results import place
from inforeg.runspec import RunSpec

COUNTS = {"steps": 30, "forward_passes": 3.5, "backward_passes": 3.0}
ORIGIN = {"commit": "abc123", "versions": {"torch": "2.13"}, "machine": {"level": "avx2"}}
COSTS = {
    "wall_seconds": 1.5,
    "training_seconds": 1.0,
    "reading_seconds": 0.1,
    "samples_per_second": 90.0,
    "peak_memory_mib": 200.0,
    **COUNTS,
}


@contextmanager
def recorded_as(origin: Mapping[str, Any]) -> Iterator[None]:
    """Runs that are recorded here state this commit, these versions and this machine."""
    stated = {key: origin[key] for key in ("commit", "versions")}
    with (
        patch("inforeg.engine.record.provenance", lambda: stated),
        patch("inforeg.engine.device.described", lambda machine: dict(origin["machine"])),
    ):
        yield


def finish(
    folder: Path,
    spec: RunSpec,
    selection: dict[str, Any] | None = None,
    *,
    diverged: str | None = None,
    probed: Mapping[str, float] = MappingProxyType({}),
) -> None:
    """Make what lies in `folder` a finished and examined run; files that no test cares for hold nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    described = {"spec": spec.model_dump(mode="json"), "spec_sha256": spec.digest(), "sources": sources(spec)}
    write_json(folder / RUN, sealed({**described, **ORIGIN}))
    if diverged:
        conclude(folder, spec, [RUN], {"diverged": diverged})
        return
    for name in (METRICS, PREDICTIONS, MODEL):
        (folder / name).touch()
    conclude(folder, spec, RESULTS, {"parameters": 10, "selection": selection}, COSTS)
    answer(folder, spec, "linear", probed)


def answer(
    folder: Path, spec: RunSpec, probe: str, metrics: Mapping[str, float], **columns: list[Any]
) -> None:
    """Make it the probe's answer of the finished run in `folder`."""
    content = {"probe": probe, "version": 1, "metrics": dict(metrics), "columns": columns}
    content |= {"spec_sha256": spec.digest(), "summary_sha256": sha256(folder / SUMMARY)}
    write_json(place(folder, probe), sealed({**content, **ORIGIN, "machine_sha256": "0" * 64}))


def kept(**metrics: float) -> dict[str, Any]:
    """The same metrics under every selection rule."""
    return {rule: {"epoch": 0, "metrics": metrics} for rule in ("val", "last", "test_oracle")}
