"""Which epoch a run reports."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from inforeg.engine.evaluate import Evaluation
from inforeg.metrics.classification import ACCURACY

CHOOSING = ACCURACY
"""What decides which epoch is reported."""


@dataclass
class Rule:
    """Keep the first epoch with the best value of `key`, or the last epoch where there is no key.

    NaN is worse than every number.

    Attributes:
        name: of the rule, as tables label it.
        key: value of CHOOSING that decides.
        epoch: the epoch kept.
        metrics: of that epoch, validation and test.
        logits: of that epoch by split, as an `Evaluation` names them.
    """

    name: str
    key: str | None
    epoch: int = -1
    metrics: dict[str, float] = field(default_factory=dict)
    logits: dict[str, dict[str, Tensor]] = field(default_factory=dict)

    def offer(self, epoch: int, metrics: dict[str, float], held_out: dict[str, Evaluation]) -> bool:
        """Take the epoch if it is to be kept, and say whether it is."""
        if (
            self.key is not None
            and self.epoch >= 0
            and CHOOSING.rank(metrics[self.key]) <= CHOOSING.rank(self.metrics[self.key])
        ):
            return False
        self.epoch = epoch
        self.metrics = {name: v for name, v in metrics.items() if name.startswith(("val/", "test/"))}
        self.logits = {split: evaluation.logits for split, evaluation in held_out.items()}
        return True


class Selection:
    """The three rules side by side, and the weights of the epoch that validation selects.

    `val`: best validation accuracy, the headline. `last`: the last epoch. `test_oracle`: best test
    accuracy, what most released code reports; it is biased and only for comparison.
    """

    KEYS: ClassVar[dict[str, str | None]] = {
        "val": f"val/{CHOOSING.name}",
        "last": None,
        "test_oracle": f"test/{CHOOSING.name}",
    }

    def __init__(self) -> None:
        self.rules = {name: Rule(name, key) for name, key in self.KEYS.items()}
        self.weights: dict[str, Tensor] = {}

    def offer(
        self,
        epoch: int,
        metrics: dict[str, float],
        held_out: dict[str, Evaluation],
        model: torch.nn.Module,
    ) -> None:
        """Show every rule an epoch; `held_out` are the evaluations of "val" and "test"."""
        for name, rule in self.rules.items():
            if rule.offer(epoch, metrics, held_out) and name == "val":
                self.weights = {key: value.detach().clone() for key, value in model.state_dict().items()}

    def state_dict(self) -> dict[str, Any]:
        """Plain values and tensors."""
        kept = {
            n: {"epoch": r.epoch, "metrics": r.metrics, "logits": r.logits} for n, r in self.rules.items()
        }
        return {"rules": kept, "weights": self.weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a `state_dict`."""
        for name, kept in state["rules"].items():
            self.rules[name] = Rule(name, self.KEYS[name], **kept)
        self.weights = state["weights"]
