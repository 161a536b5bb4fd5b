"""What a method may see and change while it trains: everything but the test split and the run directory."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from inforeg.config import RunSpec
from inforeg.data.base import Split
from inforeg.metrics.information import FisherTrace
from inforeg.models.encoders.base import Encoder
from inforeg.models.fusion import Fusion
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream


@dataclass(frozen=True)
class Blueprint:
    """What a run's model is built from.

    Attributes:
        encoders: recipe and sample shape by modality, in the benchmark's order.
        fusion: the benchmark's fusion.
        classes: C.
        seed: of the run; a modality's initial weights are the same for all methods of one seed.
    """

    encoders: dict[str, tuple[Encoder, tuple[int, ...]]]
    fusion: type[Fusion]
    classes: int
    seed: int

    def build(
        self, modalities: tuple[str, ...] | None = None, fusion: type[Fusion] | None = None
    ) -> MultimodalModel:
        """A fresh model of `modalities` (default: all) under `fusion` (default: the benchmark's)."""
        chosen = modalities or tuple(self.encoders)
        recipes = {modality: self.encoders[modality] for modality in chosen}
        encoders = {
            modality: recipe.build(shape, stream(self.seed, "init", modality))
            for modality, (recipe, shape) in recipes.items()
        }
        widths = {modality: recipe.features for modality, (recipe, _) in recipes.items()}
        head = (fusion or self.fusion)(widths, self.classes, self._head_stream)
        return MultimodalModel(encoders, head)

    def _head_stream(self, layer: str) -> torch.Generator:
        return stream(self.seed, "init", "fusion", layer)


@dataclass
class TrainState:
    """A training in progress.

    Attributes:
        spec: what is being trained.
        model: on its device, as is all else here.
        optimizer: over all of the model's parameters.
        train: the training split.
        val: the validation split, for methods that steer by it.
        trace: the `batch` estimate of Tr(F) of each encoder and the head; `Method.step` feeds it.
        epoch: current epoch, from 0.
    """

    spec: RunSpec
    model: MultimodalModel
    optimizer: torch.optim.Optimizer
    train: Split
    val: Split
    trace: FisherTrace
    epoch: int = 0
    _logged: dict[str, list[Tensor | float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def device(self) -> torch.device:
        """Where model and data are."""
        return self.train.target.device

    def generators(self, name: str) -> dict[str, torch.Generator]:
        """The method's own source of chance `name` in this epoch, one per modality; equal after a resume."""
        return {
            modality: stream(self.spec.seed, "method", name, modality, self.epoch, device=self.device)
            for modality in self.model.modalities
        }

    def log(self, name: str, value: Tensor | float) -> None:
        """Record a scalar; the epoch's row holds the mean of what was recorded under `name`."""
        self._logged[name].append(value.detach() if isinstance(value, Tensor) else value)

    def drain(self) -> dict[str, float]:
        """The means of all recorded scalars, and a new start."""
        means = {
            name: torch.as_tensor([float(v) for v in values], dtype=torch.float64).mean().item()
            for name, values in self._logged.items()
        }
        self._logged.clear()
        return means


Weights = Callable[[RunSpec], dict[str, Tensor]]
"""From a needed run to its model's weights."""
