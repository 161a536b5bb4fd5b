"""Where samples come from has no say: mapped files, any number of readers, padding, augmented or not."""

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from inforeg.batch import Shape, Values, counted
from inforeg.data import arrays
from inforeg.data.split import Data, Held
from inforeg.data.transforms import Transform
from inforeg.methods.base import Settings
from inforeg.methods.shared.supports import supports
from inforeg.runspec import Machine, RunSpec
from inforeg.testing.cases import Case, Trainings, rows
from inforeg.testing.methods import same_weights
from inforeg.testing.promises import require
from inforeg.testing.toy import CLASSES, make_config, make_data, mapped_splits


class Jittered(Transform):
    """In training, all values of a sample are scaled by a number of its own."""

    @property
    def draws(self) -> int:
        """The factor."""
        return 1

    def shape(self, stored: Shape) -> Shape:
        """As stored."""
        return stored

    def clean(self, values: Values) -> Values:
        """As stored."""
        return values

    def augmented(self, values: Values, draws: Tensor) -> Values:
        """From 0.8 to 1.2 times as much."""
        return cast(Tensor, values) * (0.8 + 0.4 * draws)


def jittered(data: Data) -> Data:
    """The same data with augmented images."""
    return mapped_splits(data, lambda split: replace(split, transforms={"image": Jittered()}))


def mapped(data: Data, folder: Path) -> Data:
    """The same samples in files below `folder` that hold all splits."""
    parts = {"train": data.train, "val": data.val, "test": data.test}
    held = [cast(Held, part) for part in parts.values()]
    stored = {
        m: torch.cat([cast(Tensor, part.inputs[m]) for part in held]).numpy() for m in data.train.modalities
    }
    arrays.write(folder, **stored)
    target = torch.cat([part.target for part in held]).numpy()
    places = np.split(np.arange(len(target)), np.cumsum([len(part) for part in held])[:-1])
    divided = dict(zip(parts, places, strict=True))
    files = {m: arrays.mapped(folder, m) for m in stored}
    return arrays.streamed(data.classes, files, target, divided, data.train.transforms)


def check_readers(case: Case, trainings: Trainings, shuffled: bool = False) -> None:
    """On mapped files it trains as on tensors in memory, with any number of readers."""
    training: Settings = {"epochs": 4, "trace": "sample", "trace_samples": 16, "shuffle_labels": shuffled}
    spec, data = case.spec(training), jittered(make_data(case.modalities))
    held = trainings.run(spec, data)
    folder = trainings.new()
    folder.mkdir()
    for readers in (0, 4):
        other = trainings.run(spec, mapped(data, folder), Machine(readers=readers))
        require(
            rows(other) == rows(held) and same_weights(other, held),
            f"read from files by {readers} readers, it trains otherwise than from memory; ask a split for "
            "`batch`, `part` and `stream` alone.",
        )


STEPS, CHANNELS = 6, 3
SMALL = {"width": 4, "depth": 1, "heads": 2, "features": 4}
WORDS = {
    "text_transformer": {**SMALL, "vocabulary": 16},
    "word_average": {"width": 4, "features": 4, "vocabulary": 16},
}


def sequences(padding: float) -> Data:
    """Values and words that tell their class in each step, of any length from none on."""

    def split(size: int, seed: int) -> Held:
        generator = torch.Generator().manual_seed(seed)
        target = torch.arange(size) % CLASSES
        length = torch.randint(STEPS + 1, (size,), generator=generator)
        values = torch.randn(size, STEPS, CHANNELS, generator=generator)
        values[..., 0] += target[:, None]
        tokens = 1 + target[:, None] + CLASSES * torch.randint(3, (size, STEPS), generator=generator)
        outside = ~counted(length, STEPS)
        values[outside], tokens[outside] = padding, int(padding)
        inputs: dict[str, Values] = {
            "audio": {"values": values, "length": length},
            "image": {"tokens": tokens, "length": length},
        }
        return Held(inputs, target)

    return Data(tuple("abcd"), split(48, 0), split(24, 1), split(40, 2))


def on_sequences(case: Case, words: str = "text_transformer") -> RunSpec:
    """A run of the case on `sequences`, read by transformers or, of words, by their average."""
    encoders = {
        "audio": {"kind": "sequence_transformer", **SMALL, "dropout": 0.1},
        "image": {"kind": words, **WORDS[words]},
    }
    training = {"epochs": 3, "trace": "sample", "trace_samples": 16}
    config = make_config(fusion=case.fusion, training=training, encoders=encoders)
    return case.spec().model_copy(update={"config": config})


def check_padding(case: Case, trainings: Trainings) -> None:
    """On sequences with a length it trains the same whatever the padding holds, where it runs on them."""
    for words in WORDS:
        spec = on_sequences(case, words)
        if not supports(spec)[0]:
            continue
        one, other = (rows(trainings.run(spec, sequences(padding))) for padding in (0.0, 7.0))
        require(
            one == other,
            f"what the padding of sequences holds changes what it trains (with {words}); pass inputs to the "
            "model as they are.",
        )
