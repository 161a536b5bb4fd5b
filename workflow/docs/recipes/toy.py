"""What the recipes take as given: a network with an encoder for each modality, and batches."""

import torch
from torch import Tensor, nn

WIDTH, CLASSES = 6, 4
Batches = list[tuple[Tensor, Tensor, Tensor]]


class Net(nn.Module):
    """Two encoders and a linear head over both: the logits are the sum of the modalities' shares."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.audio, self.video = encoder(), encoder()
        self.heads = nn.ModuleDict({m: nn.Linear(8, CLASSES) for m in ("audio", "video")})

    def forward(self, audio: Tensor, video: Tensor) -> dict[str, Tensor]:
        """Each modality's share of the logits, (B, 4)."""
        return {
            "audio": self.heads["audio"](self.audio(audio)),
            "video": self.heads["video"](self.video(video)),
        }


def encoder() -> nn.Module:
    """From 6 numbers to 8 features."""
    return nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, 8))


def batches(size: int = 16) -> Batches:
    """Audio, video and target of 96 samples, of which audio tells more."""
    generator = torch.Generator().manual_seed(1)
    target = torch.randint(CLASSES, (96,), generator=generator)
    means = nn.functional.one_hot(target, WIDTH).float()
    audio, video = (
        0.3 * (clear * means + torch.randn(96, WIDTH, generator=generator)) for clear in (3.0, 2.0)
    )
    return list(zip(audio.split(size), video.split(size), target.split(size), strict=True))
