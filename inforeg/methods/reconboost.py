"""ReconBoost: modalities boosted in turn."""

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor

from inforeg.methods.base import Batch, LoadWeights, Method, MultimodalModel, Output, TrainState
from inforeg.models.heads import SharedMLP
from inforeg.models.inference import infer
from inforeg.models.multimodal import encoded


class ReconBoost(Method):
    """Modalities take stages in turn, each fitted to what the others lack, then all are rectified together.

    A stage trains one encoder and the shared head on -w_1 y log p_m / C + w_2 y p_others log p_m / C + alpha
    |p_m - p_before|^2 / C, with p_others of the boosted sum of the others that had a stage and p_before of
    the modality of the stage before, both as they were when the stage began, on the clean view; a
    rectification then trains everything on the cross-entropy of the boosted sum. Both are of one length, and
    the optimiser starts anew with each. Encoders at rest neither run nor move. Modalities take turns by name.
    A stage is an epoch of the benchmark's like any other, so that in all this costs fewer passes than joint
    training.

    Attributes:
        stage: length of a stage and of a rectification, as a fraction of the epochs, at least one epoch; 4
            epochs each in the code, which runs for hundreds of them.
        w1: w_1; 5 in the code.
        w2: w_2; 1 in the code.
        alpha: alpha of the agreement; 0.5 in the code.
        agreement: `attached`, or `detached` as in the code, where it has no gradient.
    """

    name = "reconboost"
    title = "ReconBoost"
    family = "optimisation"
    reference = "Hua et al., ReconBoost, ICML 2024"
    remembered = ("_others", "_before")
    head = SharedMLP
    fusions = ("concat", "sum")
    same_width = True
    own_losses = True
    multitask = True
    variants = {"released": {"agreement": "detached"}}

    stage: Annotated[float, Field(gt=0, le=0.5)] = 0.05
    w1: PositiveFloat = 5.0
    w2: NonNegativeFloat = 1.0
    alpha: NonNegativeFloat = 0.5
    agreement: Literal["attached", "detached"] = "attached"

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Nobody had a stage."""
        self._length = max(1, round(self.stage * state.epochs))
        self._others: Tensor | None = None
        self._before: Tensor | None = None

    def on_epoch_start(self, state: TrainState) -> None:
        """Begin a stage or a rectification, if it is time."""
        number, first = divmod(state.epoch, self._length)
        turns = sorted(state.model.modalities)
        self._learner = turns[number // 2 % len(turns)] if number % 2 == 0 else None
        state.log_each("trains", {m: self._learner in (None, m) for m in turns})
        if first:
            return
        state.optimizer.state.clear()
        stages = number // 2
        resting = [m for m in turns[:stages] if m != self._learner]
        if self._learner and resting:
            self._ask(state, resting, before=turns[(stages - 1) % len(turns)])

    @torch.no_grad()
    def _ask(self, state: TrainState, resting: list[str], before: str) -> None:
        """Ask those at rest once: they stay as they are through the stage."""
        encoders = {m: state.model.encoders[m] for m in resting}
        boosted = infer(MultimodalModel(encoders, state.model.fusion), state.train)
        self._others = boosted.logits.softmax(1)
        self._before = boosted.unimodal[before].softmax(1)

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Of the learner alone, or of all."""
        if self._learner is None:
            output: Output = state.model(batch.inputs)
            return output
        features = encoded(state.model.encoders[self._learner], batch.inputs[self._learner])
        return state.model.fuse({self._learner: features})

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Of a stage or of the rectification."""
        if self._learner is None:
            return {"rectification": F.cross_entropy(output.logits, batch.target)}
        logits = output.unimodal[self._learner]
        residual = self.w1 * torch.ones_like(logits)
        if self._others is not None:
            residual = residual - self.w2 * self._others[batch.index]
        truth = F.one_hot(batch.target, logits.shape[1])
        terms = {"residual": -(truth * residual * logits.log_softmax(1)).mean(1).mean()}
        if self._before is not None:
            p = logits.softmax(1) if self.agreement == "attached" else logits.softmax(1).detach()
            terms["agreement"] = self.alpha * F.mse_loss(p, self._before[batch.index])
        return terms
