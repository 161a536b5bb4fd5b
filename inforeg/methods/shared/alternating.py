"""Alternating unimodal updates: in each batch every modality has a step of its own."""

from abc import abstractmethod

import torch
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, TrainState
from inforeg.models.multimodal import encoded


class Alternating(Method):
    """One forward pass, backward pass and optimiser step per modality and batch, of its encoder and the head.

    The turns follow the modalities' names, so that the order in which a benchmark lists them has no say.
    """

    fusions = ("concat", "sum")
    own_losses = True
    multitask = True

    @abstractmethod
    def loss(self, state: TrainState, batch: Batch, output: Output) -> Tensor:
        """Of one modality's turn; `output` knows that modality alone."""

    def on_turn(self, state: TrainState, output: Output) -> None:
        """Edit the gradients of one modality's turn."""

    def step(self, state: TrainState, batch: Batch) -> dict[str, Tensor]:
        """All turns; at the end the gradients are those of all turns, the head's summed, for their trace."""
        parameters = list(state.model.parameters())
        gradients: dict[int, Tensor] = {}
        losses = {}
        for modality in sorted(state.model.modalities):
            state.zero()
            with state.autocast():
                encoder = state.model.encoders[modality]
                features = {modality: encoded(encoder, batch.inputs[modality])}
                output = state.model.fuse(features).float()
            losses[modality] = self.loss(state, batch, output)
            self.backward(state, {modality: losses[modality]})
            self.on_turn(state, output)
            merge(gradients, parameters)
            state.update()
        for position, gradient in gradients.items():
            parameters[position].grad = gradient
        state.trace.add()
        return {m: losses[m] for m in state.model.modalities}


def merge(gradients: dict[int, Tensor], parameters: list[torch.nn.Parameter]) -> None:
    """Add copies of the gradients, which an update may clip, to those found so far, by position."""
    for position, parameter in enumerate(parameters):
        if parameter.grad is not None:
            found = gradients.get(position)
            gradients[position] = parameter.grad.clone() if found is None else found + parameter.grad
