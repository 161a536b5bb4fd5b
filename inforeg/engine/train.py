"""From a spec to a finished run directory."""

import resource
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from inforeg.data.split import Data, Split
from inforeg.engine import checkpoint
from inforeg.engine.assembly import blueprint, built, method_of, training_split
from inforeg.engine.contents import MODEL, Summary
from inforeg.engine.device import placed, prepare_process
from inforeg.engine.finished import check_finite, located
from inforeg.engine.holding import holding
from inforeg.engine.loop import fit
from inforeg.engine.record import Record, check_place
from inforeg.errors import DivergenceError
from inforeg.methods.base import Method
from inforeg.methods.shared.state import TrainState
from inforeg.metrics.cost import Cost
from inforeg.optim.optimizers import OPTIMIZERS
from inforeg.regulation.trace import HEAD, FisherTrace
from inforeg.runspec import MACHINE, Machine, RunSpec


def train(
    spec: RunSpec,
    folder: Path,
    data: Data,
    runs: Path,
    machine: Machine = MACHINE,
    *,
    discard: bool = False,
) -> None:
    """Train `spec` into `folder`, from its last checkpoint if there is one; nothing where it is done.

    Args:
        spec: what to train.
        folder: the run's directory; a second process with the same spec waits for the first.
        data: of the spec's benchmark.
        runs: root of all runs, where those that the method needs lie.
        machine: where it is computed.
        discard: discard a run of another spec in `folder`, or a damaged one; otherwise that is an error.

    Raises:
        DivergenceError: the run, or one that it needs, ended in numbers that are not finite.
        UserError: something else is in `folder` or trained there, or a run that is needed is not whole.
    """
    prepare_process(machine)
    method = method_of(spec)
    there = {needed.digest(): located(needed, runs) for needed in method.needs(spec)}
    data = placed(data, machine)
    state = begin(spec, method, data, machine)
    check_place(folder, spec, replace=discard)
    # Whatever can be refused has been by now, so a refused run leaves nothing behind.
    folder.mkdir(parents=True, exist_ok=True)
    with holding(folder, spec):
        record = Record(folder, spec, machine, replace=discard)
        if record.done:
            return
        try:
            with state.cost:
                method.setup(state, lambda needed: _weights(*there[needed.digest()]))
            _train(record, method, state, data.test, data.ids)
        except DivergenceError as error:
            record.fail(error)
            raise


def _weights(folder: Path, summary: Summary) -> dict[str, Tensor]:
    check_finite(summary)
    weights: dict[str, Tensor] = checkpoint.load(folder / MODEL)
    return weights


def begin(spec: RunSpec, method: Method, data: Data, machine: Machine = MACHINE) -> TrainState:
    """A training before its first epoch, on the device of `data`; the method is not set up yet."""
    plan = blueprint(spec, data)
    model = built(plan, method, data, machine)
    groups = {m: model.parameters_of(m) for m in model.modalities} | {HEAD: list(model.fusion.parameters())}
    optimizer = OPTIMIZERS[spec.config.training.optimizer](model.parameters(), spec.config.training)
    train = training_split(spec, data)
    epochs = method.epochs(spec.config.training.epochs)
    return TrainState(spec, model, optimizer, train, data.val, FisherTrace(groups), plan, Cost(model), epochs)


def _train(record: Record, method: Method, state: TrainState, test: Split, ids: Mapping[str, Tensor]) -> None:
    selection = fit(state, method, test, record)
    summary = {
        "parameters": sum(p.numel() for p in state.model.parameters()),
        "selection": {
            name: {"epoch": rule.epoch, "metrics": rule.metrics} for name, rule in selection.rules.items()
        },
    }
    targets = {"val": state.val.target.cpu(), "test": test.target.cpu()}
    record.finish(selection, targets, ids, summary, _cost(state, record.seconds))


def _cost(state: TrainState, seconds: Mapping[str, float]) -> dict[str, float]:
    """Wall time, samples trained on a second, peak memory of the device or the whole process, and passes."""
    unit = 1 if sys.platform == "darwin" else 2**10  # bytes of ru_maxrss: macOS has its own
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    if state.device.type == "cuda":
        peak = torch.cuda.max_memory_allocated() / 2**20
    return {
        "wall_seconds": seconds["training"] + seconds["evaluation"],
        "training_seconds": seconds["training"],
        "reading_seconds": seconds["reading"],
        "samples_per_second": state.epoch * len(state.train) / seconds["training"],
        "peak_memory_mib": peak,
        **state.cost.passes(len(state.train), len(state.spec.config.encoders)),
    }
