"""A finished run's model, in the state that validation selected."""

from dataclasses import dataclass
from pathlib import Path

from inforeg.data.split import Data
from inforeg.engine import checkpoint
from inforeg.engine.contents import MODEL
from inforeg.engine.device import placed, prepare_process
from inforeg.engine.evaluate import evaluate
from inforeg.engine.train import blueprint, method_of
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
        data: of the run's benchmark, on the model's device.
    """

    spec: RunSpec
    model: MultimodalModel
    method: Method
    data: Data


def restore(spec: RunSpec, folder: Path, data: Data, machine: Machine = MACHINE) -> Restored:
    """The run `spec` in `folder` on this machine, whichever trained it; `data` are those of its benchmark."""
    device = prepare_process(machine)
    method = method_of(spec)
    model = method.build(blueprint(spec, data)).to(device)
    model.load_state_dict(checkpoint.load(folder / MODEL))
    return Restored(spec, model.eval(), method, placed(data, machine))


def evaluate_run(run: Restored) -> dict[str, float]:
    """Validation and test metrics of the run's model, computed anew."""
    parts = {"val": run.data.val, "test": run.data.test}
    return {
        f"{name}/{metric}": value
        for name, split in parts.items()
        for metric, value in evaluate(run.model, run.method, split).metrics.items()
    }
