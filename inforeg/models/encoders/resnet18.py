"""ResNet-18 (He et al., 2016), from scratch, for images, spectrograms and short clips."""

from typing import ClassVar, Literal

from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from inforeg.models.encoders.base import Encoder, in_pairs
from inforeg.registry import OPTIONS


def _convolution(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions with batch normalisation and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            _convolution(inputs, outputs, 3, stride),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            _convolution(outputs, outputs, 3, 1),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(_convolution(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))
        self.activation = nn.ReLU(inplace=True)

    def forward(self, values: Tensor) -> Tensor:
        activated: Tensor = self.activation(self.residual(values) + self.shortcut(values))
        return activated


class _ResNet18(nn.Module):
    """Stem, four stages of two blocks, mean over positions and, for clips, over frames."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            _convolution(channels, 64, 7, 2),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        )
        blocks, inputs = [], 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [_BasicBlock(inputs, outputs, stride), _BasicBlock(outputs, outputs, 1)]
            inputs = outputs
        self.stages = nn.Sequential(*blocks)

    def forward(self, values: Tensor) -> Tensor:
        frames = values.transpose(1, 2).flatten(0, 1) if values.dim() == 5 else values
        pooled: Tensor = self.stages(self.stem(frames)).mean((-2, -1))
        return pooled.view(len(values), -1, pooled.shape[1]).mean(1)


class _PerFrame(nn.Module):
    """Layers over an image, or over each frame of a clip (B, channels, frames, height, width)."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, values: Tensor) -> Tensor:
        if values.dim() == 4:
            image: Tensor = self.layers(values)
            return image
        frames: Tensor = self.layers(values.transpose(1, 2).flatten(0, 1))
        return frames.view(len(values), -1, *frames.shape[1:]).transpose(1, 2)


class _Pool(nn.Module):
    """Mean over positions and frames."""

    def forward(self, values: Tensor) -> Tensor:
        return values.flatten(2).mean(2)


@dataclass(frozen=True, config=OPTIONS)
class ResNet18(Encoder):
    """The paper's backbone; samples are images (channels, height, width)."""

    name: ClassVar[str] = "resnet18"
    rank: ClassVar[int] = 3
    normalises: ClassVar[bool] = True

    features: Literal[512] = 512

    def network(self, shape: tuple[int, ...]) -> nn.Module:
        """From images of any size to 512 average-pooled features."""
        return _ResNet18(shape[0])

    @property
    def stage_widths(self) -> tuple[int, ...]:
        """Of the four stages."""
        return 64, 128, 256, 512

    def stages(self, network: nn.Module) -> list[nn.Module]:
        """The stem with the first stage, the other three stages, and the pooling."""
        stem, blocks = network.children()
        first, *others = in_pairs(blocks.children())
        return [_PerFrame(stem, first), *(_PerFrame(stage) for stage in others), _Pool()]


@dataclass(frozen=True, config=OPTIONS)
class ResNet18Clip(ResNet18):
    """The same over the frames of a clip (channels, frames, height, width), averaged over frames."""

    name: ClassVar[str] = "resnet18_clip"
    rank: ClassVar[int] = 4
