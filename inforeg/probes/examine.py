"""A finished run examined: restored, given to a probe, and the answer written beside its other files."""

import re
from collections.abc import Callable
from pathlib import Path

from inforeg.data.split import Data
from inforeg.engine import device
from inforeg.engine.contents import SUMMARY
from inforeg.engine.holding import holding
from inforeg.engine.provenance import provenance
from inforeg.errors import UserError, warn
from inforeg.files import PART, sealed, sha256, write_json
from inforeg.probes.base import Probe
from inforeg.probes.restore import restore
from inforeg.probes.results import place, read_result
from inforeg.runspec import MACHINE, Machine, RunSpec


def examine(
    probe: Probe, spec: RunSpec, folder: Path, data: Callable[[], Data], machine: Machine = MACHINE
) -> bool:
    """Have the probe's result of the finished run `spec` in `folder`; False where it was there and whole.

    One that is damaged, of an earlier training or of another version of the probe is made anew,
    which is said.

    Args:
        probe: what is asked.
        spec: of the run, which did not diverge.
        folder: the run's directory; a second process waits for the first.
        data: gives those of the run's benchmark, if they are needed.
        machine: where it is computed.
    """
    path = place(folder, probe.name)
    with holding(folder, spec):
        for part in folder.glob(f".*{PART}"):  # of an attempt that was killed while it wrote
            if re.fullmatch(rf"\.{re.escape(path.name)}\.\d+{re.escape(PART)}", part.name):
                part.unlink()
        if path.exists():
            try:
                read_result(folder, spec, type(probe))
                return False
            except UserError as error:
                warn(f"{str(error).rpartition(';')[0]}; the run is examined again.")
        answer = probe.examine(restore(spec, folder, data(), machine))
        content = {
            "probe": probe.name,
            "version": probe.version,
            "spec_sha256": spec.digest(),
            "summary_sha256": sha256(folder / SUMMARY),
            "metrics": answer.metrics,
            "columns": answer.columns,
        }
        write_json(path, sealed({**content, **provenance(), **device.stated(machine)}))
    return True
