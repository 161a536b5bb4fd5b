"""Pictures and the frames of clips: cropped, flipped and normalised on the device, a batch at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from inforeg.batch import Shape, Values, on_each
from inforeg.data.transforms import Transform
from inforeg.errors import UserError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels, in 0..1."""

TRIES = 10
DRAWS = 2 * TRIES + 3
"""A picture's random numbers: area and aspect of each try, the crop's place, whether it is flipped."""


@dataclass(frozen=True)
class RandomResizedCrops(Transform):
    """uint8 pictures (3, H, W), or clips of them (frames, 3, H, W), as float32 of size x size pixels.

    The training view crops a random area of a random aspect, mirrors half of them, and resizes; the clean
    view resizes the whole picture. The crop is torchvision's RandomResizedCrop, drawn for each frame
    by itself (as InfoReg's code does) or once for a clip; resizing is bilinear with antialiasing.

    Attributes:
        size: of the pictures that the encoder is given.
        scale: smallest and largest area of a crop, as a share of the picture's.
        ratio: smallest and largest aspect, width over height.
        frames: pictures of a sample that are cropped apart; 1 for one crop of the whole sample.
    """

    size: int = 224
    scale: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)
    frames: int = 1

    @property
    def draws(self) -> int:
        """Random numbers of a sample's training view."""
        return self.frames * DRAWS

    def shape(self, stored: Shape) -> Shape:
        """As stored, but for height and width."""
        if isinstance(stored, Mapping) or len(stored) not in (3, 4):
            raise UserError(f"RandomResizedCrops takes pictures or clips, not samples of shape {stored}.")
        return *stored[:-2], self.size, self.size

    def clean(self, values: Values) -> Values:
        """The whole pictures, (B, ..., 3, H, W)."""
        return on_each(values, self._whole)

    def augmented(self, values: Values, draws: Tensor) -> Values:
        """Random crops of (B, ..., 3, H, W)."""
        return on_each(values, lambda x: self._cropped(x, draws.view(-1, DRAWS)))

    def _whole(self, stored: Tensor) -> Tensor:
        box = torch.tensor([0, 0, *stored.shape[-2:]], device=stored.device)
        return self._resized(stored, box.expand(len(stored), 4), torch.zeros(len(stored), dtype=torch.bool))

    def _cropped(self, stored: Tensor, draws: Tensor) -> Tensor:
        height, width = stored.shape[-2:]
        boxes = crops(height, width, draws, self.scale, self.ratio)
        return self._resized(stored, boxes, draws[:, -1] < 0.5)

    def _resized(self, stored: Tensor, boxes: Tensor, flipped: Tensor) -> Tensor:
        """Each box of a picture, or of a sample where there are as many, resized and normalised."""
        height, width = stored.shape[-2:]
        pictures = stored.reshape(len(boxes), -1, height, width).to(torch.float32)
        top, left, tall, wide = boxes.unbind(1)
        rows = resizing(height, top, tall, self.size)
        columns = resizing(width, left, wide, self.size)
        columns = torch.where(flipped.to(columns.device)[:, None, None], columns.flip(1), columns)
        resized = rows.unsqueeze(1) @ pictures @ columns.mT.unsqueeze(1)
        shaped = resized.view(*stored.shape[:-2], self.size, self.size)
        mean, deviation = (torch.tensor(each, device=stored.device) for each in (MEAN, DEVIATION))
        return (shaped / 255 - mean[:, None, None]) / deviation[:, None, None]


def crops(
    height: int, width: int, draws: Tensor, scale: tuple[float, float], ratio: tuple[float, float]
) -> Tensor:
    """Boxes of random area and aspect, as torchvision's RandomResizedCrop chooses them.

    Args:
        height: of the pictures.
        width: likewise.
        draws: (N, at least 2 TRIES + 2), uniform in [0, 1): area and aspect of each try, then the place.
        scale: smallest and largest share of the area.
        ratio: smallest and largest width over height, even in its logarithm.

    Returns:
        top, left, height and width (N, 4), int64: the first try that fits into the picture, or the largest
        box in its middle whose aspect is allowed.
    """
    tries = draws[:, : 2 * TRIES].double().view(-1, TRIES, 2)
    area = height * width * (scale[0] + (scale[1] - scale[0]) * tries[..., 0])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = (low + (high - low) * tries[..., 1]).exp()
    wide, tall = (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()
    fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
    first = fits.long().argmax(1, keepdim=True)
    size = torch.cat([tall.gather(1, first), wide.gather(1, first)], 1)
    room = torch.tensor([height, width], device=draws.device) - size + 1
    corner = (draws[:, 2 * TRIES : 2 * TRIES + 2].double() * room).long()
    middle = torch.tensor(_middle(height, width, ratio), device=draws.device)
    return torch.where(fits.any(1, keepdim=True), torch.cat([corner, size], 1), middle)


def _middle(height: int, width: int, ratio: tuple[float, float]) -> tuple[int, int, int, int]:
    """The largest box of an allowed aspect, in the middle."""
    wide = min(width, round(height * ratio[1])) if width / height > ratio[1] else width
    tall = min(height, round(width / ratio[0])) if width / height < ratio[0] else height
    return (height - tall) // 2, (width - wide) // 2, tall, wide


def resizing(length: int, start: Tensor, size: Tensor, target: int) -> Tensor:
    """Matrices that resize a stretch of a line bilinearly, with antialiasing where they make it smaller.

    A value of the result is the mean of those near its centre under a triangle, which is as wide as two
    values of whichever of the two is coarser.

    Args:
        length: of the line.
        start: where each stretch begins, (N,).
        size: of each stretch, (N,).
        target: values of the result.

    Returns:
        (N, `target`, `length`), float32; every row adds up to 1.
    """
    place = torch.arange(length, device=start.device) - start[:, None]
    step = size[:, None].double() / target
    centre = step * (torch.arange(target, device=start.device) + 0.5)
    apart = (place[:, None, :] + 0.5 - centre[:, :, None]) / step.clamp(min=1)[:, :, None]
    inside = (place >= 0) & (place < size[:, None])
    weights = (1 - apart.abs()).clamp(min=0) * inside[:, None, :]
    return (weights / weights.sum(2, keepdim=True)).float()
