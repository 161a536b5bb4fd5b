"""What a step of training is given and what a model answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Samples of one step.

    Attributes:
        inputs: one tensor per modality, first dimension B (samples).
        target: class indices, (B,).
        index: positions of the samples in their split, (B,).
    """

    inputs: Mapping[str, Tensor]
    target: Tensor
    index: Tensor

    def __len__(self) -> int:
        return len(self.target)


@dataclass(frozen=True)
class Output:
    """A model's answer to one batch.

    Attributes:
        features: the encoders' outputs h_m, (B, d_m) each.
        logits: (B, C).
        unimodal: each modality's logits u_m, (B, C): its share of `logits` where the fusion decomposes,
            else the logits with the other modalities' features set to zero. Where encoders hear each
            other, a model's `answer` has features and these of each modality alone.
    """

    features: Mapping[str, Tensor]
    logits: Tensor
    unimodal: Mapping[str, Tensor]
