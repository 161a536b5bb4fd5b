"""What `inforeg diagnose` finds beside the statistics of its experiment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Opening(NamedTuple):
    """When a modality's window is open.

    Attributes:
        row: key of the row.
        modality: its name.
        share: of the epochs, mean over seeds, 0..1.
        mostly: by epoch, whether it is open in at least half of the seeds.
    """

    row: str
    modality: str
    share: float
    mostly: Sequence[bool]


@dataclass(frozen=True)
class Diagnosis:
    """Of one benchmark.

    Attributes:
        validation: mean validation accuracy at the epochs that count, in percent, by row.
        seconds: mean wall time of a run with those that it needs, by row.
        windows: by Eq. 11 from Tr(F) of the runs, in the order of rows and modalities.
        gaining: the rows whose gain over joint training is reproduced, and what they add to another one that
            gains; best on validation first.
        stopped: why there are fewer seeds than were asked for, as a sentence; empty where there are not.
    """

    validation: Mapping[str, float]
    seconds: Mapping[str, float]
    windows: Sequence[Opening]
    gaining: Sequence[str]
    stopped: str = ""
