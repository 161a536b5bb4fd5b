"""What a spec stands for: its method, its model as yet untrained, its training split."""

import torch

from inforeg.batch import without_present
from inforeg.data.split import Data, Split
from inforeg.errors import UserError
from inforeg.methods.base import Method
from inforeg.methods.shared.state import Blueprint
from inforeg.methods.shared.supports import supports
from inforeg.models.multimodal import MultimodalModel
from inforeg.random import stream
from inforeg.registry import ENCODERS, FUSIONS, METHODS
from inforeg.runspec import MACHINE, Machine, RunSpec


def method_of(spec: RunSpec) -> Method:
    """The spec's method; a `UserError` where it does not support the benchmark."""
    supported, reason = supports(spec)
    if not supported:
        raise UserError(f"The method {spec.method!r} cannot run on {spec.benchmark!r}: {reason}.")
    method: Method = METHODS.build(spec.method, spec.settings)
    return method


def blueprint(spec: RunSpec, data: Data) -> Blueprint:
    """What the spec's model is built from."""
    # In the data's order: that of the spec's keys does not survive its JSON.
    chosen = {m: spec.config.encoders[m] for m in data.train.modalities if m in spec.config.encoders}
    encoders = {
        modality: (ENCODERS.build(encoder.kind, encoder.options), without_present(data.shape(modality)))
        for modality, encoder in chosen.items()
    }
    fusion, classes = FUSIONS.get(spec.config.fusion), len(data.classes)
    return Blueprint(encoders, fusion, classes, spec.seed, spec.config.initial_weights)


def built(plan: Blueprint, method: Method, data: Data, machine: Machine = MACHINE) -> MultimodalModel:
    """The model of `plan` on the device of `data`, laid out and compiled as the machine says."""
    model = method.build(plan).to(data.train.target.device)
    if machine.channels_last:
        model = model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if machine.compile:
        for encoder in model.encoders.values():
            encoder.compile()
    return model


def training_split(spec: RunSpec, data: Data) -> Split:
    """The split that the spec is trained on, its labels shuffled where it says so."""
    split = data.train
    if not spec.config.training.shuffle_labels:
        return split
    order = torch.randperm(len(split), generator=stream(spec.seed, "shuffle_labels"))
    return split.labelled(split.target[order.to(split.target.device)])
