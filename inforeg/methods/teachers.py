"""The unimodal runs beside a run, as teachers or as parts of an ensemble."""

from torch import Tensor

from inforeg.methods.base import LoadWeights, Output, RunSpec, TrainState
from inforeg.methods.unimodal import Unimodal
from inforeg.models.fusions.sum import Sum
from inforeg.models.inference import infer
from inforeg.registry import METHODS


def unimodal_runs(spec: RunSpec) -> list[RunSpec]:
    """The unimodal runs of all modalities beside the run `spec`: same benchmark, training and seed.

    A variant that is not the method's own may be of another training, so its unimodal runs are too.
    """
    own = spec.variant in ("default", *METHODS.get(spec.method).variants)
    prefix = "" if own else f"{spec.variant}_"
    return [
        spec.model_copy(
            update={
                "method": Unimodal.name,
                "variant": f"{prefix}{modality}",
                "versions": {**spec.versions, "method": Unimodal.version},
                "settings": METHODS.options(Unimodal(modality=modality)),
            }
        )
        for modality in spec.config.encoders
    ]


def joined_weights(spec: RunSpec, weights: LoadWeights) -> dict[str, Tensor]:
    """The weights of `unimodal_runs(spec)`, which are those of one model of all modalities under `Sum`."""
    return {name: tensor for run in unimodal_runs(spec) for name, tensor in weights(run).items()}


def ask_teachers(state: TrainState, weights: LoadWeights) -> Output:
    """Features and logits, without gradient, of the teachers for the whole training split in order.

    Frozen teachers say the same of a sample in every epoch, so they are asked once.
    """
    teachers = state.blueprint.build(fusion=Sum).to(state.device).eval()
    teachers.load_state_dict(joined_weights(state.spec, weights))
    state.cost.watch(teachers)
    return infer(teachers, state.train)
