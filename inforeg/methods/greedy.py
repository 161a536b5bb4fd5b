"""Greedy: balanced learning speeds between branches that squeeze-and-excitation joins."""

import math
from collections.abc import Iterable
from functools import partial
from typing import Annotated, Literal, cast

import torch
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt
from torch import Tensor, nn

from inforeg.methods.base import (
    Batch,
    Blueprint,
    LoadWeights,
    Method,
    Output,
    RunConfig,
    TrainState,
    stream,
    unimodal_losses,
)
from inforeg.models.joined import MMTM, Branches, JoinedModel, join
from inforeg.models.multimodal import MultimodalModel, branch
from inforeg.registry import ENCODERS


class Greedy(Method):
    """Balance the speeds at which branches learn from each other.

    MMTM modules join the branches after their last intermediate depths; the loss is the sum of the branches'
    cross-entropies and the answer the mean of their logits. Every regular step adds |g|^2 / |w|^2 of the
    parameters that write into branch m (bypass: the shared squeeze and its excitation, of all depths) and of
    branch m with its head (main) to running sums, whose BDR_m = log10(bypass_m / main_m). Where the largest
    BDR exceeds the smallest by more than epsilon, the next Q steps re-balance: the branch with the largest is
    rescaled by the running average of its excitation, which cuts the flow from the others. The paper has two
    branches; largest and smallest are this package's reading for more. The answer to a test always uses the
    actual excitations; the code leaves the mode of the last training step on, and its averages also take in
    the evaluations, the test split's among them. What is reported of one modality (accuracy, score, probe) is
    of its branch alone, whose excitation is held at the running average of its own, at every depth; also with
    `average: leader`.

    Attributes:
        epsilon: epsilon, tolerated difference of BDR; 0.01 in the code.
        steps: Q, re-balancing steps in a row; 5 in the code.
        warm_up: epochs of regular steps alone; 1 in the code, which acts from its epoch 2 on.
        joins: depths that are joined, counted from the last; 3 in the code, ResNet-18's layers 2 to 4.
        ratio: the bottleneck is 2 sum_m d_m / ratio wide; 4 in the code.
        gain: the largest excitation; 2 in MMTM's paper, 1 in the code.
        average: whose running average rescales a branch that is held: its `own`, or the `leader`'s, as in
            the code by mistake.
        leader: of `average: leader`: that branch; empty: the benchmark's first, as in the code.
    """

    name = "greedy"
    title = "Greedy"
    version = 2
    family = "feed-forward"
    reference = "Wu et al., Characterizing and Overcoming the Greedy Nature, ICML 2022"
    remembered = ("_bypass", "_main", "_held", "_left")
    fusions = ("concat", "sum")
    own_losses = True
    variants = {"released": {"average": "leader", "gain": 1.0}}

    epsilon: Annotated[float, Field(ge=0)] = 0.01
    steps: PositiveInt = 5
    warm_up: NonNegativeInt = 1
    joins: PositiveInt = 3
    ratio: PositiveInt = 4
    gain: PositiveFloat = 2.0
    average: Literal["own", "leader"] = "own"
    leader: str = ""

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """Encoders with an intermediate depth, and for `average: leader` two alike."""
        recipes = {m: ENCODERS.build(e.kind, e.options) for m, e in config.encoders.items()}
        joined = [recipe.stage_widths[-self.joins :] for recipe in recipes.values()]
        if not all(joined):
            return False, "an encoder has no intermediate depth at which branches could be joined"
        if self.leader and self.leader not in recipes:
            return False, f"leader = {self.leader!r} is none of {', '.join(recipes)}"
        if self.average == "leader" and (len(joined) != 2 or joined[0] != joined[1]):
            return False, "the released code knows two branches of the same widths"
        return True, ""

    def build(self, blueprint: Blueprint) -> MultimodalModel:
        """The encoders, cut and joined at as many of the last depths as all have."""
        leader = (self.leader or next(iter(blueprint.encoders))) if self.average == "leader" else ""
        recipes = {m: recipe for m, (recipe, _) in blueprint.encoders.items()}
        depths = min(len(recipe.stage_widths[-self.joins :]) for recipe in recipes.values())
        streams = partial(stream, blueprint.seed, "init", "mmtm")
        make = partial(MMTM, ratio=self.ratio, gain=self.gain, leader=leader)
        model = join(blueprint.build(fusion=Branches), recipes, depths, make, streams)
        blueprint.weigh(cast(Branches, model.fusion).joints, streams)
        return model

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """No step has been made."""
        self._bypass = dict.fromkeys(state.model.modalities, 0.0)
        self._main = dict.fromkeys(state.model.modalities, 0.0)
        self._held: list[str] = []
        self._left = 0

    def forward(self, state: TrainState, batch: Batch) -> Output:
        """Regular, or with the excitation of one branch at its average."""
        features = cast(JoinedModel, state.model).encode(batch.inputs, self._held)
        for modality, h in features.items():
            # The encoders are run piece by piece, which nobody else counts.
            state.cost.count(modality, h)
            state.log(f"rebalanced/{modality}", float(modality in self._held))
        return state.model.fuse(features)

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """Each branch's cross-entropy."""
        return unimodal_losses(output, batch)

    @torch.no_grad()
    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """After a regular step take in the speeds and decide about the next steps."""
        if self._left:
            self._left -= 1
            self._held = self._held if self._left else []
            return
        joints = [cast(MMTM, joint) for joint in cast(Branches, state.model.fusion).joints]
        for m in self._bypass:
            self._bypass[m] += speed(p for joint in joints for p in joint.parameters_of(m))
            self._main[m] += speed(branch(state.model, m).parameters())
        bdr = {m: log_ratio(self._bypass[m], self._main[m]) for m in self._bypass}
        state.log_each("bdr", bdr)
        largest = max(bdr.values())
        if state.epoch >= self.warm_up and largest - min(bdr.values()) > self.epsilon:
            self._held = [m for m, value in bdr.items() if value == largest]
            self._left = self.steps


def speed(parameters: Iterable[nn.Parameter]) -> float:
    """|g|^2 / |w|^2 of a group of parameters; weights that are all 0 count as the smallest float."""
    pairs = [(p.grad, p.detach()) for p in parameters if p.grad is not None]
    gradients, values = (
        torch.stack(torch._foreach_norm(tensors)).square().sum() for tensors in zip(*pairs, strict=True)
    )
    return (gradients / values.clamp(min=torch.finfo(values.dtype).tiny)).item()


def log_ratio(bypass: float, main: float) -> float:
    """BDR = log10(bypass / main); sums that are 0 (no gradient came through) count as the smallest float."""
    tiny = torch.finfo(torch.float32).tiny
    return math.log10(max(bypass, tiny)) - math.log10(max(main, tiny))
