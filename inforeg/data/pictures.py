"""Pictures and the frames of clips: cropped, flipped and normalised on the device, a batch at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from inforeg.batch import Shape, Values
from inforeg.data.transforms import Transform
from inforeg.errors import UserError

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's channels, in 0..1."""

TRIES = 10
DRAWS = 2 * TRIES + 3
"""A picture's random numbers: area and aspect of each try, the crop's place, whether it is flipped."""


PICTURES, SIZE = "pictures", "size"
"""Names under which pictures are stored that were squeezed into one size, and what each had before."""


@dataclass(frozen=True)
class RandomResizedCrops(Transform):
    """uint8 pictures (3, H, W), or clips of them (frames, 3, H, W), as float32 of size x size pixels.

    The training view crops a random area of a random aspect, mirrors half of them, and resizes; the clean
    view resizes the whole picture. The crop is torchvision's RandomResizedCrop, drawn for each frame
    by itself (as InfoReg's code does) or once for a clip; resizing is bilinear with antialiasing. A clip
    comes out as clip encoders take it, (3, frames, size, size).

    Pictures of several sizes are stored squeezed into one, as `pictures`, with each sample's own height
    and width as `size`: crops are chosen in the picture as it was.

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
        pictures = stored.get(PICTURES, ()) if isinstance(stored, Mapping) else stored
        if len(pictures) not in (3, 4):
            raise UserError(f"RandomResizedCrops takes pictures or clips, not samples of shape {stored}.")
        return pictures[-3], *pictures[:-3], self.size, self.size

    def clean(self, values: Values) -> Values:
        """The whole pictures, (B, 3, ..., H, W)."""
        pictures, _ = _with_sizes(values)
        box = torch.tensor([0, 0, *pictures.shape[-2:]], device=pictures.device)
        flipped = torch.zeros(len(pictures), dtype=torch.bool, device=pictures.device)
        return self._resized(pictures, box.expand(len(pictures), 4), flipped)

    def augmented(self, values: Values, draws: Tensor) -> Values:
        """Random crops of (B, ..., 3, H, W)."""
        pictures, sizes = _with_sizes(values)
        own = draws.view(-1, DRAWS)
        sizes = sizes.repeat_interleave(self.frames, 0)
        stored = torch.tensor(pictures.shape[-2:], device=pictures.device)
        # Corner and extent, from the picture as it was to what is stored of it.
        boxes = crops(sizes, own, self.scale, self.ratio) * (stored / sizes.double()).repeat(1, 2)
        return self._resized(pictures, boxes, own[:, -1] < 0.5)

    def _resized(self, stored: Tensor, boxes: Tensor, flipped: Tensor) -> Tensor:
        """Each box of a picture, or of a sample where there are as many, resized and normalised."""
        height, width = stored.shape[-2:]
        pictures = stored.reshape(len(boxes), -1, height, width).to(torch.float32)
        top, left, tall, wide = boxes.unbind(1)
        rows = resizing(height, top, tall, self.size)
        columns = resizing(width, left, wide, self.size)
        columns = torch.where(flipped[:, None, None], columns.flip(1), columns)
        resized = rows.unsqueeze(1) @ pictures @ columns.mT.unsqueeze(1)
        shaped = resized.view(*stored.shape[:-2], self.size, self.size)
        mean, deviation = (torch.tensor(each, device=stored.device) for each in (MEAN, DEVIATION))
        normalised = (shaped / 255 - mean[:, None, None]) / deviation[:, None, None]
        return normalised.movedim(-3, 1)


def _with_sizes(values: Values) -> tuple[Tensor, Tensor]:
    """Pictures (B, ..., 3, H, W), and height and width of each sample's, (B, 2)."""
    if isinstance(values, Mapping):
        return values[PICTURES], values[SIZE]
    return values, torch.tensor(values.shape[-2:], device=values.device).expand(len(values), 2)


def crops(sizes: Tensor, draws: Tensor, scale: tuple[float, float], ratio: tuple[float, float]) -> Tensor:
    """Boxes of random area and aspect, as torchvision's RandomResizedCrop chooses them.

    Args:
        sizes: heights and widths of the pictures, (N, 2).
        draws: (N, at least 2 TRIES + 2), uniform in [0, 1): area and aspect of each try, then the place.
        scale: smallest and largest share of the area.
        ratio: smallest and largest width over height, even in its logarithm.

    Returns:
        top, left, height and width (N, 4), int64: the first try that fits into the picture, or the largest
        box in its middle whose aspect is allowed.
    """
    height, width = sizes.long().unsqueeze(2).unbind(1)
    tries = draws[:, : 2 * TRIES].double().view(-1, TRIES, 2)
    area = height * width * (scale[0] + (scale[1] - scale[0]) * tries[..., 0])
    low, high = math.log(ratio[0]), math.log(ratio[1])
    aspect = (low + (high - low) * tries[..., 1]).exp()
    wide, tall = (area * aspect).sqrt().round().long(), (area / aspect).sqrt().round().long()
    fits = (wide > 0) & (wide <= width) & (tall > 0) & (tall <= height)
    first = fits.long().argmax(1, keepdim=True)
    size = torch.cat([tall.gather(1, first), wide.gather(1, first)], 1)
    room = sizes - size + 1
    corner = (draws[:, 2 * TRIES : 2 * TRIES + 2].double() * room).long()
    middle = _middle(height.double(), width.double(), ratio)
    return torch.where(fits.any(1, keepdim=True), torch.cat([corner, size], 1), middle)


def _middle(height: Tensor, width: Tensor, ratio: tuple[float, float]) -> Tensor:
    """The largest boxes of an allowed aspect, in the middle, (N, 4), of heights and widths (N, 1)."""
    wide = torch.where(width / height > ratio[1], (height * ratio[1]).round(), width)
    tall = torch.where(width / height < ratio[0], (width / ratio[0]).round(), height)
    return torch.cat([(height - tall) // 2, (width - wide) // 2, tall, wide], 1).long()


def resizing(length: int, start: Tensor, size: Tensor, target: int) -> Tensor:
    """Matrices that resize a stretch of a line bilinearly, with antialiasing where they make it smaller.

    A value of the result is the mean of those near its centre under a triangle, which is as wide as two
    values of whichever of the two is coarser.

    Args:
        length: of the line.
        start: where each stretch begins, (N,), perhaps between two values.
        size: of each stretch, (N,), likewise.
        target: values of the result.

    Returns:
        (N, `target`, `length`), float32; every row adds up to 1.
    """
    place = torch.arange(length, device=start.device) - start[:, None]
    step = size[:, None].double() / target
    centre = step * (torch.arange(target, device=start.device) + 0.5)
    apart = (place[:, None, :] + 0.5 - centre[:, :, None]) / step.clamp(min=1)[:, :, None]
    # By the values' centres: a stretch may begin and end between two.
    inside = (place > -0.5) & (place < size[:, None] - 0.5)
    weights = (1 - apart.abs()).clamp(min=0) * inside[:, None, :]
    return (weights / weights.sum(2, keepdim=True)).float()
