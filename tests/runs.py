"""Finished runs with numbers that a test chooses."""

from pathlib import Path
from typing import Any

from inforeg.engine.contents import METRICS, MODEL, PREDICTIONS, RESULTS, RUN
from inforeg.engine.plugins import sources
from inforeg.engine.record import conclude
from inforeg.files import sealed, write_json
from inforeg.runspec import RunSpec

COUNTS = {"steps": 30, "forward_passes": 3.5, "backward_passes": 3.0}
COSTS = {
    "wall_seconds": 1.5,
    "training_seconds": 1.0,
    "reading_seconds": 0.1,
    "samples_per_second": 90.0,
    "peak_memory_mib": 200.0,
    **COUNTS,
}


def finish(
    folder: Path,
    spec: RunSpec,
    selection: dict[str, Any] | None = None,
    *,
    diverged: str | None = None,
) -> None:
    """Make what lies in `folder` a finished run; files that a test does not care for hold nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    described = {"spec": spec.model_dump(mode="json"), "spec_sha256": spec.digest(), "sources": sources(spec)}
    origin = {"commit": "abc123", "versions": {"torch": "2.13"}, "machine": {"level": "avx2"}}
    write_json(folder / RUN, sealed({**described, **origin}))
    if diverged:
        conclude(folder, spec, [RUN], {"diverged": diverged})
        return
    for name in (METRICS, PREDICTIONS, MODEL):
        (folder / name).touch()
    conclude(folder, spec, RESULTS, {"parameters": 10, "selection": selection}, COSTS)


def kept(**metrics: float) -> dict[str, Any]:
    """The same metrics under every selection rule."""
    return {rule: {"epoch": 0, "metrics": metrics} for rule in ("val", "last", "test_oracle")}
