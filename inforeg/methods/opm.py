"""OPM: on-the-fly prediction modulation."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor

from inforeg.methods.base import Batch, Method, Output, RunConfig, TrainState
from inforeg.regulation.scores import confidences


class OPM(Method):
    """Drop features of the modalities that lead, batch by batch.

    With s_m the true class's probability through modality m's logits, summed over the batch, and rho_m its
    ratio to the mean of the others' scores: q_m = clip(q_b (1 + lambda tanh(rho_m - 1)), 0, 1) where
    rho_m > 1, else 0. With probability p a batch is modulated: each sample loses h_m with probability q_m,
    what is left is divided by 1 - theta, theta = sum_m d_m q_m / sum_m d_m, and a sample that lost all
    modalities does not count. The mean is this package's reading for more than two modalities.

    Attributes:
        base: q_b; 0.5 in the code.
        strength: lambda; 0.5 in the code.
        probability: p; 0.7 in the code's command line.
        warm_up: epochs before the modulation, as a fraction of the epochs; 5 of 100 in the code.
        ratios: `paper`, or `in_place`: BalanceBenchmark's slip of dividing the scores one after the other,
            so that the second ratio is s_2^2 / s_1 (the authors' own code does not import).
        leader: of `in_place`: the modality divided first; empty: the benchmark's first.
    """

    name = "opm"
    title = "OPM"
    family = "feed-forward"
    reference = "Wei et al., On-the-fly Modulation, TPAMI 2024"
    neutral = {"base": 0.0}
    variants = {"released": {"ratios": "in_place"}}

    base: Annotated[float, Field(ge=0, le=1)] = 0.5
    strength: Annotated[float, Field(ge=0)] = 0.5
    probability: Annotated[float, Field(ge=0, le=1)] = 0.7
    warm_up: Annotated[float, Field(ge=0, le=1)] = 0.05
    ratios: Literal["paper", "in_place"] = "paper"
    leader: str = ""

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """The released ratios are of two modalities."""
        if self.ratios == "in_place" and len(config.encoders) != 2:
            return False, "the released code knows two modalities"
        if self.leader and self.leader not in config.encoders:
            return False, f"leader = {self.leader!r} is none of {', '.join(config.encoders)}"
        return True, ""

    def on_epoch_start(self, state: TrainState) -> None:
        """Streams of masks for the epoch, and of the choice of batches."""
        self._masks = state.generators(self.name)
        self._chance = state.generator(self.name)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Answer; if the batch is modulated, answer again from what the masks leave of the same features."""
        output = state.model(batch.inputs).float()
        warm_up = round(self.warm_up * state.epochs)
        chosen = torch.rand((), generator=self._chance).item() < self.probability
        self._kept = torch.ones(len(batch), dtype=torch.bool, device=state.device)
        if state.epoch < warm_up or not chosen or not self.base:
            whole: Output = output
            return whole
        rates = self.rates(output, batch)
        state.log_each("q", rates)
        size, device = len(batch), state.device
        draws = {m: torch.rand(size, generator=self._masks[m], device=device) for m in rates}
        masks = {m: draws[m] >= rate for m, rate in rates.items()}
        self._kept = torch.stack(list(masks.values())).any(0)
        masked = state.model.fuse(modulated(output.features, masks, rates))
        return replace(masked, features=output.features)

    def rates(self, output: Output, batch: Batch) -> dict[str, float]:
        """q_m by modality."""
        names = list(output.unimodal)
        score = confidences(output.unimodal, batch.target).detach()
        if self.ratios == "in_place":
            first = names.index(self.leader or names[0])
            ratio = in_place_ratios(score, first)
        else:
            ratio = ratios(score)
        rate = (self.base * (1 + self.strength * torch.tanh(ratio - 1))).clamp(0, 1)
        return dict(zip(names, torch.where(ratio > 1, rate, 0.0).tolist(), strict=True))

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """The losses of the samples that kept a modality."""
        if self._kept.all():
            return super().losses(state, batch, output)
        if not self._kept.any():
            # All terms, at no loss: an epoch's batches have the same.
            return {name: 0.0 * term for name, term in super().losses(state, batch, output).items()}
        return super().losses(state, selected(batch, self._kept), rows(output, self._kept))


def ratios(score: Tensor) -> Tensor:
    """rho_m (M,): each score over the mean of the others."""
    others = (score.sum() - score) / (len(score) - 1)
    return score / others.clamp(min=torch.finfo(score.dtype).tiny)


def in_place_ratios(score: Tensor, first: int) -> Tensor:
    """s_1 / s_2 and s_2^2 / s_1 for the modality `first` and the other."""
    tiny = torch.finfo(score.dtype).tiny
    found = score.clone()
    other = 1 - first
    found[first] = found[first] / found[other].clamp(min=tiny)
    found[other] = found[other] / found[first].clamp(min=tiny)
    return found


def modulated(
    features: Mapping[str, Tensor], masks: Mapping[str, Tensor], rates: Mapping[str, float]
) -> dict[str, Tensor]:
    """h_m (B, d_m) where the mask (B,) keeps it, else 0, over 1 - theta."""
    widths = {m: h.shape[1] for m, h in features.items()}
    theta = sum(widths[m] * rate for m, rate in rates.items()) / sum(widths.values())
    rescale = 1 / max(1 - theta, 1e-6)
    return {m: h * masks[m].unsqueeze(1) * rescale for m, h in features.items()}


def selected(batch: Batch, kept: Tensor) -> Batch:
    """The samples that the mask (B,) keeps; without their inputs, which losses do not read."""
    return Batch({}, batch.target[kept], batch.index[kept])


def rows(output: Output, kept: Tensor) -> Output:
    """The samples' part of an answer."""
    unimodal = {m: logits[kept] for m, logits in output.unimodal.items()}
    return Output({m: h[kept] for m, h in output.features.items()}, output.logits[kept], unimodal)
