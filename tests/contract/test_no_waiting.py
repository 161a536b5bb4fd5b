"""Where a step of training waits for its device: a number read from a tensor stops the queue of kernels."""

from collections import Counter

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from inforeg import Monitor
from inforeg.engine.loop import fit
from inforeg.registry import METHODS
from inforeg.regulation import inforeg as regulation
from tests.conftest import Unrecorded, make_config, make_data, make_spec, start, untrained
from tests.contract.cases import cases, spec_of

READS = {"item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__", "__index__", "__contains__"}
"""Functions that bring a tensor to the host."""

COPIES = {"tensor", "as_tensor", "asarray", "new_tensor", "from_numpy"}
"""Functions that bring numbers to the device, for which it is waited too; `full` writes them there."""

SIZES = {"nonzero", "masked_select", "_unique2", "equal", "_local_scalar_dense", "is_nonzero"}
"""Kernels whose outcome is a number, or has a size, that the host must know."""

WAITS = {
    "agm/released": "the code clips only where the head's gradient is large, and the step is logged as such",
    "amco": "only a modality that is depended on draws a mask, which moves its source of chance on",
    "aug": "the number of heads is part of the model's weights",
    "cggm": "one_hot checks its classes, on the CPU alone",
    "cml": "the order in which modalities leave decides what is computed",
    "g2d": "which encoders rest decides what is computed",
    "greedy": "whether branches are held in the next step decides what is computed",
    "modality_dropout": "as many samples as have a modality pass its encoder",
    "modality_valuation": "as many samples as have a modality pass its encoder",
    "opm": "samples that lost all modalities leave the batch",
    "opm/released": "samples that lost all modalities leave the batch",
    "reconboost": "one_hot checks its classes, on the CPU alone",
    "reconboost/released": "one_hot checks its classes, on the CPU alone",
    "sample_valuation": "as many samples as have a modality pass its encoder",
    "greedy/released": "whether branches are held in the next step decides what is computed",
}
"""Methods, or variants, that wait in a step, and why."""


class Functions(TorchFunctionMode):
    """Counts by name what reads a tensor or makes one of the host's numbers."""

    def __init__(self, found: Counter[str]) -> None:
        self.found = found

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        fresh = name in COPIES and not any(isinstance(value, torch.Tensor) for value in args[-1:])
        if name in READS or fresh or (name == "to" and "cpu" in args[1:]):
            self.found[name] += 1
        return func(*args, **(kwargs or {}))


class Kernels(TorchDispatchMode):
    """Counts by name kernels that wait, those that autograd and optimisers run among them."""

    def __init__(self, found: Counter[str]) -> None:
        super().__init__()
        self.found = found

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        chosen = args[1] if name in {"index", "index_put", "index_put_"} else ()
        if name in SIZES or any(i is not None and i.dtype == torch.bool for i in chosen):
            self.found[name] += 1
        return func(*args, **(kwargs or {}))


@cases
def test_a_step_waits_only_where_the_method_has_to(case, monkeypatch):
    """In windows too, which open in the fourth of these epochs."""
    spec = spec_of(case, make_config(training={"epochs": 5, "clip": 1.0}))
    data, found = make_data(), Counter()
    method, state = start(spec, data, untrained(data))
    step = type(method).step

    def watched(self, state, batch):
        with Functions(found), Kernels(found):
            return step(self, state, batch)

    monkeypatch.setattr(type(method), "step", watched)
    monkeypatch.setattr(regulation, "waits", lambda device: True)  # on a CPU, where reading is free, it reads
    fit(state, method, data.test, Unrecorded())
    name = "/".join(case[:2]).removesuffix("/default")
    assert bool(found) == (name in WAITS), found


@pytest.mark.parametrize("variant", ["default", *METHODS.get("inforeg").variants])
def test_inforeg_computes_the_same_whether_it_waits_or_not(variant, monkeypatch):
    found = []
    for waits in (False, True):
        monkeypatch.setattr(regulation, "waits", lambda device, waits=waits: waits)
        spec = make_spec("inforeg", variant, config=make_config(training={"epochs": 6}))
        method, state = start(spec)
        rows = []
        record = Unrecorded()
        record.append = rows.append
        fit(state, method, make_data().test, record)
        found.append((rows, [value.tolist() for value in state.model.state_dict().values()]))
    assert found[0] == found[1]
    assert any(row["acted"] > 0 for row in found[0][0])


def test_monitoring_waits_when_the_epoch_ends():
    encoders = {m: torch.nn.Linear(2, 2) for m in ("audio", "image")}
    unimodal = {m: encoder(torch.ones(3, 2)) for m, encoder in encoders.items()}
    sum(logits.sum() for logits in unimodal.values()).backward()
    monitor, found = Monitor(encoders), Counter()
    with monitor.epoch(), Functions(found), Kernels(found):
        monitor.measure(unimodal, torch.zeros(3, dtype=torch.int64))
    assert not found


def test_what_waits_is_found():
    values, mask = torch.ones(3), torch.ones(3, dtype=torch.bool)
    waiting = {
        "item": values[0].item,
        "tolist": values.tolist,
        "bool": lambda: bool(mask[0]),
        "float": lambda: float(values[0]),
        "mask": lambda: values[mask],
        "assigned": lambda: values.index_put_((mask,), values[0]),
        "nonzero": mask.nonzero,
        "cpu": values.cpu,
        "to": lambda: values.to("cpu"),
        "tensor": lambda: torch.tensor([1.0]),
        "new": lambda: values.new_tensor([1.0]),
        "optimiser": lambda: torch.equal(values, values),
    }
    for name, wait in waiting.items():
        found = Counter()
        with Functions(found), Kernels(found):
            wait()
        assert found, name
    with Functions(found := Counter()), Kernels(found):
        torch.where(mask, values, 0.0).sum() + torch.full((), 1.0)
    assert not found
