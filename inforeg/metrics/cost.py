"""What a training costs, counted rather than timed: the same on every machine."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor, nn

from inforeg.models.multimodal import MultimodalModel

COUNTS = ("steps", "forward_passes", "backward_passes")
"""What a run's cost.json holds of it."""

SECONDS = "wall_seconds"
"""The same of a clock."""


class Cost:
    """Optimiser steps, and samples that pass forward and backward through each encoder.

    Counts only inside `with cost:`, so that the loop's own evaluations are left out. Passes of a deep copy
    of a watched model count as the model's own.

    Args:
        model: to watch.

    Attributes:
        steps: of any optimiser, as `stepped` is told of them.
        forward: samples through each encoder, also without gradients.
        backward: samples whose gradient went back through each encoder.
    """

    def __init__(self, model: MultimodalModel) -> None:
        self.steps = 0
        self.forward = dict.fromkeys(model.modalities, 0)
        self.backward = dict.fromkeys(model.modalities, 0)
        self._counting = False
        self.watch(model)

    def __enter__(self) -> "Cost":
        self._counting = True
        return self

    def __exit__(self, *reason: object) -> None:
        self._counting = False

    def watch(self, model: MultimodalModel) -> None:
        """Count the passes through the encoders of one more model, e.g. a teacher."""
        for modality, encoder in model.encoders.items():
            encoder.register_forward_hook(partial(self._passed, modality))

    def stepped(self) -> None:
        """Count an optimiser step."""
        self.steps += self._counting

    def count(self, modality: str, features: Tensor) -> None:
        """Count a pass whose outcome is `features` (B, d); for encoders that are not called as a whole."""
        if self._counting:
            samples = features.shape[0]  # `len` of a tensor takes longer than all else here
            self.forward[modality] = self.forward.get(modality, 0) + samples
            if features.requires_grad:
                features.register_hook(partial(self._returned, modality, samples))  # type: ignore[no-untyped-call]

    def passes(self, samples: int, modalities: int) -> dict[str, float]:
        """Steps, and passes in units of one pass of all encoders over the training split.

        Args:
            samples: of the training split.
            modalities: of the benchmark.
        """
        whole = samples * modalities
        return {
            "steps": self.steps,
            "forward_passes": sum(self.forward.values()) / whole,
            "backward_passes": sum(self.backward.values()) / whole,
        }

    def state_dict(self) -> dict[str, Any]:
        """The counts."""
        return {"steps": self.steps, "forward": self.forward, "backward": self.backward}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from the counts of a `state_dict`."""
        self.steps, self.forward, self.backward = state["steps"], state["forward"], state["backward"]

    def __deepcopy__(self, memo: object) -> "Cost":
        """Itself: what a copied model passes is counted here too."""
        return self

    def _passed(self, modality: str, encoder: nn.Module, inputs: object, features: Tensor) -> None:
        self.count(modality, features)

    def _returned(self, modality: str, samples: int, gradient: Tensor) -> None:
        if self._counting:
            self.backward[modality] = self.backward.get(modality, 0) + samples
