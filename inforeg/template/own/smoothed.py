"""Label smoothing on the joint logits."""

from typing import Annotated

from pydantic import Field
from torch import Tensor
from torch.nn.functional import cross_entropy

from inforeg.methods.base import Batch, Method, Output, TrainState


class Smoothed(Method):
    """Joint training whose targets leave a share of the probability to all classes alike.

    Attributes:
        share: epsilon, 0.1 in the paper.
    """

    name = "smoothed"
    title = "Label smoothing"
    family = "objective"
    reference = "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, CVPR 2016"

    share: Annotated[float, Field(ge=0, lt=1, description="probability shared by all classes")] = 0.1

    def losses(self, state: TrainState, batch: Batch, output: Output) -> dict[str, Tensor]:
        """The smoothed cross-entropy in place of the plain one."""
        smoothed = cross_entropy(output.logits, batch.target, label_smoothing=self.share)
        return super().losses(state, batch, output) | {"joint": smoothed}
