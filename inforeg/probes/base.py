"""What a probe is: one file of this package, found by the name of its class."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from inforeg.probes.restore import Restored


@dataclass(frozen=True)
class Answer:
    """What a probe finds in one run.

    Attributes:
        metrics: of the model that validation selects, named split/metric or split/metric/modality.
        columns: of the frame that the probe fills, by name, all of one length; plain values.
    """

    metrics: dict[str, float] = field(default_factory=dict)
    columns: dict[str, list[Any]] = field(default_factory=dict)


class Probe(ABC):
    """What is asked of a finished run's model.

    What only some probes need is imported where they need it: all modules here are loaded to find one.

    Attributes:
        name: what commands, experiments and files call it.
        version: raised when its answers may change; runs are then examined anew.
        frame: the collected frame that it fills, if there is one.
        seeds: of the runs that it examines; None: all.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    frame: ClassVar[str | None] = None
    seeds: ClassVar[frozenset[int] | None] = None

    @classmethod
    def chosen(cls, seeds: Iterable[int]) -> list[int]:
        """Those among `seeds` whose runs it examines."""
        return [seed for seed in seeds if cls.seeds is None or seed in cls.seeds]

    @abstractmethod
    def examine(self, run: "Restored") -> Answer:
        """The answer of `run`, the same every time."""
