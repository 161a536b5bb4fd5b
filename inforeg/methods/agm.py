"""AGM: adaptive gradient modulation."""

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import Tensor, nn

from inforeg.batch import on_each, without_present
from inforeg.methods.base import Batch, LoadWeights, Output, TrainState
from inforeg.methods.shared.windowed import Windowed

Coalition = frozenset[str]
LARGEST = 10.0  # of tau - r, in the code
FLOOR = -math.log(1e-8)  # of a probability, in the code


class AGM(Windowed):
    """Modulate each encoder by how far its Shapley share of the output is ahead of its own past.

    o_m is modality m's Shapley value of the logits, an absent modality's input being zero and the empty
    coalition worth 0, so that sum_m o_m = z. With s_m the cross-entropy of o_m on the batch and S_m its mean
    over all batches so far: r_m = exp(mean_{k != m} s_k - s_m), tau_m likewise of S, and
    kappa_m = exp(alpha min(tau_m - r_m, 10)). The zero input is one sample, encoded once a batch in
    evaluation mode; a coalition is a pass of the fusion alone. The code encodes present inputs anew for each
    coalition, in evaluation mode, which differs where encoders normalise by batch.

    Only exp(10 alpha) bounds kappa_m, and the paper's update clips nothing: on the smartwatch's transformers
    kappa_m reached 49 in single steps and training diverged, with eight of eight seeds; with `graph`, whose
    code clips, with none.

    Attributes:
        alpha: alpha; 1.5, the author's for CREMA-D, all through the training (its last epoch is 1500).
        passes: `bare`: padded passes without gradient, kappa_m multiplies the gradient of encoder m, as the
            paper's update has it; `graph`, as the code: the loss is of sum_m o_m, padded passes and all,
            kappa_m multiplies the gradient that flows into o_m, and S_m is of the batches before, at first 0.
    """

    name = "agm"
    title = "AGM"
    version = 2
    family = "optimisation"
    reference = "Li et al., Adaptive Gradient Modulation, ICCV 2023"
    caveat = (
        "nothing but exp(10 alpha) bounds the factor on an encoder's gradient; with transformers the "
        "training diverges."
    )
    remembered = (*Windowed.remembered, "_batches", "_means")
    variants = {**Windowed.variants, "released": {"passes": "graph"}}

    alpha: NonNegativeFloat = 1.5
    passes: Literal["bare", "graph"] = "bare"

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No batch has been seen."""
        super().setup(state, weights)
        self._batches, self._means = 0, torch.zeros(len(state.model.modalities), device=state.device)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """The plain answer, or the sum of the Shapley values whose gradients are modulated."""
        features = state.model.encode(batch.inputs)
        whole = state.model.fuse(features).float()
        with torch.set_grad_enabled(self.passes == "graph"):
            worth = self._worth(state, batch, features)
            worth[Coalition(features)] = whole.logits
            values = shapley(worth, list(features))
        self._kappa = self._coefficients(values, batch.target)
        self._kappa = {m: factor for m, factor in self._kappa.items() if self.acts_on(m)}
        state.log_each("kappa", self._kappa)
        if self.passes == "bare":
            return whole
        for modality, factor in self._kappa.items():
            values[modality].register_hook(factor.mul)  # type: ignore[no-untyped-call]
        return Output(features, torch.stack(list(values.values())).sum(0), whole.unimodal)

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Modulate, or clip as the code does where the head's gradient is large."""
        changed: dict[str, Tensor | bool] = {m: factor != 1 for m, factor in self._kappa.items()}
        if self.passes == "bare":
            for modality, factor in self._kappa.items():
                torch._foreach_mul_(state.gradients(modality), factor)
        elif _largest(state.model.fusion) > 1:
            nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
            changed = dict.fromkeys(state.model.modalities, True)
        state.log_acted(changed)

    def _worth(
        self, state: TrainState, batch: Batch, features: Mapping[str, Tensor]
    ) -> dict[Coalition, Tensor]:
        """Logits (B, C) of every coalition but the empty and the whole one."""
        absent = {}
        for modality, h in features.items():
            encoder = state.model.encoders[modality]
            nothing = on_each(without_present(batch.inputs[modality]), lambda x: torch.zeros_like(x[:1]))
            absent[modality] = encoder.eval()(nothing).expand_as(h)
            encoder.train()
        return {
            Coalition(present): state.model.fuse(
                {m: h if m in present else absent[m] for m, h in features.items()}
            ).logits.float()
            for size in range(1, len(features))
            for present in combinations(features, size)
        }

    @torch.no_grad()
    def _coefficients(self, values: Mapping[str, Tensor], target: Tensor) -> dict[str, Tensor]:
        """kappa_m; takes the batch into the running means."""
        losses = [
            F.cross_entropy(o, target, reduction="none").clamp(max=FLOOR).mean() for o in values.values()
        ]
        now, before = torch.stack(losses), self._means
        self._batches += 1
        self._means = before + (now - before) / self._batches
        reference = self._means if self.passes == "bare" else before
        lead = (ahead(reference) - ahead(now)).clamp(max=LARGEST)
        return dict(zip(values, torch.exp(self.alpha * lead), strict=True))


def _largest(head: nn.Module) -> Tensor:
    """Of the head's gradients, any entry's size."""
    return torch.stack([p.grad.abs().max() for p in head.parameters() if p.grad is not None]).max()


def ahead(losses: Tensor) -> Tensor:
    """exp(mean of the others' losses - own) (M,): above 1 where a modality is ahead."""
    others = (losses.sum() - losses) / (len(losses) - 1)
    return torch.exp(others - losses)


def shapley(worth: Mapping[Coalition, Tensor], players: list[str]) -> dict[str, Tensor]:
    """Shapley values of a game in which the empty coalition is worth 0."""
    total = math.factorial(len(players))
    values = {}
    for player in players:
        terms = []
        for coalition, value in worth.items():
            size = len(coalition - {player})
            weight = math.factorial(size) * math.factorial(len(players) - size - 1) / total
            if size < len(players):
                terms.append(value * (weight if player in coalition else -weight))
        values[player] = torch.stack(terms).sum(0)
    return values
