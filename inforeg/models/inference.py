"""What a model answers to whole splits."""

from collections.abc import Callable

import torch

from inforeg.batch import Batch, Output
from inforeg.data.split import Split
from inforeg.models.multimodal import MultimodalModel

Change = Callable[[Batch], Batch]


@torch.no_grad()
def infer(model: MultimodalModel, split: Split, change: Change | None = None) -> Output:
    """The model's `answer` to a whole split, in its order and without gradient.

    Measured in evaluation mode; the model's mode is left as it was. `change` is made to each batch before.
    """
    training = model.training
    model.eval()
    batches = split.batches(split.at_once)
    parts: list[Output] = [
        model.answer(batch.inputs) for batch in (map(change, batches) if change else batches)
    ]
    model.train(training)
    if len(parts) == 1:
        return parts[0]
    return Output(
        {m: torch.cat([part.features[m] for part in parts]) for m in parts[0].features},
        torch.cat([part.logits for part in parts]),
        {m: torch.cat([part.unimodal[m] for part in parts]) for m in parts[0].unimodal},
    )
