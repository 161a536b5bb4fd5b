"""What a method may see and change while it trains: everything but the test split and the run directory."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from inforeg.batch import Shape
from inforeg.data.split import Split
from inforeg.metrics.cost import Cost
from inforeg.models.encoders.base import Encoder
from inforeg.models.fusions.base import Fusion, OwnHeads, Streams, reset
from inforeg.models.multimodal import MultimodalModel
from inforeg.optim import step
from inforeg.optim.optimizers import OPTIMIZERS, Optimizer
from inforeg.random import stream
from inforeg.regulation.numbers import any_of
from inforeg.regulation.trace import FisherTrace
from inforeg.runspec import InitialWeights, RunSpec


@dataclass(frozen=True)
class Blueprint:
    """What a run's model is built from.

    Attributes:
        encoders: recipe and sample shape by modality, in the benchmark's order.
        fusion: the benchmark's fusion.
        classes: C.
        seed: of the run; a modality's initial weights are the same for all methods of one seed.
        initial: whose initial weights.
    """

    encoders: dict[str, tuple[Encoder, Shape]]
    fusion: type[Fusion]
    classes: int
    seed: int
    initial: InitialWeights = "paper"

    def build(
        self,
        modalities: tuple[str, ...] | None = None,
        fusion: type[Fusion] | None = None,
        *,
        own_heads: bool = False,
    ) -> MultimodalModel:
        """A fresh model of `modalities` (default: all) under `fusion` (default: the benchmark's).

        With `own_heads` the unimodal logits come from a linear head per modality beside the fusion.
        """
        chosen = modalities or tuple(self.encoders)
        recipes = {modality: self.encoders[modality] for modality in chosen}
        encoders = {
            modality: recipe.build(shape, stream(self.seed, "init", modality), self.initial)
            for modality, (recipe, shape) in recipes.items()
        }
        widths = {modality: recipe.features for modality, (recipe, _) in recipes.items()}
        head: Fusion = (fusion or self.fusion)(widths, self.classes, self._head_stream)
        if own_heads:
            head = OwnHeads(head, self._head_stream)
        self.weigh(head, self._head_stream)
        return MultimodalModel(encoders, head)

    def weigh(self, module: nn.Module, streams: Streams) -> None:
        """Give a module that was built with the field's initial weights those that are asked for."""
        if self.initial == "torch":
            reset(module, streams)

    def _head_stream(self, layer: str) -> torch.Generator:
        return stream(self.seed, "init", "fusion", layer)


@dataclass
class TrainState:
    """A training in progress.

    Attributes:
        spec: what is being trained.
        model: on its device, as is all else here.
        optimizer: over all of the model's parameters.
        train: the training split; steps see its `stream`, augmented where the data say so, and whatever else
            a method asks of it (`batch`, `part`, `infer`) is the clean view.
        val: the validation split, for methods that steer by it.
        blueprint: what the model was built from.
        cost: steps and passes so far; counts by itself while the method is at work.
        trace: the `batch` estimate of Tr(F) of each encoder and the head; `Method.step` feeds it.
        epochs: of the whole run.
        epoch: current epoch, from 0.
    """

    spec: RunSpec
    model: MultimodalModel
    optimizer: Optimizer
    train: Split
    val: Split
    trace: FisherTrace
    blueprint: Blueprint
    cost: Cost
    epochs: int
    epoch: int = 0
    _logged: dict[str, list[Tensor | float]] = field(default_factory=lambda: defaultdict(list))
    _sources: dict[tuple[str | int, ...], torch.Generator] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Where model and data are."""
        return self.train.target.device

    def generators(self, name: str) -> dict[str, torch.Generator]:
        """The method's own source of chance `name` in this epoch, one per modality; equal after a resume.

        Asked again in the same epoch it goes on where it was, so that no batch draws another's numbers.
        """
        return {m: self._going_on(name, m, device=self.device) for m in self.model.modalities}

    def generator(self, name: str) -> torch.Generator:
        """The same for all modalities together, on the CPU."""
        return self._going_on(name)

    def _going_on(self, *names: str, device: torch.device | str = "cpu") -> torch.Generator:
        key: tuple[str | int, ...] = (*names, self.epoch)
        if key not in self._sources:
            # An epoch is what a resumed run begins with, so sources of the epochs before are not needed.
            self._sources = {known: g for known, g in self._sources.items() if known[-1] == self.epoch}
            self._sources[key] = stream(self.spec.seed, "method", *key, device=device)
        return self._sources[key]

    def gradients(self, modality: str, dimensions: int = 0) -> list[Tensor]:
        """The gradients of one encoder's parameters that have at least so many dimensions, to be edited."""
        found = [p.grad for p in self.model.parameters_of(modality) if p.dim() >= dimensions]
        return [gradient for gradient in found if gradient is not None]

    @torch.no_grad()
    def scale(self, name: str, factors: Iterable[Tensor]) -> None:
        """Multiply each encoder's gradients by its factor, in the model's order; log the factor as `name`."""
        for modality, factor in zip(self.model.modalities, factors, strict=True):
            self.log(f"{name}/{modality}", factor)
            torch._foreach_mul_(self.gradients(modality), factor)

    def fresh_optimizer(self, parameters: Iterable[nn.Parameter]) -> Optimizer:
        """Another optimiser with the run's settings, at the learning rate of the current epoch."""
        training = self.spec.config.training
        optimizer = OPTIMIZERS[training.optimizer](parameters, training)
        optimizer.param_groups[0]["lr"] = self.optimizer.param_groups[0]["lr"]
        return optimizer

    def zero(self, parameters: Iterable[nn.Parameter] | None = None) -> None:
        """Take away the gradients, of all of the model's parameters unless some are named."""
        step.zero(step.parameters_of(self.optimizer) if parameters is None else parameters)

    def autocast(self) -> AbstractContextManager[object]:
        """Where a forward pass of training has the run's precision; take its `Output.float()`."""
        return step.autocast(self.device, self.spec.config.training.precision)

    def backward(self, losses: Mapping[str, Tensor], *, retain: bool = False) -> None:
        """Add the gradients of the losses' sum to those that are there; `retain` keeps the graph."""
        step.backward(losses.values(), retain=retain)

    def gradients_of(
        self, loss: Tensor, parameters: Iterable[nn.Parameter], *, retain: bool = False
    ) -> list[Tensor]:
        """The gradients of a loss, which are not added to those that are there; `retain` keeps the graph."""
        return step.gradients_of(loss, parameters, retain=retain)

    def update(self, optimizer: Optimizer | None = None) -> None:
        """Move the parameters of the run's optimiser, or of another one, by their gradients.

        Where the settings bound the gradients' norm they are clipped here: once, after the method's edits.
        """
        step.update(optimizer or self.optimizer, self.spec.config.training.clip)
        self.cost.stepped()

    def log(self, name: str, value: Tensor | float) -> None:
        """Record a scalar; the epoch's row holds the mean of what was recorded under `name`."""
        self._logged[name].append(value.detach() if isinstance(value, Tensor) else value)

    def log_each(self, name: str, values: Mapping[str, Tensor | float]) -> None:
        """Record a scalar per modality, or per loss, as `name/modality`."""
        for key, value in values.items():
            self.log(f"{name}/{key}", value)

    def log_acted(self, changed: Mapping[str, Tensor | bool]) -> None:
        """Record of a step which encoders' gradients a method changed, and as `acted` whether any.

        Called once in every step by a method that leaves gradients alone in some, so that the row's mean
        is the share of steps in which it acted.

        Args:
            changed: whether it did, by modality; those that are not named have been left alone.
        """
        flags = {m: changed.get(m, False) for m in self.model.modalities}
        self.log_each("acted", flags)
        self.log("acted", any_of(flags.values()))

    def drain(self) -> dict[str, float]:
        """The means of all recorded scalars, and a new start."""
        means = {name: _mean(values) for name, values in self._logged.items()}
        self._logged.clear()
        return means


def _mean(values: Sequence[Tensor | float]) -> float:
    """In float64; tensors are read from their device together."""
    there = [value.double() for value in values if isinstance(value, Tensor)]
    read = iter(torch.stack(there).tolist() if there else ())
    numbers = [next(read) if isinstance(value, Tensor) else float(value) for value in values]
    return torch.tensor(numbers, dtype=torch.float64).mean().item()


LoadWeights = Callable[[RunSpec], dict[str, Tensor]]
"""From a needed run to its model's weights."""
