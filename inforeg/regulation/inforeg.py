"""InfoReg (CVPR 2025) for any training loop: slow a sufficient modality in its prime learning window."""

import math
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import Tensor

from inforeg.errors import unknown
from inforeg.regulation.epochs import Encoders, Epochs, check_setting
from inforeg.regulation.numbers import any_of, on, waits
from inforeg.regulation.scores import discrepancy, leads, scores
from inforeg.regulation.stored import HALF, dense, norms_of, stored
from inforeg.regulation.window import Active

Form = Literal["pull", "rate"]
Number = TypeVar("Number", float, Tensor)


class InfoReg(Epochs):
    """Adaptive regulation of the encoders' information acquisition, without an extra backward pass.

    ```python
    regulation = InfoReg({"audio": net.audio, "video": net.video}, beta=0.9, threshold=0.04)
    for epoch in range(epochs):
        with regulation.epoch():
            for inputs, target in loader:
                ...
                loss.backward()
                regulation.regulate({"audio": logits_audio, "video": logits_video}, target)
                optimizer.step()
    ```

    Under mixed precision, unscale the gradients before `regulate`. A batch with a gradient that is not
    finite, which a gradient scaler skips, is left alone and does not count in Tr(F); an epoch of which none
    counts is left out of the history, with a warning. Scores are computed in float32 at least, and sparse
    gradients stay sparse. Save `state_dict` between epochs.

    Args:
        encoders: each modality's encoder, or its parameters.
        beta: beta of alpha = exp(beta tanh(Delta_m)), Eq. 16; the paper's 0.9.
        threshold: K of the window, Eq. 11; the paper's 0.04.
        criterion: `single` (Eq. 11), `mean3_latch` or `released`; see `inforeg.regulation.window`.
        active: `prime` regulates a modality while its window is open; `always` and `outside_prime`, for
            comparison, in all epochs but the first two, which Algorithm 1 only records, or in those of them
            in which it is closed.
        form: `pull` adds the gradient of P = alpha / 2 ||w - w_epoch_start||^2, Eq. 12; `rate`, an
            extension, divides the gradient by alpha instead, so that the encoder learns more slowly.
        weight: factor on the pull; 0 switches it off. `rate` has no use for it.

    Attributes:
        factors: on alpha, by modality: 1.
        skipped: batches of the epochs so far that `regulate` found not to be finite.
    """

    called = "regulation"
    shown = ("beta", "active", "form", "weight")

    def __init__(
        self,
        encoders: Encoders,
        *,
        beta: float = 0.9,
        threshold: float = 0.04,
        criterion: str = "single",
        active: Active = "prime",
        form: Form = "pull",
        weight: float = 1.0,
    ) -> None:
        if active not in get_args(Active):
            raise unknown("time of regulation", active, get_args(Active))
        if form not in get_args(Form):
            raise unknown("form of regulation", form, get_args(Form))
        check_setting(beta=beta, weight=weight)
        super().__init__(encoders, threshold, criterion)
        self.beta, self.weight = beta, weight
        self.active, self.form = active, form
        self.factors = dict.fromkeys(self.groups, 1.0)
        self._anchors: dict[str, list[Tensor]] = {}
        self._past_steps, self._past_acted = 0, 0

    @property
    def acted(self) -> float:
        """Share of the steps of the epochs so far in which a gradient was changed."""
        return self._past_acted / max(self._past_steps, 1)

    def acts_on(self, modality: str) -> bool:
        """Whether the modality may be regulated in the current epoch."""
        recorded = self.active != "always" or len(self.history[modality]) >= 2
        return recorded and self._past.acts_on(modality, self.active)

    def open_epoch(self) -> None:
        """Decide the windows and keep the weights that the pull holds on to, w^{t-1}."""
        super().open_epoch()
        self._anchors = {
            modality: [parameter.detach().clone() for parameter in parameters]
            for modality, parameters in self.groups.items()
            if self.acts_on(modality) and self.form == "pull"
        }

    def close_epoch(self, traces: Mapping[str, float] | None = None) -> dict[str, float]:
        """Take the epoch into the history.

        Args:
            traces: Tr(F_m) by modality, where someone else measures it; else the `batch` estimate of the
                gradients seen by `regulate`.

        Returns:
            The mean strength over the epoch's batches by modality: alpha where the regulation acted, else 0.
        """
        self._past_steps += self._steps
        self._past_acted += int(self._acted)
        strengths = self._mean_strengths()
        self._remember(traces)
        return strengths

    def regulate(self, unimodal: Mapping[str, Tensor], target: Tensor) -> None:
        """Measure the gradients of one batch, then edit them; call between `backward` and `step`.

        Args:
            unimodal: logits (B, C) per modality.
            target: class indices, (B,).
        """
        self.trace.add()
        self.apply(unimodal, target, self.trace.norms)

    @torch.no_grad()
    def apply(
        self, unimodal: Mapping[str, Tensor], target: Tensor, norms: list[Tensor] | None = None
    ) -> dict[str, Tensor | bool]:
        """Edit the gradients of one batch without taking them into Tr(F).

        Args:
            unimodal: as `regulate`.
            target: likewise.
            norms: of the gradients, where they are known.

        Returns:
            Whether a gradient was changed, by modality where it may have been: the pull is nothing while the
            weights are those of the epoch's start, as they are in its first step.
        """
        given = self._given(unimodal, target)
        self._steps += 1
        changed: dict[str, Tensor | bool] = {}
        if not any(map(self.acts_on, self.groups)):
            return changed
        score = self._score(given, target)
        strengths = self._strengths(score, norms or norms_of(self.trace.parameters))
        for modality, strength in zip(self.groups, strengths, strict=True):
            if self.acts_on(modality) and (isinstance(strength, Tensor) or strength):
                changed[modality] = self._edit(modality, self.factors[modality] * strength)
        self._acted += any_of(changed.values())
        return changed

    def _strengths(self, score: Tensor, norms: list[Tensor]) -> Sequence[Tensor | float]:
        """By modality alpha, 0 where it leads none or a gradient is not finite; as numbers on a CPU."""
        largest = torch.stack(norms).amax()
        strengths: Sequence[Tensor | float]
        if waits(score.device):
            led = torch.where(largest.square().isfinite().to(score.device), leads(score), 0.0)
            strengths = torch.where(led > 0, alpha(led, self.beta, torch), 0.0).unbind()
        else:
            finite = largest.item() ** 2 <= torch.finfo(largest.dtype).max
            found = discrepancy(score.tolist()) if finite else [0.0] * len(score)
            led = torch.tensor(found, dtype=torch.float64)
            alphas = alpha(led, self.beta, torch).tolist()
            strengths = [each if lead else 0.0 for each, lead in zip(alphas, found, strict=True)]
        self._led.append(led)
        return strengths

    def _mean_strengths(self) -> dict[str, float]:
        """Mean alpha over the epoch's batches by modality, 0 where it did not act; read once."""
        sums = dict.fromkeys(self.groups, 0.0)
        for batch in torch.stack(self._led).tolist() if self._led else []:
            for (modality, factor), lead in zip(self.factors.items(), batch, strict=True):
                if lead and self.acts_on(modality):
                    sums[modality] += factor * alpha(lead, self.beta, math)
        return {modality: total / max(self._steps, 1) for modality, total in sums.items()}

    def _forget(self) -> None:
        """Start an epoch's counts."""
        super()._forget()
        self._led: list[Tensor] = []
        self._moved: set[str] = set()
        self._steps = 0
        self._acted: Tensor | int = 0

    def _score(self, unimodal: Mapping[str, Tensor], target: Tensor) -> Tensor:
        """What decides who leads, (M,)."""
        return scores(unimodal, target)

    def _edit(self, modality: str, strength: Tensor | float) -> Tensor | bool:
        """Regulate one encoder's gradients in place with alpha_m, 0 for none; whether that changed one."""
        group = self.groups[modality]
        parameters = [p for p in group if p.grad is not None]
        if not parameters or (self.form == "pull" and not self.weight):  # none: a frozen encoder
            return False
        if self.form == "rate":
            there = on(parameters[0].device, strength)
            divisor = torch.where(there > 0, there, 1.0)
            torch._foreach_div_([g for g in map(stored, parameters) if g is not None], divisor)
            return divisor != 1
        anchors = [a for p, a in zip(group, self._anchors[modality], strict=True) if p.grad is not None]
        pulls = list(torch._foreach_sub(list[Tensor](parameters), anchors))
        with dense(parameters) as gradients:
            add(gradients, pulls, self.weight * strength)
        return (strength > 0) & (modality in self._moved or self._leave(modality, pulls))

    def _leave(self, modality: str, pulls: list[Tensor]) -> Tensor | bool:
        """Whether the weights have left those of the epoch's start, to which they do not come back."""
        left = torch.stack(torch._foreach_norm(pulls, float("inf"))).max() > 0
        if waits(left.device):
            return left
        if left:
            self._moved.add(modality)
        return bool(left)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed training needs: the traces of the epochs so far, and what was counted."""
        return {**super().state_dict(), "steps": self._past_steps, "acted": self._past_acted}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a `state_dict`; its modalities must be these."""
        super().load_state_dict(state)
        self._past_steps, self._past_acted = state.get("steps", 0), state.get("acted", 0)


def alpha(lead: Number, beta: float, of: ModuleType) -> Number:
    """exp(beta tanh(Delta_m)), Eq. 16, by the functions of `of`: `math` for a number, `torch` for tensors."""
    found: Number = of.exp(beta * of.tanh(lead))
    return found


def add(gradients: list[Tensor], pulls: list[Tensor], factor: Tensor | float) -> None:
    """Add `factor`, one number, times the pulls to gradients in place; in float32 at least."""
    wide = [g.float() if g.dtype in HALF else g for g in gradients]
    # Not a product and a sum: each would round, and a CPU's bits differ from those of a factor it knows.
    rounded = {dtype: on(wide[0].device, factor, dtype) for dtype in {w.dtype for w in wide}}
    factors = [rounded[w.dtype] for w in wide]
    torch._foreach_addcmul_(wide, [p.to(w.dtype) for p, w in zip(pulls, wide, strict=True)], factors)
    for gradient, summed in zip(gradients, wide, strict=True):
        if summed is not gradient:
            gradient.copy_(summed)
