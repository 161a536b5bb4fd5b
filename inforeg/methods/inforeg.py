"""InfoReg, as a thin adapter over `inforeg.regulation`."""

from typing import Annotated, Literal

from pydantic import Field

from inforeg.methods.base import Batch, LoadWeights, Method, Output, RunConfig, TrainState
from inforeg.methods.shared.windowed import measured_traces
from inforeg.regulation import InfoReg, ReleasedInfoReg
from inforeg.regulation.window import Active


class InfoRegMethod(Method):
    """Slow the sufficient modalities inside their prime learning windows (Algorithm 1).

    With s_m the mean log-probability of the true class through modality m's logits (Eq. 8), Delta_m is the
    mean lead of m over the modalities that score less (Eq. 9-10). While m's window is open, which it is
    where (Tr^{t-1} - Tr^{t-2}) / Tr^{t-1} > K for Tr(F) of the epochs before (Eq. 11), a modality that
    leads is pulled back: its encoder's gradient gains that of P = alpha / 2 ||w - w_epoch_start||^2
    (Eq. 12), with alpha = exp(beta tanh(Delta_m)) (Eq. 16).

    Attributes:
        beta: beta of alpha, Eq. 16; 0.9 in the paper (Figure 7).
        threshold: K of the window, Eq. 11; 0.04 in the paper (Figure 8), 0.05 in the code.
        criterion: of the window: `single` is Eq. 11.
        active: when a modality is regulated: while its window is open, or, for comparison (Table 4), `always`
            or `outside_prime`, in all epochs but the first two, or in those in which it is closed.
        form: `pull` is Eq. 12; `rate`, an extension, divides the gradient by alpha.
        weight: factor on the pull, 1 in the paper; 0 switches it off.
        definition: `paper` follows the equations, `released` the code of November 2025, which is InfoReg*
            with a window, strengths and a trace of its own (beta, criterion, form and weight have no say).
        leader: of `released`: the modality that decides; empty: the benchmark's first.
        leader_strength: of `released`, when the leader is ahead; 0.95 in the code for audio.
        other_strength: of `released`, when the other is ahead; 0.1 in the code for video.
    """

    name = "inforeg"
    title = "InfoReg"
    family = "optimisation"
    reference = "Huang et al., InfoReg, CVPR 2025"
    remembered = ("_regulation",)
    neutral = {"beta": 0.0, "weight": 0.0}
    variants = {
        "released": {"definition": "released", "threshold": 0.05, "unimodal_weight": 1.0},
        "rate": {"form": "rate"},
        "always": {"active": "always"},
        "outside_prime": {"active": "outside_prime"},
    }

    beta: Annotated[float, Field(ge=0, le=10, description="beta of alpha, Eq. 16")] = 0.9
    threshold: Annotated[float, Field(ge=0, lt=1, description="K of the window, Eq. 11")] = 0.04
    criterion: Literal["single", "mean3_latch", "released"] = "single"
    active: Active = "prime"
    form: Literal["pull", "rate"] = "pull"
    weight: Annotated[float, Field(ge=0, description="factor on the pull")] = 1.0
    definition: Literal["paper", "released"] = "paper"
    leader: Annotated[
        str, Field(description="of `released`: the modality that decides; empty: the first")
    ] = ""
    leader_strength: Annotated[float, Field(ge=0)] = 0.95
    other_strength: Annotated[float, Field(ge=0)] = 0.1

    def supports(self, config: RunConfig) -> tuple[bool, str]:
        """The released code knows two modalities."""
        if self.definition == "released" and len(config.encoders) != 2:
            return False, "the released code knows two modalities"
        if self.definition == "released" and self.active != "prime":
            return False, "the released code knows no other time than its window"
        if self.leader and self.leader not in config.encoders:
            return False, f"leader = {self.leader!r} is none of {', '.join(config.encoders)}"
        return True, ""

    def setup(self, state: TrainState, weights: LoadWeights) -> None:
        """Make the regulation over the model's encoders."""
        encoders = {m: state.model.parameters_of(m) for m in state.model.modalities}
        self._regulation: InfoReg
        if self.definition == "released":
            self._regulation = ReleasedInfoReg(
                encoders,
                reference=self.leader or state.model.modalities[0],
                reference_strength=self.leader_strength,
                other_strength=self.other_strength,
                threshold=self.threshold,
            )
        else:
            self._regulation = InfoReg(
                encoders,
                beta=self.beta,
                threshold=self.threshold,
                criterion=self.criterion,
                active=self.active,
                form=self.form,
                weight=self.weight,
            )

    def on_epoch_start(self, state: TrainState) -> None:
        """Decide the windows."""
        self._regulation.open_epoch()
        state.log_each("window", self._regulation.windows)

    def on_gradients(self, state: TrainState, batch: Batch, output: Output) -> None:
        """Regulate; the loop has measured the gradients already."""
        state.log_acted(self._regulation.apply(output.unimodal, batch.target, state.trace.norms))

    def on_epoch_end(self, state: TrainState, metrics: dict[str, float]) -> None:
        """Give the regulation the run's own estimate of Tr(F)."""
        state.log_each("alpha", self._regulation.close_epoch(measured_traces(state, metrics)))
