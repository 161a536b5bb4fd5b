"""InfoReg with a fusion whose logits are not a sum of the modalities' shares, such as a gated one.

Give `regulate` each modality's logits with the features of the others at zero (InfoReg, Section 4.5). That is
one more pass through the fusion for each modality, and none through an encoder.

    python fusions.py
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from toy import CLASSES, batches, encoder

from inforeg import InfoReg

Features = Mapping[str, Tensor]


@torch.no_grad()
def alone(fuse: Callable[[Features], Tensor], features: Features) -> dict[str, Tensor]:
    """Each modality's logits, the others' features being zero; `fuse` draws nothing and keeps no averages."""
    nothing = {modality: torch.zeros_like(values) for modality, values in features.items()}
    return {modality: fuse({**nothing, modality: values}) for modality, values in features.items()}


class Gated(nn.Module):
    """One modality decides how much of the other passes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.encoders = nn.ModuleDict({"audio": encoder(), "video": encoder()})
        self.gate, self.value, self.head = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, CLASSES)

    def fuse(self, features: Features) -> Tensor:
        """The logits, (B, 4)."""
        return self.head(self.gate(features["audio"]).sigmoid() * self.value(features["video"]))


def train() -> tuple[Gated, InfoReg]:
    """Train for six epochs."""
    net = Gated()
    optimizer = torch.optim.SGD(net.parameters(), 0.4)
    regulation = InfoReg(dict(net.encoders.items()))
    for _ in range(6):
        with regulation.epoch():
            for audio, video, target in batches():
                features = {"audio": net.encoders["audio"](audio), "video": net.encoders["video"](video)}
                loss = nn.functional.cross_entropy(net.fuse(features), target)
                optimizer.zero_grad()
                loss.backward()
                regulation.regulate(alone(net.fuse, features), target)
                optimizer.step()
    return net, regulation


if __name__ == "__main__":
    _, regulation = train()
    print(f"regulated in {regulation.acted:.0%} of the steps; Tr(F) {regulation.history}")
