"""LFM: learning to facilitate multimodal classification by the modality gap."""

import math
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, PositiveInt
from torch import Tensor

from inforeg.methods.base import Batch, LoadWeights, Method, Output, Split, TrainState, stream
from inforeg.methods.shared.held_out import together
from inforeg.models.heads import Mean

POLYNOMIAL = (0.2046, 3.355e-3, 1.23e-4, -2.93e-6, 2.24e-8, -5.4e-11)  # in epochs, in the code
POLYNOMIAL_EPOCHS = 200


class LFM(Method):
    """First close the gap between the modalities' predictions, then, bit by bit, classify.

    L = 2 (alpha CE(mean_m u_m) + (1 - alpha) D), D the mean over modalities of a divergence between p_m and
    the mean prediction q. `learned`: D = KL(p_m || q), the Jensen-Shannon divergence, and once an epoch alpha
    moves against the gradient of the loss of held-out training samples after one step of gradient descent:
    that gradient is proportional to the inner product of the held-out loss's gradient with that of CE - D;
    alpha moves by `step_size` times their cosine, which is this package's reading of the paper's meta step.
    The samples held out are not trained on; both gradients are of the clean view. `polynomial`, as the code:
    D = KL(q || p_m), alpha a polynomial in the epoch, here in the share of the training that is done. The
    paper's contrastive term, which its code for CREMA-D lacks, is not in either.

    Attributes:
        schedule: of alpha: `learned` or `polynomial`.
        start: alpha at first; 0.05 in the code that learns it.
        limit: alpha stays between this and 1 minus this; 0.05 in that code.
        step_size: of alpha, an epoch; 0.1 is this package's.
        held_out: training samples held out; 16 in that code.
    """

    name = "lfm"
    title = "LFM"
    version = 2
    family = "objective"
    reference = "Yang et al., Dynamically Learning Modality Gap, NeurIPS 2024"
    remembered = ("_alpha",)
    head = Mean
    fusions = ("concat", "sum")
    own_losses = True
    variants = {"released": {"schedule": "polynomial"}}

    schedule: Literal["learned", "polynomial"] = "learned"
    start: Annotated[float, Field(ge=0, le=1)] = 0.05
    limit: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    step_size: Annotated[float, Field(ge=0, le=1)] = 0.1
    held_out: PositiveInt = 16

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Hold samples out, if alpha is learned."""
        self._alpha = self.start
        size = min(self.held_out, len(state.train) // 2) if self.schedule == "learned" else 0
        order = torch.randperm(len(state.train), generator=stream(state.spec.seed, "method", self.name))
        self._unseen = order[:size].to(state.device)

    def sampler(self, state: TrainState, split: Split) -> Iterable[Tensor]:
        """The usual batches less the samples held out."""
        batches = super().sampler(state, split)
        kept = (index[~torch.isin(index, self._unseen)] for index in batches)
        return together(kept, state.spec.config.training.batch_size)

    def on_epoch_start(self, state: TrainState) -> None:
        """Move alpha."""
        if self.schedule == "polynomial":
            epoch = POLYNOMIAL_EPOCHS * state.epoch / state.epochs
            self._alpha = math.fsum(factor * epoch**power for power, factor in enumerate(POLYNOMIAL))
        elif state.epoch:
            moved = self._alpha + self.step_size * self._agreement(state)
            self._alpha = min(max(moved, self.limit), 1 - self.limit)
        state.log("alpha", self._alpha)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Classification and the gap."""
        joint, apart = self._terms(output, batch)
        return {"joint": 2 * self._alpha * joint, "gap": 2 * (1 - self._alpha) * apart}

    def _terms(self, output: Output, batch: Batch) -> tuple[Tensor, Tensor]:
        towards_mean = self.schedule == "learned"
        return F.cross_entropy(output.logits, batch.target), gap(output.unimodal, towards_mean=towards_mean)

    def _agreement(self, state: TrainState) -> float:
        """Cosine between the gradients of the held-out loss and of CE - D on as many training samples."""
        order = torch.randperm(len(state.train), generator=state.generator(self.name)).to(state.device)
        seen = order[~torch.isin(order, self._unseen)][: state.spec.config.training.batch_size]
        state.model.eval()
        losses = []
        for index in (self._unseen, seen):
            batch = state.train.batch(index)
            with state.autocast():
                output = state.model(batch.inputs).float()
            joint, apart = self._terms(output, batch)
            losses.append(joint if index is self._unseen else joint - apart)
        state.model.train()
        unseen, difference = (
            torch.cat([g.flatten() for g in state.gradients_of(loss, state.model.parameters())])
            for loss in losses
        )
        return F.cosine_similarity(unseen, difference, dim=0).item()


def gap(unimodal: Mapping[str, Tensor], *, towards_mean: bool) -> Tensor:
    """mean_m KL(p_m || q), or mean_m KL(q || p_m), q the mean prediction; over logits (B, C)."""
    log_p = torch.stack(list(unimodal.values())).log_softmax(-1)
    log_q = (log_p.logsumexp(0) - math.log(len(log_p))).expand_as(log_p)
    source, target = (log_p, log_q) if towards_mean else (log_q, log_p)
    return (source.exp() * (source - target)).sum(-1).mean()
