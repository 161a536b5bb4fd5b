"""The one training loop.

```
method.setup                                      once, also of a resumed run
for epoch in method.epochs:
    method.on_epoch_start
    order = method.sampler                        of the whole epoch, before its first step
    for batch in train.stream(order):             augmented, read ahead
        method.on_batch
        method.step:                              a method may replace the whole step
            method.forward -> method.losses -> method.backward
            Tr(F) of the gradients
            method.on_gradients                   edit the gradients
            state.update                          the step
    evaluate train (as many samples as val has, always the same) and val
    end here if anything measured is not finite   before the method compares it
    method.on_epoch_end
    evaluate test                                 after the method had its say: it never sees the test split
    select, log, checkpoint
```
"""

import math
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from inforeg.data.split import Split
from inforeg.engine.evaluate import Evaluation, evaluate
from inforeg.engine.record import Record
from inforeg.engine.selection import Selection
from inforeg.errors import DivergenceError, UserError
from inforeg.methods.base import Method
from inforeg.methods.shared.state import TrainState
from inforeg.metrics.gradients import batch_gradients
from inforeg.metrics.information import at_once, sample_trace
from inforeg.metrics.movement import Places, movement, places, reach
from inforeg.optim.schedules import factor
from inforeg.random import derive, stream
from inforeg.regulation.trace import WHOLE
from inforeg.runspec import Measured


def fit(state: TrainState, method: Method, test: Split, record: Record) -> Selection:
    """Train from the last checkpoint, or from the start, to the end.

    Args:
        state: with model, optimizer and the two splits that the method may see; set up.
        method: set up.
        test: evaluated, never shown to the method.
        record: of the run.

    Raises:
        DivergenceError: a loss is not finite.
        UserError: the checkpoint is of another version of the method.
    """
    selection = Selection()
    measured = state.train.part(_subset(state, len(state.val), "measured"))
    with record:
        _restore(state, method, selection, record)
        ahead = range(state.epoch, state.epochs)
        for _ in tqdm(ahead, str(record.folder), unit="epoch", leave=False, disable=None):
            started, row = time.perf_counter(), _start_epoch(state)
            before, steps = places(state.model) if "movement" in _asked(state) else {}, state.cost.steps
            with state.cost:
                row |= _train_epoch(state, method, record)
            row |= _traces(state) | _gradients(state) | _moved(state, before, state.cost.steps - steps)
            trained = time.perf_counter()
            held_out = {"val": evaluate(state.model, method, state.val)}
            row |= _named("train", evaluate(state.model, method, measured)) | _named("val", held_out["val"])
            _check_finite(state, row)
            with state.cost:
                method.on_epoch_end(state, dict(row))
            row |= state.drain()
            held_out["test"] = evaluate(state.model, method, test)
            row |= _named("test", held_out["test"])
            selection.offer(state.epoch, row, held_out, state.model)
            record.append(row)
            state.epoch += 1
            record.count(training=trained - started, evaluation=time.perf_counter() - trained)
            if record.due:
                record.save(_snapshot(state, method, selection))
    return selection


def _start_epoch(state: TrainState) -> dict[str, float]:
    """Set what belongs to the epoch alone: its learning rate and the source of chance inside the model."""
    training = state.spec.config.training
    rate = training.lr * factor(training, state.epoch, state.epochs)
    for group in state.optimizer.param_groups:
        group["lr"] = rate
    seed = derive(state.spec.seed, "model", state.epoch)
    # `torch.manual_seed` tells devices of all kinds, which takes as long as some steps.
    (torch.default_generator if state.device.type == "cpu" else torch).manual_seed(seed)
    return {"epoch": state.epoch, "lr": rate}


def _train_epoch(state: TrainState, method: Method, record: Record) -> dict[str, float]:
    """One pass over the training split; the mean of each loss term over the batches."""
    state.model.train()
    method.on_epoch_start(state)
    losses: list[dict[str, Tensor]] = []
    order = list(method.sampler(state, state.train))  # whole, so that reading ahead changes no draw
    for batch in record.reading(state.train.stream(order, state.spec.seed, state.epoch)):
        terms = method.step(state, method.on_batch(state, batch))
        losses.append({name: term.detach() for name, term in terms.items()})
    if not losses:
        return {}
    table = {name: torch.stack([terms[name] for terms in losses]).double() for name in losses[0]}
    for name, values in table.items():
        if not values.isfinite().all():
            batch_number = int((~values.isfinite()).nonzero()[0])
            raise _diverged(
                state, f"The loss term {name!r} is not finite at epoch {state.epoch}, batch {batch_number}"
            )
    return {f"loss/{name}": values.mean().item() for name, values in table.items()}


def _asked(state: TrainState) -> Sequence[Measured]:
    """What is measured beside what always is."""
    return state.spec.config.training.measure


def _traces(state: TrainState) -> dict[str, float]:
    """Tr(F) of the epoch, by estimate and group."""
    if not state.trace.batches:
        return {}
    batch = state.trace.close()
    rows = {f"trace/batch/{name}": value for name, value in (batch | {WHOLE: sum(batch.values())}).items()}
    if state.spec.config.training.trace == "sample" or "sample_trace" in _asked(state):
        subset = _subset(state, state.spec.config.training.trace_samples, "trace")
        samples = state.train.part(subset)
        traces = sample_trace(state.model, samples.batches(at_once(state.model)))
        rows |= {f"trace/sample/{name}": value for name, value in traces.items()}
    return rows


def _gradients(state: TrainState) -> dict[str, float]:
    """How alike the gradients of different batches are after the epoch, where the settings ask for it."""
    training = state.spec.config.training
    if not training.gradients:
        return {}
    subset = _subset(state, training.gradients * training.batch_size, "gradients")
    batches = [state.train.batch(part) for part in subset.chunk(training.gradients)]
    return {f"gradient/{name}": value for name, value in batch_gradients(state.model, batches).items()}


def _moved(state: TrainState, before: Places, steps: int) -> dict[str, float]:
    """How far the encoders are from where they were `before`, if that is known, and what `steps` reach."""
    if not before:
        return {}
    moved = {f"movement/{name}": value for name, value in movement(state.model, before).items()}
    return {"reach": reach(state.optimizer, steps), **moved}


def _subset(state: TrainState, size: int, name: str) -> Tensor:
    """Positions of `size` training samples (all, if there are fewer), the same in every run of a seed."""
    order = torch.randperm(len(state.train), generator=stream(state.spec.seed, "subset", name))
    return order[:size].to(state.device)


def _check_finite(state: TrainState, row: dict[str, float]) -> None:
    """Before the method reads them: a comparison with NaN would decide something without a word."""
    for name in ("train/loss", "val/loss", *row):
        if not math.isfinite(row[name]):
            raise _diverged(state, f"{name} is not finite after epoch {state.epoch}")


def _diverged(state: TrainState, what: str) -> DivergenceError:
    spec = state.spec
    return DivergenceError(
        f"{what} of {spec.cell.as_posix()}, seed {spec.seed}; lower training.lr "
        f"({spec.config.training.lr}) or change the method's settings."
    )


def _named(split: str, evaluation: Evaluation) -> dict[str, float]:
    return {f"{split}/{name}": value for name, value in evaluation.metrics.items()}


def _snapshot(state: TrainState, method: Method, selection: Selection) -> dict[str, Any]:
    return {
        "epoch": state.epoch,
        "model": state.model.state_dict(),
        "optimizer": state.optimizer.state_dict(),
        "method": method.state_dict(),
        "cost": state.cost.state_dict(),
        "selection": selection.state_dict(),
    }


def _restore(state: TrainState, method: Method, selection: Selection, record: Record) -> None:
    """Go on from the record's checkpoint, if there is one."""
    if (snapshot := record.resume()) is None:
        return
    state.epoch = snapshot["epoch"]
    state.model.load_state_dict(snapshot["model"])
    state.optimizer.load_state_dict(snapshot["optimizer"])
    try:
        method.load_state_dict(moved(snapshot["method"], state.device))
    except UserError as error:
        raise UserError(f"{record.folder}: {error}") from None
    state.cost.load_state_dict(snapshot["cost"])
    selection.load_state_dict(snapshot["selection"])


def moved(value: Any, device: torch.device) -> Any:
    """A value of lists, dictionaries, tensors and plain values with its tensors on a device."""
    if isinstance(value, dict):
        return {key: moved(inner, device) for key, inner in value.items()}
    if isinstance(value, list):
        return [moved(inner, device) for inner in value]
    return value.to(device) if isinstance(value, Tensor) else value
