"""What benchmarks' YAML files and run directories hold, as validated models.

The JSON schemas under workflow/schemas are generated from these classes (`inforeg check --write-schemas`).
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from inforeg.characters import clean, untypesettable
from inforeg.errors import complaint

InitialWeights = Literal["paper", "torch"]
"""The field's common initial weights, which InfoReg's code draws, or torch's own."""

Measured = Literal["movement", "sample_trace"]
"""What an epoch may be asked for that takes time."""

Setting = bool | int | float | str | None | list[Any] | dict[str, Any]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=100)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
"""Of epochs, samples and the like: beyond it, a machine would be busy for years or out of memory."""

MOST_SEED, MOST_SEEDS = 999_999_999, 10_000
"""The largest seed, and how many of them a cell may have."""

Seed = Annotated[int, Field(ge=0, le=MOST_SEED)]
Seeds = Annotated[int, Field(ge=1, le=MOST_SEEDS)]


Unit = Literal["seed", "fold"]
"""What tests, deviations and intervals on a benchmark are over."""


def _shown(text: str) -> str:
    if reason := untypesettable(text):
        raise ValueError(reason)
    return clean(text)


Text = Annotated[str, AfterValidator(_shown)]
"""What tables, figures and documents print: refused, before anything is trained, where they could not."""


class Strict(BaseModel):
    """A frozen model in which an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _later(default: Any, description: str) -> Any:
    """A setting that came after runs had been made: at its default it is left out of specs and digests."""
    return Field(default, description=description, exclude_if=lambda value: value == default)


class Training(Strict):
    """How to train on a benchmark; one setting for all methods."""

    epochs: Count = Field(description="passes over the training split")
    lr: PositiveFloat = Field(description="learning rate")
    batch_size: Count = Field(64, description="samples a step")
    optimizer: Literal["sgd", "adam", "adamw"] = Field("sgd", description="of all methods")
    momentum: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="of SGD; others ignore it")
    weight_decay: NonNegativeFloat = Field(1e-4, description="of the optimizer")
    schedule: Literal["step", "cosine", "constant"] = _later(
        "step", "of the learning rate: one step down, half a cosine down to 0 (SGDR), or none"
    )
    decay_at: Annotated[float, Field(gt=0, le=1)] = Field(
        0.7, description="of `step`: fraction of the epochs after which the learning rate decays"
    )
    decay_factor: PositiveFloat = Field(
        0.1, description="of `step`: factor on the learning rate after `decay_at`"
    )
    warmup_epochs: Annotated[int, Field(ge=0)] = _later(
        0, "epochs before the schedule, in which the learning rate rises linearly to its full size"
    )
    clip: PositiveFloat | None = _later(
        None,
        "largest norm of all gradients together, to which longer ones are scaled before a step",
    )
    precision: Literal["float32", "bf16"] = _later(
        "float32",
        "of the forward passes in training; parameters, losses and evaluations are in float32 in any case",
    )
    trace: Literal["batch", "sample"] = Field(
        "batch",
        description="estimate of Tr(F): squared norm of the mini-batch gradient (free), or Eq. 7 exactly, "
        "per sample, on a fixed subset once an epoch",
    )
    trace_samples: Count = Field(256, description="size of the subset of `trace: sample`")
    gradients: Literal[0] | Annotated[int, Field(ge=2, le=10_000)] = Field(
        0,
        description="batches, all of one size of at most batch_size, whose gradients are compared with each "
        "other after every epoch; 0: none",
    )
    measure: list[Measured] = _later(
        [],
        "beside what is always measured after an epoch: `movement`, the norm of the change of each encoder's "
        "parameters over it; `sample_trace`, Tr(F) by that estimate where `trace` has windows decided by "
        "the other",
    )
    shuffle_labels: bool = Field(False, description="control: train on permuted labels")

    @field_validator("decay_at", "decay_factor")
    @classmethod
    def _decays(cls, value: float, info: ValidationInfo) -> float:
        schedule = info.data.get("schedule", "step")
        # By value: in a spec all settings are spelled out.
        if schedule != "step" and value != cls.model_fields[str(info.field_name)].default:
            raise ValueError(f"the schedule {schedule!r} has no step; leave it out")
        return value

    @field_validator("warmup_epochs")
    @classmethod
    def _leaves_epochs(cls, value: int, info: ValidationInfo) -> int:
        if value >= (epochs := info.data.get("epochs", math.inf)):
            raise ValueError(f"it leaves none of the {epochs} epochs at the full rate; give fewer")
        return value


class Machine(Strict):
    """Where a run is computed, and how: no part of its spec, though some of it may change the last bits."""

    device: Literal["cpu", "cuda"] = Field("cpu", description="that trains and evaluates")
    threads: Annotated[int, Field(ge=1, le=256)] = Field(1, description="CPU threads a run")
    readers: Annotated[int, Field(ge=0, le=64)] = Field(
        1, description="threads that read data in files ahead of the training; 0: it reads for itself"
    )
    cache: Literal["auto", "always", "never"] = Field(
        "auto",
        description="move data in files to the device's memory, as they are stored; auto: where they take at "
        "most half of what is free on a GPU",
    )
    evaluation_batch: Count | None = Field(
        None, description="samples evaluated at once; by default 1024, or fewer where they are large"
    )
    checkpoint_seconds: NonNegativeFloat = Field(
        5.0, description="between two checkpoints of a run, which come at ends of epochs; 0: at every one"
    )
    compile: bool = Field(False, description="compile the encoders by torch.compile")
    per_device: Annotated[int, Field(ge=1, le=64)] = Field(1, description="processes that share a GPU")
    channels_last: bool = Field(False, description="keep the weights of convolutions in channels-last order")

    def deciding(self) -> dict[str, str]:
        """The settings that may change bits, by name."""
        named = ("device", "threads", "evaluation_batch", "compile", "channels_last")
        return {name: str(getattr(self, name)) for name in named}

    def but(self, other: "Machine") -> "Machine":
        """These settings, with those that `other` sets itself in their place."""
        return self.model_copy(update={name: getattr(other, name) for name in other.model_fields_set})


MACHINE = Machine()
"""What holds where nothing is said."""


class Optioned(BaseModel):
    """The name of something in a registry; the other keys are its own options."""

    model_config = ConfigDict(extra="allow", frozen=True)

    @property
    def options(self) -> dict[str, Any]:
        """The options that belong to what is named."""
        return dict(self.model_extra or {})


class EncoderConfig(Optioned):
    """An encoder's kind; the other keys are that encoder's own options."""

    kind: Name = Field(description="name of the encoder; its options stand beside it")


class DataConfig(Optioned):
    """The data set behind a benchmark; the other keys are its loading options."""

    name: Name = Field(description="of the data set; its options, as noise or another split, stand beside it")


class RunConfig(Strict):
    """What of a benchmark's YAML decides a run's numbers."""

    data: DataConfig = Field(description="what is trained on")
    encoders: dict[Name, EncoderConfig] = Field(
        min_length=1, description="one for each modality that is used, by its name in the data set"
    )
    fusion: Name = Field("concat", description="of the encoders' features; see `inforeg list fusions`")
    initial_weights: InitialWeights = _later(
        "paper",
        "those of the paper's code (linear layers Xavier normal, convolutions Kaiming normal by fan-out, "
        "biases 0), or torch's own",
    )
    training: Training = Field(description="how all methods train")


class BenchmarkConfig(RunConfig):
    """workflow/config/benchmarks/<name>.yaml."""

    title: Text = Field(description="how tables call the benchmark")
    multitask: dict[Name, Setting] = _later(
        {},
        "what of `training` is another for methods whose losses hold a cross-entropy of each modality, such "
        "as Joint*; a row's `set` may ask for one or the other by `training: joint` or `training: multitask`",
    )
    seeds_per_job: Seeds = Field(12, description="runs that share one process in the workflow")
    machine: Machine = Field(MACHINE, description="where its runs are computed, over config.yaml's")
    folds: Annotated[int, Field(ge=1, le=100)] = _later(
        1,
        "an experiment's run is its mean over so many folds: over data.fold from 1 on; tuning and `inforeg "
        "train` keep to the data.fold given",
    )
    unit: Unit = _later(
        "seed",
        "what tests, deviations and intervals are over: seeds; or folds, as people who are left out one by "
        "one, where a run is the mean over the seeds of one fold instead",
    )

    @field_validator("unit")
    @classmethod
    def _has_folds(cls, value: Unit, info: ValidationInfo) -> Unit:
        if value == "fold" and info.data.get("folds", 2) < 2:
            raise ValueError("there is but one fold; say over how many by `folds`, or leave unit out")
        return value

    @model_validator(mode="after")
    def _trains_multitask(self) -> "BenchmarkConfig":
        if self.multitask:
            try:
                Training.model_validate({**self.training.model_dump(), **self.multitask})
            except ValidationError as error:
                raise ValueError(f"multitask.{complaint(error)}") from None
        return self

    def trial(self) -> RunConfig:
        """The part that decides a run's numbers."""
        return RunConfig.model_validate(self.model_dump(include=set(RunConfig.model_fields)))


def canonical(spec: Mapping[str, Any]) -> str:
    """A plain spec as one JSON text, the same for equal specs."""
    return json.dumps(spec, sort_keys=True, separators=(",", ":"))


def digest_of(spec: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical text of a plain spec."""
    return hashlib.sha256(canonical(spec).encode()).hexdigest()


class RunSpec(Strict):
    """All that decides a run's numbers: same spec, same bits."""

    benchmark: Name
    method: Name
    variant: Name = "default"
    seed: Seed
    versions: dict[str, PositiveInt] = Field(
        description="of the engine, the method and the data set's loading: raised when results may change"
    )
    settings: dict[str, Setting] = Field(description="every hyper-parameter of the method")
    config: RunConfig
    data_hash: str | None = Field(description="of the benchmark's folder, from data.dvc")

    def canonical(self) -> str:
        """One JSON text, the same for equal specs."""
        return canonical(self.model_dump(mode="json"))

    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return digest_of(self.model_dump(mode="json"))

    @property
    def cell(self) -> Path:
        """The run's directory without the seed, below the root of all runs."""
        return Path(self.benchmark, self.method, self.variant)

    def directory(self, root: Path) -> Path:
        """Where the run lies under `root`."""
        return root / self.cell / f"seed={self.seed}"
