"""One encoder per modality and a fusion over their features."""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from inforeg.batch import Output, Values, on_each
from inforeg.models.fusions.base import Fusion


class MultimodalModel(nn.Module):
    """Encoders phi^m and a late fusion.

    Args:
        encoders: one network per modality, samples to features (B, d_m); the order is the model's.
        fusion: over the same modalities.
    """

    def __init__(self, encoders: Mapping[str, nn.Module], fusion: Fusion) -> None:
        super().__init__()
        self.encoders = nn.ModuleDict(encoders)
        self.fusion = fusion

    @property
    def modalities(self) -> tuple[str, ...]:
        """Names, in the model's order."""
        return tuple(self.encoders)

    def encode(self, inputs: Mapping[str, Values]) -> dict[str, Tensor]:
        """Features h_m (B, d_m) of the model's modalities."""
        return {modality: encoder(inputs[modality]) for modality, encoder in self.encoders.items()}

    def encode_present(
        self, inputs: Mapping[str, Values], present: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """Features with zeros for the samples that lack a modality, which do not pass its encoder.

        But where fewer than two have it, two pass: batch normalisation cannot take a sample alone, and an
        encoder without any would be left without gradients.

        Args:
            inputs: as of `encode`.
            present: by modality, whether each sample has it, (B,) of bool.
        """
        return {m: _encode_part(encoder, inputs[m], present[m]) for m, encoder in self.encoders.items()}

    def fuse(self, features: Mapping[str, Tensor]) -> Output:
        """Joint and unimodal logits from features."""
        output: Output = self.fusion(features)
        return output

    def forward(self, inputs: Mapping[str, Values]) -> Output:
        """Encode, then fuse."""
        return self.fuse(self.encode(inputs))

    def answer(self, inputs: Mapping[str, Values]) -> Output:
        """As `forward`, but features and unimodal logits are of each modality alone.

        What is reported of a modality must not depend on the others' inputs: a model whose encoders hear
        each other overrides this. Only for evaluation mode.
        """
        output: Output = self(inputs)
        return output

    def parameters_of(self, modality: str) -> list[nn.Parameter]:
        """The parameters of one encoder."""
        return list(self.encoders[modality].parameters())


def _encode_part(encoder: nn.Module, values: Values, present: Tensor) -> Tensor:
    count = int(present.sum())
    if count == len(present):
        whole: Tensor = encoder(values)
        return whole
    rows = present.sort(descending=True, stable=True).indices[: max(2, count)]
    features = encoder(on_each(values, lambda x: x[rows]))
    empty = features.new_zeros(len(present), features.shape[1])
    scattered: Tensor = empty.index_copy(0, rows, features)
    return torch.where(present.unsqueeze(1), scattered, 0.0)


def without(features: Mapping[str, Tensor], removed: Collection[str]) -> dict[str, Tensor]:
    """The features with those of the modalities `removed` at zero."""
    return {m: torch.zeros_like(h) if m in removed else h for m, h in features.items()}


def branch(model: MultimodalModel, modality: str) -> nn.ModuleDict:
    """One encoder and its own head in a model whose fusion keeps `heads`, as `Sum` does."""
    head = model.fusion.get_submodule(f"heads.{modality}")
    return nn.ModuleDict({"encoder": model.encoders[modality], "head": head})
