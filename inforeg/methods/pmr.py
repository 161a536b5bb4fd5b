"""PMR: prototypical modal rebalance."""

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat
from torch import Tensor

from inforeg.methods.base import Batch, LoadWeights, Output, TrainState
from inforeg.methods.shared.windowed import Windowed
from inforeg.models.inference import infer


class PMR(Windowed):
    """Speed up the modalities that lag by pulling their features to their class prototypes.

    c_{m,k} is the mean feature of class k, sim_m = -|h_m - c_{m,k}|, S_m the sum over the batch of
    softmax(sim_m)_y, and c_m = clip(max_k S_k / S_m - 1, 0, 1), which for two modalities is the paper's
    clip(1 / rho - 1, 0, 1). L = CE(z) + alpha sum_m c_m CE(sim_m) - mu max_m c_m H(softmax(sim_best)): early
    in training the leading modality is kept uncertain. The maximum is this package's reading for more than
    two modalities. Prototypes are those of a part of the training split (in the clean view), anew at the
    start of each epoch of the modulation, c <- (1 - epsilon) c_new + epsilon c_old; a class that the part
    lacks keeps its prototype, or begins with the mean of all features. While a modality is not to be adjusted
    (`active`), its own cross-entropy and, where it leads, its entropy are left out.

    Attributes:
        alpha: alpha, weight of the prototypes' cross-entropy; 1 in the code.
        momentum: epsilon, weight of the old prototypes; 0.2 in the code.
        share: part of the training split that the prototypes are of; 0.1 in the code.
        end: end of the modulation, as a fraction of the epochs; 100 of 150 in the code.
        mu: mu, weight of the entropy; 0.1 is this package's (the code has no such term).
        entropy_end: end of the entropy term, as a fraction of the epochs; 0.1 is this package's.
        coefficients: `clipped` as in the paper, or `indicator`, 1 wherever a modality lags, as in the code.
    """

    name = "pmr"
    title = "PMR"
    version = 3
    family = "objective"
    reference = "Fan et al., PMR: Prototypical Modal Rebalance, CVPR 2023"
    remembered = (*Windowed.remembered, "_prototypes")
    neutral = {"alpha": 0.0, "mu": 0.0}
    variants = {
        **Windowed.variants,
        "released": {"coefficients": "indicator", "mu": 0.0},
    }

    alpha: NonNegativeFloat = 1.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.2
    share: Annotated[float, Field(gt=0, le=1)] = 0.1
    end: Annotated[float, Field(ge=0, le=1)] = 0.667
    mu: NonNegativeFloat = 0.1
    entropy_end: Annotated[float, Field(ge=0, le=1)] = 0.1
    coefficients: Literal["clipped", "indicator"] = "clipped"

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No prototypes yet."""
        super().setup(state, weights)
        self._prototypes: dict[str, Tensor] = {}

    def on_epoch_start(self, state: TrainState) -> None:
        """Renew the prototypes, as long as a loss asks for them."""
        super().on_epoch_start(state)
        if not self._modulates(state):
            return
        size = max(1, round(self.share * len(state.train)))
        order = torch.randperm(len(state.train), generator=state.generator(self.name))
        part = state.train.part(order[:size].to(state.device))
        for modality, features in infer(state.model, part).features.items():
            old = self._prototypes.get(modality)
            new = class_means(features, part.target, state.blueprint.classes, old)
            self._prototypes[modality] = new if old is None else torch.lerp(new, old, self.momentum)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """The joint loss, the lagging modalities' and the leader's entropy."""
        terms = super().losses(state, batch, output)
        if not self._modulates(state):
            state.log_acted({})
            return terms
        similarity = {
            # Not by way of a matrix product, the square root of which is approximate and each maker's own.
            m: -torch.cdist(h, self._prototypes[m], compute_mode="donot_use_mm_for_euclid_dist")
            for m, h in output.features.items()
        }
        log_p = torch.stack([sim.log_softmax(1) for sim in similarity.values()])
        lags = self._lags(log_p.detach(), batch.target)
        acting = torch.ones_like(lags)
        for position, modality in enumerate(similarity):
            if not self.acts_on(modality):
                acting[position] = 0
        changed = self.alpha * lags * acting != 0
        for lag, (modality, sim) in zip(lags * acting, similarity.items(), strict=True):
            state.log(f"c/{modality}", lag)
            terms[f"prototype/{modality}"] = self.alpha * lag * F.cross_entropy(sim, batch.target)
        if self.mu and self._progress(state) < self.entropy_end:
            entropy = -(log_p.exp() * log_p).sum(-1).mean(1)
            leading = lags == lags.min()
            led = torch.where(leading, lags.max() * (acting * entropy), 0.0)
            terms["entropy"] = -self.mu * (led.sum() / leading.sum())
            changed |= leading & (lags.max() * acting != 0)
        state.log_acted(dict(zip(similarity, changed, strict=True)))
        return terms

    def _progress(self, state: TrainState) -> float:
        return state.epoch / state.epochs

    def _modulates(self, state: TrainState) -> bool:
        return self._progress(state) < self.end and bool(self.alpha or self.mu)

    def _lags(self, log_p: Tensor, target: Tensor) -> Tensor:
        """c_m (M,) from log-probabilities (M, B, C); the leader's is 0."""
        score = log_p.exp().gather(2, target.expand(len(log_p), -1).unsqueeze(2)).sum((1, 2))
        behind = score.max() / score.clamp(min=torch.finfo(score.dtype).tiny) - 1
        return behind.clamp(0, 1) if self.coefficients == "clipped" else (behind > 0).to(score.dtype)


def class_means(features: Tensor, target: Tensor, classes: int, old: Tensor | None) -> Tensor:
    """Mean feature of each class (C, d); for a class without samples its `old` one, or the mean of all."""
    members = F.one_hot(target, classes).to(features.dtype)
    count = members.sum(0).unsqueeze(1)
    missing = features.mean(0).expand(classes, -1) if old is None else old
    return torch.where(count > 0, members.t() @ features / count.clamp(min=1), missing)
