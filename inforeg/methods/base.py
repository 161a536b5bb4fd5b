"""What a method is: hyper-parameters and the few hooks of the loop that it overrides.

All of the package that most methods are written with can be imported from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, Literal, dataclass_transform, get_args

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat
from pydantic.dataclasses import dataclass
from torch import Tensor

from inforeg.batch import Batch, Output
from inforeg.data.split import Split
from inforeg.errors import UserError, unknown
from inforeg.methods.shared.state import Blueprint, LoadWeights, TrainState
from inforeg.models.fusions.base import Fusion
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream
from inforeg.registry import OPTIONS
from inforeg.runspec import RunConfig, RunSpec, Setting

__all__ = [
    "Batch",
    "Blueprint",
    "Family",
    "LoadWeights",
    "Method",
    "MultimodalModel",
    "Output",
    "RunConfig",
    "RunSpec",
    "Settings",
    "Split",
    "TrainState",
    "cross_entropies",
    "stream",
    "unimodal_losses",
]

Family = Literal["baseline", "data", "feed-forward", "objective", "optimisation"]
Settings = Mapping[str, Setting]


@dataclass_transform(field_specifiers=(Field,))
@dataclass(config=OPTIONS)
class Method:
    """A way to train; the fields are its hyper-parameters, the hooks are called by `inforeg.engine.loop`.

    As it stands it is joint training: cross-entropy of the joint logits, one backward pass, one step. A
    subclass is a pydantic dataclass by itself: what it annotates is an option, and an unknown one an error.

    Attributes:
        name: the registered name.
        title: how tables call the method.
        version: part of every run's spec; raise it when results may change.
        family: where the method acts.
        reference: the paper and its year.
        variants: settings by the name of a variant that the method itself offers.
        fewest: how many modalities it needs.
        most: how many modalities it is defined for; None for any number.
        fusions: names of the fusions that it is defined for; None for all.
        same_width: whether all encoders must give as many features, e.g. for a head that they share.
        own_heads: whether the unimodal logits come from a linear head per modality beside the fusion, not
            from its shares.
        own_losses: whether `unimodal_weight` has no say, since the method brings all of its losses.
        multitask: whether its losses hold a cross-entropy of each modality alone, whatever its settings are.
        head: the fusion that the method brings along; None for the benchmark's.
        asks_validation: whether it looks at the validation split while it trains.
        remembered: names of the attributes that a resumed run needs, which `setup` must set: plain values and
            tensors, also in lists and dictionaries, or objects with a `state_dict`.
        caveat: what a reader of its numbers should know; a note of every table with it.
        neutral: settings with which the method is joint training bit for bit, where there are any.
        unimodal_weight: weight of the sum of unimodal cross-entropies (the star of Joint*, InfoReg*).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int] = 1
    family: ClassVar[Family]
    reference: ClassVar[str]
    variants: ClassVar[Mapping[str, Settings]] = {}
    fewest: ClassVar[int] = 2
    most: ClassVar[int | None] = None
    fusions: ClassVar[tuple[str, ...] | None] = None
    same_width: ClassVar[bool] = False
    own_heads: ClassVar[bool] = False
    own_losses: ClassVar[bool] = False
    multitask: ClassVar[bool] = False
    head: ClassVar[type[Fusion] | None] = None
    asks_validation: ClassVar[bool] = False
    remembered: ClassVar[tuple[str, ...]] = ()
    caveat: ClassVar[str] = ""
    neutral: ClassVar[Settings | None] = None

    unimodal_weight: NonNegativeFloat = 0.0

    def __init_subclass__(cls) -> None:
        """Let the docstring cite the paper, and make the class a dataclass.

        Raises:
            UserError: the class lacks what every method has, or sets an option that is not annotated, which
                would have no effect.
        """
        super().__init_subclass__()
        inherited = {option.name for option in fields(cls)}
        if plain := inherited & vars(cls).keys() - cls.__annotations__.keys():
            raise UserError(f"{cls.__name__} sets the option {min(plain)!r} without a type; annotate it.")
        if "name" in vars(cls):
            for wanted in ("title", "family", "reference"):
                if not hasattr(cls, wanted):
                    raise UserError(f"The method {cls.name!r} has no {wanted}; give {cls.__name__} one.")
            if cls.family not in get_args(Family):
                raise unknown(f"family of methods, as of {cls.name!r}, named", cls.family, get_args(Family))
            if cls.__doc__:
                cls.__doc__ = f"{cls.__doc__.rstrip()}\n\n    Reference:\n        {cls.reference}\n    "
        dataclass(cls, config=OPTIONS)

    @classmethod
    def expand(cls, modalities: tuple[str, ...]) -> dict[str, Settings]:
        """The runs that one table row stands for: settings by suffix of the variant, "" for the row's own."""
        return {"": {}}

    @property
    def supervises_each(self) -> bool:
        """Whether, as it is set, its losses hold a cross-entropy of each modality alone, as Joint*'s do."""
        return self.multitask or self.unimodal_weight > 0

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """Whether the settings fit a benchmark, else (False, the reason that tables print).

        What the class attributes say already need not be said here.
        """
        return True, ""

    def needs(self, spec: RunSpec) -> list[RunSpec]:
        """Runs that must be finished first, e.g. teachers."""
        return []

    def epochs(self, planned: int) -> int:
        """Passes over the training split, of those the benchmark plans; `state.epochs` in a run."""
        return planned

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """The run's model."""
        return blueprint.build(fusion=self.head, own_heads=self.own_heads)

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Called once before the first epoch, also of a resumed run."""

    def on_epoch_start(self, state: TrainState) -> None:
        """Called before the epoch's first batch."""

    def sampler(self, state: TrainState, split: Split) -> Iterable[Tensor]:
        """The epoch's batches, as positions in the training split; the same for all methods of a seed."""
        order = torch.randperm(len(split), generator=stream(state.spec.seed, "order", state.epoch))
        size = state.spec.config.training.batch_size
        if len(split) > size > 1 and len(split) % size == 1:
            # Batch normalisation cannot take a sample alone, so the last one joins the batch before.
            *whole, last = torch.split(order[:-1].to(state.device), size)
            return [*whole, torch.cat([last, order[-1:].to(state.device)])]
        return torch.split(order.to(state.device), size)

    def on_batch(self, state: TrainState, batch: Batch) -> Batch:
        """The batch as the method wants it."""
        return batch

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """The model's answer to a training batch, computed in the run's precision."""
        output: Output = state.model(batch.inputs)
        return output

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Named scalar terms, whose sum is minimised."""
        terms = {"joint": F.cross_entropy(output.logits, batch.target)}
        if self.unimodal_weight:
            for modality, loss in unimodal_losses(output, batch).items():
                terms[modality] = self.unimodal_weight * loss
        return terms

    def backward(self, state: TrainState, losses: Mapping[str, Tensor]) -> None:
        """Fill the gradients."""
        state.backward(losses)

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Edit the gradients."""

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """One update, by `state.zero`, `backward` and `update`; override only where a batch takes several."""
        state.zero()
        with state.autocast():
            output = self.forward(state, batch).float()
        losses = self.losses(state, batch, output)
        self.backward(state, losses)
        state.trace.add()
        self.on_gradients(state, batch, output)
        state.update()
        return losses

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Called with the epoch's training and validation metrics and traces, before the test evaluation."""

    def predict(self, output: Output) -> Tensor:
        """Logits (B, C) of the method's answer."""
        return output.logits

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run needs."""
        values = {name: getattr(self, name) for name in self.remembered}
        return {
            name: value.state_dict() if hasattr(value, "state_dict") else value
            for name, value in values.items()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`, whose tensors are on the run's device."""
        if state.keys() != set(self.remembered):
            raise UserError(
                f"The checkpoint is of another version of the method {self.name!r}; delete the run's "
                "directory to train it anew."
            )
        for name in self.remembered:
            if hasattr(current := getattr(self, name), "load_state_dict"):
                current.load_state_dict(state[name])
            else:
                setattr(self, name, state[name])


def unimodal_losses(output: Output, batch: Batch | Split) -> dict[str, Tensor]:
    """Cross-entropy of each modality's logits."""
    return {m: F.cross_entropy(logits, batch.target) for m, logits in output.unimodal.items()}


def cross_entropies(output: Output, batch: Batch | Split) -> dict[str, Tensor]:
    """Cross-entropy of the joint logits, then of each modality's."""
    return {"joint": F.cross_entropy(output.logits, batch.target), **unimodal_losses(output, batch)}
