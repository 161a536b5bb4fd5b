"""A finished run's model, in the state that validation selected."""

from dataclasses import dataclass, replace
from pathlib import Path

from inforeg.data.split import Data
from inforeg.engine import checkpoint
from inforeg.engine.assembly import blueprint, built, method_of, training_split
from inforeg.engine.contents import MODEL
from inforeg.engine.device import placed, prepare_process
from inforeg.engine.evaluate import evaluate
from inforeg.methods.base import Method
from inforeg.models.multimodal import MultimodalModel
from inforeg.runspec import MACHINE, Machine, RunSpec


@dataclass(frozen=True)
class Restored:
    """A finished run, ready to answer.

    Attributes:
        spec: of the run.
        model: with the weights of the best validation epoch, in evaluation mode.
        method: of the run.
        data: of the run's benchmark, on the model's device; `train` has the labels that it was trained on.
    """

    spec: RunSpec
    model: MultimodalModel
    method: Method
    data: Data


def restore(spec: RunSpec, folder: Path, data: Data, machine: Machine = MACHINE) -> Restored:
    """The run `spec` in `folder` on this machine, whichever trained it; `data` are those of its benchmark."""
    prepare_process(machine)
    method, data = method_of(spec), placed(data, machine)
    model = built(blueprint(spec, data), method, data, machine)
    model.load_state_dict(checkpoint.load(folder / MODEL))
    return Restored(spec, model.eval(), method, replace(data, train=training_split(spec, data)))


def evaluate_run(run: Restored) -> dict[str, float]:
    """Validation and test metrics of the run's model, computed anew."""
    parts = {"val": run.data.val, "test": run.data.test}
    return {
        f"{name}/{metric}": value
        for name, split in parts.items()
        for metric, value in evaluate(run.model, run.method, split).metrics.items()
    }
