"""One encoder per modality and a fusion over their features."""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from inforeg.batch import Output, Values, on_each, present_in, without_present
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
        """Features h_m (B, d_m) of the model's modalities; zeros for samples that lack one."""
        return {modality: encoded(encoder, inputs[modality]) for modality, encoder in self.encoders.items()}

    def encode_present(
        self, inputs: Mapping[str, Values], present: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """The same for samples of which some have to do without a modality, beside those that lack it anyway.

        Args:
            inputs: as of `encode`.
            present: by modality, whether each sample may have it, (B,) of bool.
        """
        return {m: encoded(encoder, inputs[m], present[m]) for m, encoder in self.encoders.items()}

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


def encoded(encoder: nn.Module, values: Values, present: Tensor | None = None) -> Tensor:
    """What an encoder, or a piece of one, makes of a modality, (B, ...); zeros for samples that lack it.

    In training those do not pass the encoder. But where fewer than two have the modality, two pass: batch
    normalisation cannot take a sample alone, and an encoder without any would be left without gradients.

    Args:
        encoder: of the modality.
        values: perhaps with which samples have it.
        present: which of them may have it, (B,) of bool; None for all.
    """
    own, values = present_in(values), without_present(values)
    there = own if present is None else present if own is None else present & own
    if there is None:
        whole: Tensor = encoder(values)
        return whole
    return _encode_part(encoder, values, there) if encoder.training else _blank(encoder(values), there)


def _encode_part(encoder: nn.Module, values: Values, present: Tensor) -> Tensor:
    count = int(present.sum())
    if count == len(present):
        whole: Tensor = encoder(values)
        return whole
    rows = present.sort(descending=True, stable=True).indices[: max(2, count)]
    features = encoder(on_each(values, lambda x: x[rows]))
    empty = features.new_zeros(len(present), *features.shape[1:])
    return _blank(empty.index_copy(0, rows, features), present)


def _blank(features: Tensor, present: Tensor) -> Tensor:
    """Features (B, ...) with zeros where nothing is present."""
    return torch.where(present.view(-1, *[1] * (features.dim() - 1)), features, 0.0)


def without(features: Mapping[str, Tensor], removed: Collection[str]) -> dict[str, Tensor]:
    """The features with those of the modalities `removed` at zero."""
    return {m: torch.zeros_like(h) if m in removed else h for m, h in features.items()}


def branch(model: MultimodalModel, modality: str) -> nn.ModuleDict:
    """One encoder and its own head in a model whose fusion keeps `heads`, as `Sum` does."""
    head = model.fusion.get_submodule(f"heads.{modality}")
    return nn.ModuleDict({"encoder": model.encoders[modality], "head": head})
