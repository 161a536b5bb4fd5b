"""InfoReg as a callback of Hugging Face's Trainer, whatever its precision, accumulation and processes.

The trainer clips gradients before it calls back, and its clipping is on by default: leave it to the callback.

    python trainer_callback.py
"""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from accumulation import Answer, joined
from ddp import gathered
from torch import Tensor, nn
from toy import Net, batches
from transformers import Trainer, TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from inforeg import InfoReg


class Regulate(TrainerCallback):
    """Regulate the encoders of a model whose answer has each modality's logits.

    Args:
        encoders: name of each modality's encoder in the model, which takes the class indices as `labels` and
            gives logits by modality as `unimodal`.
        clip: largest norm of the regulated gradients, in place of `max_grad_norm`, which has to be 0.
        settings: of `InfoReg`.
    """

    def __init__(self, encoders: Mapping[str, str], clip: float | None = None, **settings: Any) -> None:
        self.encoders, self.clip, self.settings = encoders, clip, settings
        self._answers: list[Answer] = []

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Make the regulation, and go on from the checkpoint where there is one."""
        if args.max_grad_norm:
            raise ValueError(f"max_grad_norm = {args.max_grad_norm} clips what is measured: set it to 0.")
        self._model = others["model"]
        encoders = {modality: self._model.get_submodule(name) for modality, name in self.encoders.items()}
        self.regulation = InfoReg(encoders, **self.settings)
        if (stored := _place(args, state)).is_file():
            self.regulation.load_state_dict(json.loads(stored.read_text()))
        self._hook = self._model.register_forward_hook(self._keep, with_kwargs=True)

    def _keep(self, model: nn.Module, _: Any, given: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Keep the batch's logits: a step may be on several batches."""
        if model.training:
            self._answers.append((answer["unimodal"], given["labels"]))

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Decide the windows."""
        self.regulation.open_epoch()

    def on_pre_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Regulate, then clip."""
        logits, target = joined(self._answers)
        self._answers.clear()
        self.regulation.regulate({m: gathered(each) for m, each in logits.items()}, gathered(target))
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self._model.parameters(), self.clip)

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Take the epoch into the history."""
        self.regulation.close_epoch()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Lay the history into the checkpoint."""
        if state.is_world_process_zero:
            _place(args, state).write_text(json.dumps(self.regulation.state_dict()))

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any
    ) -> None:
        """Leave the model."""
        self._hook.remove()


def _place(args: TrainingArguments, state: TrainerState) -> Path:
    return Path(args.output_dir, f"checkpoint-{state.global_step}", "inforeg.json")


class Model(nn.Module):
    """A model of one's own; what matters is its `unimodal`."""

    def __init__(self) -> None:
        super().__init__()
        self.net = Net()

    def forward(self, audio: Tensor, video: Tensor, labels: Tensor) -> dict[str, Any]:
        """The loss, the logits and the modalities' shares of them."""
        unimodal = self.net(audio, video)
        logits = sum(unimodal.values())
        loss = nn.functional.cross_entropy(logits, labels)
        return {"loss": loss, "logits": logits, "unimodal": unimodal}


def samples() -> list[dict[str, Tensor]]:
    """What the trainer puts together into batches."""
    names = ("audio", "video", "labels")
    return [dict(zip(names, each, strict=True)) for batch in batches() for each in zip(*batch, strict=True)]


def train(folder: str, resume: bool = False, **settings: Any) -> tuple[Net, InfoReg]:
    """Train for six epochs, or go on from the last checkpoint in `folder`, with settings of the trainer."""
    model, callback = Model(), Regulate({"audio": "net.audio", "video": "net.video"})
    own = {"per_device_train_batch_size": 16, "num_train_epochs": 6, "max_grad_norm": 0, "use_cpu": True}
    quiet = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no", "logging_strategy": "no"}
    trainer = Trainer(
        model,
        TrainingArguments(folder, **(own | quiet | settings)),
        train_dataset=samples(),
        optimizers=(torch.optim.SGD(model.parameters(), 0.4), None),
        callbacks=[callback],
    )
    trainer.train(resume_from_checkpoint=resume)
    return model.net, callback.regulation


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        _, regulation = train(folder)
    print(f"regulated in {regulation.acted:.0%} of the steps; Tr(F) {regulation.history}")
