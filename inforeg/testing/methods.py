"""What every method promises of its runs."""

from dataclasses import replace
from math import isclose, isfinite
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch

from inforeg.data.split import Data, Held
from inforeg.engine import checkpoint
from inforeg.engine.assembly import blueprint, method_of
from inforeg.engine.contents import MODEL
from inforeg.engine.evaluate import evaluate
from inforeg.engine.record import Record
from inforeg.registry import METHODS
from inforeg.runspec import RunSpec
from inforeg.testing.cases import Case, Trainings, rows
from inforeg.testing.promises import require
from inforeg.testing.toy import (
    EVERY_EPOCH,
    equal,
    fitted,
    lacking,
    make_data,
    make_spec,
    make_split,
    poisoned,
    train_at,
)

DETERMINISTIC = ("metrics.jsonl", "predictions.parquet", "model.pt", "summary.json", "run.json")


def differing(one: Path, other: Path) -> list[str]:
    """The files of two runs whose bits differ."""
    return [name for name in DETERMINISTIC if (one / name).read_bytes() != (other / name).read_bytes()]


def same_weights(one: Path, other: Path) -> bool:
    """Whether two runs end in the same bits."""
    return (one / MODEL).read_bytes() == (other / MODEL).read_bytes()


def check_finite(case: Case, trainings: Trainings) -> None:
    """Losses and metrics are finite in every epoch."""
    for row in rows(trainings.trained(case.spec()).folder):
        wrong = [name for name, value in row.items() if not _finite(value)]
        require(
            not wrong,
            f"it records a {(wrong or [''])[0]} that is not finite in the epoch {row['epoch']}; mend what it "
            "logs and its losses().",
        )


def _finite(recorded: float | None) -> bool:
    """Whether a number is finite; in a record those that are not are null."""
    return recorded is not None and isfinite(recorded)


def check_same_bits(case: Case, trainings: Trainings) -> None:
    """A seed gives the same bits each time, another seed others."""
    spec = case.spec()
    first = trainings.trained(spec).folder
    torch.manual_seed(12345)
    files = differing(first, trainings.run(spec))
    require(
        not files,
        f"two runs of one seed differ in {', '.join(files)}; draw from `stream` or `state.generators`, and "
        "let nothing hang on time, hashes or what ran before.",
    )
    other = trainings.run(spec.model_copy(update={"seed": 1}))
    require(not same_weights(other, first), "runs of two seeds end in the same bits; draw by the run's seed.")


def check_does_something(case: Case, trainings: Trainings) -> None:
    """Unless it is a baseline, it trains otherwise than joint training does."""
    if METHODS.get(case.method).family == "baseline":
        return
    joint = make_spec("joint", config=case.spec().config)
    runs = (rows(trainings.trained(spec).folder) for spec in (joint, case.spec()))
    one, other = ([row["train/loss"] for row in run] for run in runs)
    require(one != other, "its losses are those of joint training; let a hook change something.")


def check_resumes(case: Case, trainings: Trainings, lr: float = 0.05) -> None:
    """Interrupted in every epoch and resumed, a run equals an unbroken one."""
    spec = case.spec({"epochs": 7, "lr": lr})
    unbroken, root = trainings.run(spec), trainings.new()
    epochs = len(rows(unbroken))
    require(epochs == method_of(spec).epochs(7), f"it trains {epochs} epochs, other than its epochs() says.")
    for epoch in range(1, epochs):
        saved = _interrupted(spec, root)
        require(
            saved == epoch,
            f"interrupted after {epoch} epochs it had saved {saved}; let load_state_dict() be.",
        )
    files = differing(unbroken, train_at(spec, None, root, EVERY_EPOCH))
    require(
        not files,
        f"interrupted and resumed, a run differs from an unbroken one in {', '.join(files)}; name in "
        "`remembered` what it keeps from epoch to epoch.",
    )


class _Interrupted(BaseException):
    """As Ctrl-C: nothing but `finally` takes notice."""


def _interrupted(spec: RunSpec, root: Path) -> int:
    """Train the spec, from where it was, until its next checkpoint; epochs that are saved."""
    save, saved = Record.save, [0]

    def interrupt(record: Record, snapshot: dict[str, int]) -> None:
        save(record, snapshot)
        if record.spec == spec:
            saved.append(snapshot["epoch"])
            raise _Interrupted

    with patch.object(Record, "save", interrupt):
        try:
            train_at(spec, None, root, EVERY_EPOCH)
        except _Interrupted:
            return saved[-1]
    return saved[-1]


def check_blind(case: Case, trainings: Trainings) -> None:
    """It never sees the test split: with another one it trains the same."""
    spec, clean = case.spec(), make_data(case.modalities)
    other = replace(poisoned(clean.test), target=(clean.test.target + 1) % len(clean.classes))
    folders = trainings.trained(spec).folder, trainings.run(spec, replace(clean, test=other))
    seen, unseen = (
        [{k: v for k, v in row.items() if not k.startswith("test/")} for row in rows(folder)]
        for folder in folders
    )
    require(
        same_weights(*folders) and seen == unseen,
        "with another test split it trains otherwise; take samples from `state` alone.",
    )


def check_moves(case: Case, trainings: Trainings) -> None:
    """All of each encoder moves, and some of the head where a part of that is its own, else all of it."""
    for place in case.everywhere:
        spec = place.spec()
        initial = method_of(spec).build(blueprint(spec, make_data(place.modalities))).state_dict()
        model = trainings.trained(spec).model
        parts: dict[tuple[str, ...], list[bool]] = {}
        for name, value in model.named_parameters():
            path = name.split(".")
            owner = tuple(m for m in model.modalities if m in path[1:])
            part = ("head", *owner) if path[0] == "fusion" and owner else (name,)
            parts.setdefault(part, []).append(not torch.equal(initial[name], value))
        still = [" of ".join(part) for part, moved in parts.items() if not any(moved)]
        require(
            not still,
            f"of {len(place.modalities)} modalities it leaves {', '.join(still)} untrained; let a loss reach "
            "it.",
        )


def _reordered(data: Data, order: tuple[str, ...]) -> Data:
    """The same data with the modalities in another order, which is that of a model's."""

    def moved(split: object) -> Held:
        assert isinstance(split, Held)
        return replace(split, inputs={m: split.inputs[m] for m in order})

    return replace(data, train=moved(data.train), val=moved(data.val), test=moved(data.test))


def check_order(case: Case, trainings: Trainings) -> None:
    """In another order of the modalities it trains the same, but for rounding."""
    for place in case.everywhere:
        order, spec = (*place.modalities[1:], place.modalities[0]), place.spec()
        leader: dict[str, Any] = {"leader": place.modalities[0]} if "leader" in spec.settings else {}
        moved = place._replace(modalities=order).spec(**leader)
        data = _reordered(make_data(place.modalities), order)
        assert tuple(blueprint(moved, data).encoders) == order
        first, second = rows(trainings.trained(spec).folder), rows(trainings.run(moved, data))
        for one, other in zip(first, second, strict=True):
            # Ratios of small losses, as in G-Blending, magnify what another order of sums rounds otherwise.
            unlike = [
                name
                for name in one.keys() | other.keys()
                if name not in one.keys() & other.keys()
                or not isclose(one[name], other[name], rel_tol=1e-3, abs_tol=1e-5)
            ]
            require(
                not unlike,
                f"in the order {', '.join(order)} it records another {min(unlike, default='')}; treat "
                "modalities by name, and draw for each from a source named after it.",
            )


def check_alone(case: Case, trainings: Trainings) -> None:
    """An answer is of its sample alone, and the same whenever it is asked for."""
    data = make_data(case.modalities)
    _, method, model = trainings.trained(case.spec())
    whole = evaluate(model, method, data.test).logits["logits"]
    again = evaluate(model, method, data.test).logits["logits"]
    require(
        torch.equal(again, whole), "asked again it answers otherwise; let predict() keep and draw nothing."
    )
    singles = [data.test.part(torch.tensor([position])) for position in range(5)]
    alone = torch.cat([evaluate(model, method, single).logits["logits"] for single in singles])
    require(
        torch.allclose(alone, whole[:5], rtol=1.3e-6, atol=1e-5),
        "an answer depends on the other samples of its batch; let predict() and the model take each by "
        "itself.",
    )


def check_absent(case: Case, trainings: Trainings) -> None:
    """Where samples lack a modality, what stands in its place changes no bit."""
    spec = case.spec({"epochs": 4, "trace": "sample", "trace_samples": 16})
    data = make_data(case.modalities)
    zeros, others = (trainings.run(spec, lacking(data, noise)) for noise in (0.0, 5.0))
    require(
        same_weights(zeros, others) and rows(zeros) == rows(others),
        "where samples lack a modality, the numbers in its place change what it trains; encode by "
        "`state.model.encode`, and leave out what is not present.",
    )
    finite = all(_finite(value) for row in rows(zeros) for value in row.values())
    require(finite, "where samples lack a modality, not all that it records is finite; mend losses().")


def check_validation(case: Case, trainings: Trainings) -> None:
    """Unless it says so, it does not look at the validation split."""
    if METHODS.get(case.method).asks_validation:
        return
    data, spec = make_data(case.modalities), case.spec()
    splits = (make_split(case.modalities, 40, seed) for seed in (1, 7))
    require(
        equal(*(fitted(spec, replace(data, val=split)) for split in splits)),
        "with another validation split it trains otherwise; set `asks_validation = True`, or take from the "
        "training split what it steers by.",
    )


def check_neutral(case: Case, trainings: Trainings) -> None:
    """With its `neutral` settings, if it names any, it is joint training bit for bit."""
    settings = METHODS.get(case.method).neutral
    if settings is None:
        return
    config = case.spec().config
    specs = make_spec(case.method, config=config, **settings), make_spec("joint", config=config)
    neutral, joint = (checkpoint.load(trainings.trained(spec).folder / MODEL) for spec in specs)
    require(
        neutral.keys() == joint.keys() and all(torch.equal(neutral[name], joint[name]) for name in joint),
        f"with {dict(settings)} it is not joint training bit for bit; mend `neutral`, or leave it out.",
    )
