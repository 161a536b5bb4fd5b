"""InfoReg as a callback of Lightning, whatever its trainer's precision, accumulation and processes.

The step's gradients are regulated before Lightning clips them.

python lightning_callback.py
"""

from collections.abc import Mapping
from typing import Any

import torch
from accumulation import Answer, joined
from ddp import gathered
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor, nn
from torch.utils.data import DataLoader
from toy import Net, batches

from inforeg import InfoReg


class Regulate(Callback):
    """Regulate the encoders of a module that keeps its last batch's logits and target.

    A `ModelCheckpoint` that also validates takes whole epochs with `save_on_train_epoch_end=True`.

    Args:
        encoders: name of each modality's encoder in the module, which keeps its logits by modality as
            `self.unimodal`, and the class indices as `self.target`.
        settings: of `InfoReg`.
    """

    def __init__(self, encoders: Mapping[str, str], **settings: Any) -> None:
        self.encoders, self.settings = encoders, settings
        self._answers: list[Answer] = []

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Make the regulation, before a checkpoint is read."""
        encoders = {modality: pl_module.get_submodule(name) for modality, name in self.encoders.items()}
        self.regulation = InfoReg(encoders, **self.settings)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Decide the windows."""
        self.regulation.open_epoch()

    def on_before_backward(self, trainer: Trainer, pl_module: LightningModule, loss: Tensor) -> None:
        """Keep the batch's logits: a step may be on several batches."""
        self._answers.append((pl_module.unimodal, pl_module.target))

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        """Regulate: the gradients are unscaled by now."""
        logits, target = joined(self._answers)
        self._answers.clear()
        self.regulation.regulate({m: gathered(each) for m, each in logits.items()}, gathered(target))

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the epoch into the history, and log the strengths."""
        strengths = self.regulation.close_epoch()
        pl_module.log_dict({f"alpha/{modality}": strength for modality, strength in strengths.items()})

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return self.regulation.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.regulation.load_state_dict(state_dict)


class Module(LightningModule):
    """A module of one's own: the two lines that matter are those of `self.unimodal` and `self.target`."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], number: int) -> Tensor:
        """The loss of a batch."""
        audio, video, self.target = batch
        self.unimodal = self.net(audio, video)
        return nn.functional.cross_entropy(sum(self.unimodal.values()), self.target)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Plain SGD."""
        return torch.optim.SGD(self.net.parameters(), 0.4)


def train(size: int = 16, resume: str | None = None, **settings: Any) -> tuple[Net, InfoReg]:
    """Train for six epochs on batches of `size` samples, or go on from a checkpoint.

    Args:
        size: of a batch.
        resume: a checkpoint's path.
        settings: of the trainer.
    """
    module, callback = Module(), Regulate({"audio": "net.audio", "video": "net.video"})
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    own = {"accelerator": "cpu", "max_epochs": 6, "enable_checkpointing": False}
    trainer = Trainer(callbacks=[callback], **(quiet | own | settings))
    trainer.fit(module, DataLoader(batches(size), batch_size=None), ckpt_path=resume)
    return module.net, callback.regulation


if __name__ == "__main__":
    _, regulation = train()
    print(f"regulated in {regulation.acted:.0%} of the steps; Tr(F) {regulation.history}")
